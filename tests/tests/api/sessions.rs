//! Signing in and out.

use anyhow::Result;
use hearth_app::model::{ChatError, User};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, sign_in},
    web_client::WebClient,
};

async fn user(client: &WebClient) -> Result<Option<User>> {
    Ok(client.call("signed_in_user", &[]).await??)
}

#[tokio::test]
async fn signing_out_ends_the_session_for_whoever_kept_its_cookie() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let kept = server.client()?;
    kept.set_cookie(ada.cookie());
    assert!(user(&kept).await?.is_some());
    ada.call::<()>("sign_out", &[]).await??;
    assert_eq!(
        ada.cookie(),
        None,
        "the browser is told to forget the cookie"
    );
    assert_eq!(user(&kept).await?, None);
    assert_eq!(
        kept.call::<serde_json::Value>("conversations", &[]).await?,
        Err(ChatError::Unauthorized)
    );
    Ok(())
}

#[tokio::test]
async fn two_browsers_have_two_sessions() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let second = server.client()?;
    sign_in(&second, "ada", PASSWORD).await??;
    assert_ne!(ada.cookie(), second.cookie());
    second.call::<()>("sign_out", &[]).await??;
    assert!(user(&ada).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn the_cookie_is_hidden_from_scripts_and_from_other_sites() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [
        ("name", "Ada".to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let answer = server.client()?.call_raw("sign_in", &fields).await?;
    let cookie = answer.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    // This server's address is plain HTTP: Secure would make signing in impossible.
    assert!(!cookie.contains("Secure"), "{cookie}");
    Ok(())
}

#[tokio::test]
async fn a_made_up_cookie_is_nobody() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let cookie = ada.cookie().expect("Ada is signed in");
    let (name, token) = cookie.split_once('=').expect("a cookie has a name");
    let reversed: String = token.chars().rev().collect();
    for forged in [
        "",
        "0",
        &reversed,
        &token.to_uppercase(),
        &format!("{token}0"),
    ] {
        let client = server.client()?;
        client.set_cookie(Some(format!("{name}={forged}")));
        assert_eq!(user(&client).await?, None, "{forged}");
    }
    Ok(())
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down_and_says_for_how_long() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let guesser = server.client()?;
    let mut sentences = Vec::new();
    for attempt in 0..20 {
        let fields = [
            ("name", "Ada".to_owned()),
            ("password", format!("guess number {attempt}")),
        ];
        let answer = guesser.call_raw("sign_in", &fields).await?;
        match answer.outcome::<()>()? {
            Err(ChatError::Invalid(sentence)) => sentences.push(sentence),
            Err(ChatError::Busy { retry_after_s, .. }) => {
                assert!(
                    (3..=10).contains(&attempt),
                    "slowed down after {attempt} guesses"
                );
                assert!(retry_after_s > 0);
                assert_eq!(answer.status, 429);
                assert_eq!(answer.header("retry-after"), retry_after_s.to_string());
                return Ok(());
            }
            other => panic!("guess {attempt}: {other:?}"),
        }
    }
    panic!("twenty guesses in a row were answered: {sentences:?}");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_get_the_same_sentence() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let wrong = sign_in(&client, "Ada", "not her password").await?;
    let unknown = sign_in(&client, "Nobody", PASSWORD).await?;
    assert_eq!(wrong, unknown);
    assert!(wrong.is_err());
    Ok(())
}

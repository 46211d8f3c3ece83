//! The own password and the own sessions.

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, Refusal, SessionSummary};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, sign_in},
    web_client::{WebClient, function_path},
};

const NEW: &str = "another horse battery";

async fn sessions(client: &WebClient) -> Result<Result<Vec<SessionSummary>, ChatError>> {
    client.call("sessions", &[]).await
}

async fn change(client: &WebClient, old: &str, new: &str) -> Result<Result<(), ChatError>> {
    let fields = [
        ("old_password", old.to_owned()),
        ("new_password", new.to_owned()),
    ];
    client.call("change_password", &fields).await
}

#[tokio::test]
async fn a_new_password_opens_the_door_and_ends_every_other_session() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let second = server.client()?;
    sign_in(&second, "Ada", PASSWORD).await??;
    change(&ada, PASSWORD, NEW).await??;
    assert_eq!(sessions(&second).await?, Err(ChatError::Unauthorized));
    assert_eq!(sessions(&ada).await??.len(), 1, "this one goes on");
    assert!(sign_in(&second, "Ada", PASSWORD).await?.is_err());
    sign_in(&second, "Ada", NEW).await??;
    Ok(())
}

#[tokio::test]
async fn a_browser_that_changed_the_password_is_known_while_others_guess() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [
        ("old_password", PASSWORD.to_owned()),
        ("new_password", NEW.to_owned()),
    ];
    let changed = ada.call_raw("change_password", &fields).await?;
    changed.outcome::<()>()??;
    let device = changed.header("set-cookie");
    assert!(device.starts_with("hearth_device="), "{device}");
    let device = device.split(';').next().unwrap_or_default();
    for _ in 0..5 {
        let guess = sign_in(&server.client()?, "Ada", "not her password").await?;
        assert!(guess.is_err());
    }
    let fields = [("name", "Ada".to_owned()), ("password", NEW.to_owned())];
    let enter = |device: Option<&str>| {
        let client = server.client();
        let device = device.map(str::to_owned);
        let fields = fields.clone();
        async move {
            let client = client?;
            let mut request = client.form(&function_path("sign_in"), &fields);
            request = request.header("accept", "application/json");
            if let Some(device) = device {
                request = request.header("cookie", device);
            }
            client.send(request).await
        }
    };
    assert_eq!(enter(None).await?.status, 429);
    enter(Some(device)).await?.outcome::<()>()??;
    Ok(())
}

#[tokio::test]
async fn a_wrong_old_or_a_bad_new_password_changes_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let wrong = change(&ada, "not her password", NEW).await?;
    assert_eq!(wrong, Err(ChatError::Invalid(Refusal::WrongPassword)));
    let short = change(&ada, PASSWORD, "short").await?;
    let refusal = Refusal::PasswordTooShort {
        chars: 5,
        limit: 10,
    };
    assert_eq!(short, Err(ChatError::Invalid(refusal)));
    let long = change(&ada, PASSWORD, &"密".repeat(129)).await?;
    let refusal = Refusal::PasswordTooLong {
        chars: 129,
        limit: 128,
    };
    assert_eq!(long, Err(ChatError::Invalid(refusal)));
    sign_in(&server.client()?, "Ada", PASSWORD).await??;
    Ok(())
}

#[tokio::test]
async fn guessing_the_old_password_is_slowed_down() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for attempt in 0..10 {
        match change(&ada, &format!("guess number {attempt}"), NEW).await? {
            Err(ChatError::Invalid(Refusal::WrongPassword)) => {}
            Err(ChatError::Busy { retry_after_s, .. }) => {
                assert!(retry_after_s > 0 && attempt > 2);
                return Ok(());
            }
            other => panic!("guess {attempt}: {other:?}"),
        }
    }
    panic!("ten guesses in a row were answered");
}

#[tokio::test]
async fn a_session_is_listed_marked_and_ended_from_another_browser() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let second = server.client()?;
    sign_in(&second, "Ada", PASSWORD).await??;
    let listed = sessions(&ada).await??;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|it| it.is_current).count(), 1);
    let other = listed.iter().find(|it| !it.is_current);
    let other = other.context("the second browser is listed")?;
    let fields = [("id", other.id.to_string())];
    ada.call::<()>("end_session", &fields).await??;
    assert_eq!(sessions(&second).await?, Err(ChatError::Unauthorized));
    let again = ada.call::<()>("end_session", &fields).await?;
    assert_eq!(again, Err(ChatError::NotFound));
    Ok(())
}

#[tokio::test]
async fn signing_out_everywhere_else_leaves_this_session_and_other_people() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    for _ in 0..2 {
        sign_in(&server.client()?, "Ada", PASSWORD).await??;
    }
    assert_eq!(sessions(&ada).await??.len(), 3);
    ada.call::<()>("end_other_sessions", &[]).await??;
    assert_eq!(sessions(&ada).await??.len(), 1);
    assert_eq!(sessions(&berta).await??.len(), 1);
    Ok(())
}

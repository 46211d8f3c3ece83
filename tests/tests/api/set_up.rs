//! The first administrator.

use anyhow::Result;
use hearth_app::model::{ChatError, User, UserRole};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer},
    web_client::{Answer, WebClient},
};

async fn claim(client: &WebClient, token: &str, name: &str) -> Result<Answer> {
    let fields = [
        ("token", token.to_owned()),
        ("name", name.to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    client.call_raw("set_up", &fields).await
}

#[tokio::test]
async fn a_wrong_token_claims_nothing() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    for token in ["", "guess", &"0".repeat(64)] {
        let answer = claim(&client, token, "Mallory").await?;
        assert_eq!(
            answer.outcome::<()>()?,
            Err(ChatError::Forbidden),
            "{token}"
        );
        assert_eq!(answer.status, 403, "{token}");
    }
    assert_eq!(client.cookie(), None);
    assert!(client.call::<bool>("needs_set_up", &[]).await??);
    Ok(())
}

#[tokio::test]
async fn two_claims_at_once_make_one_administrator() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let (ada, grace) = (server.client()?, server.client()?);
    let token = server.set_up_token();
    let (first, second) = tokio::join!(claim(&ada, token, "Ada"), claim(&grace, token, "Grace"));
    let outcomes = [first?.outcome::<()>()?, second?.outcome::<()>()?];
    let winners = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(winners, 1, "{outcomes:?}");
    assert!(
        outcomes.contains(&Err(ChatError::Forbidden)),
        "{outcomes:?}"
    );
    let user: Option<User> = ada.call("signed_in_user", &[]).await??;
    let other: Option<User> = grace.call("signed_in_user", &[]).await??;
    let winner = user.xor(other).expect("exactly one is signed in");
    assert_eq!(winner.role, UserRole::Administrator);
    assert!(!ada.call::<bool>("needs_set_up", &[]).await??);
    Ok(())
}

#[tokio::test]
async fn before_the_claim_every_page_leads_to_the_set_up_page_or_says_where_it_is() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    for path in ["/", "/sign-in"] {
        let answer = client.get(path).await?;
        let leads =
            (300..400).contains(&answer.status) && answer.header("location").contains("set");
        let tells = answer.status == 200 && answer.text().contains("set\u{2011}up link");
        assert!(
            leads || tells,
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
    }
    Ok(())
}

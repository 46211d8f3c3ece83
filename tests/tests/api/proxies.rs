//! Behind a proxy: who visits, and whom somebody else's guesses keep out.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{BusyReason, ChatError, Refusal};
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::Networks;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer},
    web_client::{Answer, WebClient, function_path},
};

/// A server that believes a proxy on this machine, or nobody.
async fn start(proxies: &str) -> Result<(RunningServer, WebClient)> {
    let proxies: Networks = serde_json::from_str(proxies)?;
    RunningServer::start_configured(ScriptedModel::new(Vec::new()), |config| {
        config.server.trusted_proxies = proxies;
    })
    .await
}

/// A sign-in with headers that a proxy would send.
async fn enter(
    server: &RunningServer,
    (name, password): (&str, &str),
    headers: &[(&str, &str)],
) -> Result<Answer> {
    let client = server.client()?;
    let fields = [("name", name.to_owned()), ("password", password.to_owned())];
    let mut request = client.form(&function_path("sign_in"), &fields);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client
        .send(request.header("accept", "application/json"))
        .await
}

async fn enter_from(
    server: &RunningServer,
    person: (&str, &str),
    address: &str,
) -> Result<Result<(), ChatError>> {
    let headers = [("x-forwarded-for", address)];
    enter(server, person, &headers).await?.outcome()
}

fn is_sent_away(outcome: &Result<(), ChatError>) -> bool {
    let Err(ChatError::Busy { reason, .. }) = outcome else {
        return false;
    };
    matches!(reason, BusyReason::TooManyAttempts { .. })
}

#[tokio::test]
async fn wrong_passwords_from_one_address_behind_a_proxy_keep_nobody_else_out() -> Result<()> {
    let (server, _ada) = start(r#"["127.0.0.1"]"#).await?;
    let wrong = ("Ada", "not her password");
    for _ in 0..5 {
        let outcome = enter_from(&server, wrong, "203.0.113.5").await?;
        assert_eq!(outcome, Err(ChatError::Invalid(Refusal::WrongCredentials)));
    }
    let outcome = enter_from(&server, ("Ada", PASSWORD), "203.0.113.5").await?;
    assert!(is_sent_away(&outcome), "{outcome:?}");
    // What stands further left is what that somebody says.
    let outcome = enter_from(&server, ("Ada", PASSWORD), "198.51.100.7, 203.0.113.5").await?;
    assert!(is_sent_away(&outcome), "{outcome:?}");
    enter_from(&server, ("Ada", PASSWORD), "198.51.100.7").await??;
    Ok(())
}

#[tokio::test]
async fn nobody_chooses_an_address_where_no_proxy_is_trusted() -> Result<()> {
    for proxies in ["[]", r#"["192.0.2.1"]"#] {
        let (server, _ada) = start(proxies).await?;
        let wrong = ("Ada", "not her password");
        for number in 0..5 {
            let outcome = enter_from(&server, wrong, &format!("203.0.113.{number}")).await?;
            assert_eq!(outcome, Err(ChatError::Invalid(Refusal::WrongCredentials)));
        }
        let outcome = enter_from(&server, wrong, "203.0.113.9").await?;
        assert!(is_sent_away(&outcome), "{proxies}: {outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_passwords_at_many_names_keep_nobody_out_where_everybody_has_one_address()
-> Result<()> {
    let (server, _ada) = start("[]").await?;
    for number in 0..20 {
        let guess = format!("guess{number}");
        let outcome = enter_from(&server, (&guess, "not her password"), "203.0.113.5").await?;
        assert_eq!(outcome, Err(ChatError::Invalid(Refusal::WrongCredentials)));
    }
    enter_from(&server, ("Ada", PASSWORD), "198.51.100.7").await??;
    Ok(())
}

#[tokio::test]
async fn a_browser_that_signed_in_before_gets_in_while_its_address_is_told_to_wait() -> Result<()> {
    let (server, _ada) = start("[]").await?;
    let entered = enter(&server, ("Ada", PASSWORD), &[]).await?;
    let set = entered.headers.get_all("set-cookie").into_iter();
    let mut set = set.filter_map(|line| line.to_str().ok());
    let device = set.find(|line| line.starts_with("hearth_device="));
    let device = device.context("the browser is given a device's cookie")?;
    assert!(
        device.contains("HttpOnly") && device.contains("SameSite=Lax"),
        "{device}"
    );
    let device = device.split(';').next().unwrap_or_default();
    for _ in 0..5 {
        enter(&server, ("Ada", "not her password"), &[]).await?;
    }
    assert_eq!(enter(&server, ("Ada", PASSWORD), &[]).await?.status, 429);
    let again = enter(&server, ("Ada", PASSWORD), &[("cookie", device)]).await?;
    again.outcome::<()>()??;
    // It opens nothing by itself.
    let (client, path) = (server.client()?, function_path("conversations"));
    let alone = client.form(&path, &[]).header("cookie", device);
    assert_eq!(client.send(alone).await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn an_owner_is_in_within_five_seconds_though_many_addresses_guess() -> Result<()> {
    let (server, ada) = start(r#"["127.0.0.1"]"#).await?;
    let guesses = async {
        let mut num_answers = 0;
        for round in 0..3 {
            let guess = |number: u32| {
                let address = format!("203.0.113.{number}");
                let server = &server;
                async move { enter_from(server, ("Ada", "not her password"), &address).await }
            };
            let answers = futures::future::join_all((0..30).map(guess)).await;
            for answer in answers {
                let answer = answer?;
                ensure!(answer.is_err(), "round {round}: {answer:?}");
                num_answers += 1;
            }
        }
        Ok::<_, anyhow::Error>(num_answers)
    };
    let owner = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let start = Instant::now();
        enter_from(&server, ("Ada", PASSWORD), "198.51.100.7").await??;
        Ok::<_, anyhow::Error>(start.elapsed())
    };
    let (num_answers, waited) = futures::future::try_join(guesses, owner).await?;
    assert_eq!(num_answers, 90);
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    // Who is signed in notices nothing of it.
    let fields = [
        ("old_password", PASSWORD.to_owned()),
        ("new_password", "another horse battery".to_owned()),
    ];
    ada.call::<()>("change_password", &fields).await??;
    Ok(())
}

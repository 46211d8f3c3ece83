//! What the log tells of whoever comes in, and what it never does.

use super::*;
use crate::log::{LogFormat, tests::Written};

/// What somebody typed where the name belongs: that would like to be another address, or is the
/// password.
const TYPED: [&str; 3] = [
    "Ada\n INFO forged\u{1b}",
    "x client.address=203.0.113.99",
    "my password by mistake",
];

fn visitor_from(address: &str) -> Visitor {
    Visitor {
        address: Some(address.parse().unwrap()),
        ..Visitor::default()
    }
}

/// At no account, and at Ada's until there is a wait.
async fn fail_as_a_stranger(accounts: &Accounts) {
    let stranger = visitor_from("198.51.100.7");
    for name in TYPED.into_iter().chain(["Ada"; 6]) {
        let failed = accounts
            .enter(name, "not her password".into(), &stranger)
            .await;
        assert!(failed.is_err(), "{name}");
    }
}

/// Everything that is worth a line; gives the secrets that were in use.
async fn have_a_busy_day(accounts: &Accounts) -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_owned(), "not her password".to_owned()];
    let claimed = claim(accounts, "the link").await.unwrap();
    let visitor = Visitor {
        device: with_device(&claimed).device,
        ..visitor_from("203.0.113.5")
    };
    let entered = accounts
        .enter("Ada", PASSWORD.into(), &visitor)
        .await
        .unwrap();
    fail_as_a_stranger(accounts).await;
    let ada = accounts.user_of(&token(&entered)).await.unwrap().unwrap();
    let own = with_session(&entered);
    assert!(
        accounts
            .confirm_password(&ada, "not her password".into(), &own)
            .await
            .is_err()
    );
    let change = accounts.replace_password(&ada, PASSWORD.into(), "another horse", &own);
    let device = change.await.unwrap();
    let device = device::device_in_cookies(&[&device], CookieTransport::Any);
    let key = accounts
        .create_api_key(&ada, "mine".to_owned())
        .await
        .unwrap();
    let id = accounts.api_keys(&ada).await.unwrap()[0].id;
    accounts.revoke_api_key(&ada, id).await.unwrap();
    let link = link_for(accounts, &ada).await;
    accounts
        .join(link.clone(), "third horse battery".to_owned())
        .await
        .unwrap();
    assert!(
        accounts
            .join("f".repeat(64), "fourth horse battery".to_owned())
            .await
            .is_err()
    );
    let stored = accounts.store.credentials("ada").await.unwrap().unwrap();
    for text in [
        "another horse",
        "third horse battery",
        "fourth horse battery",
        &key,
        &link,
    ] {
        secrets.push(text.to_owned());
    }
    secrets.extend([token(&claimed), token(&entered), stored.password_hash]);
    secrets.extend([visitor.device.unwrap(), device.unwrap(), "f".repeat(64)]);
    secrets.extend(TYPED.map(str::to_owned));
    let hashes: Vec<String> = secrets
        .iter()
        .map(|it| hex::encode(session::hash_token(it)))
        .collect();
    secrets.extend(hashes);
    secrets
}

#[tokio::test]
async fn who_came_in_and_who_did_not_stands_in_the_log_and_no_secret_does() {
    let (_folder, accounts) = accounts().await;
    let written = Written::default();
    let log = written.log("trace", LogFormat::Text);
    let logging = tracing::subscriber::set_default(log);
    let secrets = have_a_busy_day(&accounts).await;
    drop(logging);
    let told = written.text();
    for sentence in [
        "the server was claimed",
        "somebody signed in",
        "a sign-in failed",
        "has to wait for",
        "a password was not confirmed",
        "a password was changed",
        "an API key was made",
        "an API key was revoked",
        "a one-time link was made",
        "a one-time link was used",
        "a link that does not hold was tried",
    ] {
        assert!(told.contains(sentence), "{sentence:?} is not in\n{told}");
    }
    let has_line = |words: [&str; 3]| {
        let mut lines = told.lines();
        lines.any(|line| words.iter().all(|word| line.contains(word)))
    };
    let (in_at, failed) = ("somebody signed in", "a sign-in failed");
    for words in [
        [in_at, "client.address=203.0.113.5 ", "user.name=\"Ada\""],
        [
            failed,
            "client.address=198.51.100.7 ",
            "reason=\"no such account\"",
        ],
        [
            failed,
            "client.address=198.51.100.7 user.id=",
            "user.name=\"Ada\" reason=\"wrong password\"",
        ],
    ] {
        assert!(has_line(words), "{words:?} are not in\n{told}");
    }
    for unwanted in ["203.0.113.99", "INFO forged"] {
        assert!(!told.contains(unwanted), "{unwanted} is in\n{told}");
    }
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is in\n{told}");
    }
}

#[tokio::test]
async fn a_name_stands_between_quotes_behind_the_address_whatever_is_in_it() {
    let (_folder, accounts) = accounts().await;
    let written = Written::default();
    let log = written.log("info", LogFormat::Text);
    let logging = tracing::subscriber::set_default(log);
    let visitor = visitor_from("198.51.100.7");
    let name = "x\" client.address=203.0.113.99 \u{202e}y";
    let claimed = accounts.claim("the link", name, PASSWORD.into(), &visitor);
    claimed.await.unwrap();
    drop(logging);
    let told = written.text();
    let expected = r#"user.name="x\" client.address=203.0.113.99 \u{202e}y""#;
    assert!(told.contains(expected), "{expected} is not in\n{told}");
    let first = told.split_once("client.address=").unwrap().1;
    assert!(first.starts_with("198.51.100.7 user.id="), "{told}");
}

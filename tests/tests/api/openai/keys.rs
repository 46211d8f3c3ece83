//! Keys: shown once, kept as a hash, worth nothing once they are revoked.

use anyhow::{Context as _, Result};
use hearth_app::model::{AccountSummary, ApiKeySummary, ChatError, Refusal};
use hearth_tests::{
    api_client::{ApiClient, question},
    web_client::WebClient,
};

use super::{CHAT, start};

async fn keys(person: &WebClient) -> Result<Vec<ApiKeySummary>> {
    Ok(person.call("api_keys", &[]).await??)
}

async fn check_refused(program: &ApiClient) -> Result<()> {
    let answer = program.post(CHAT, &question("Hello")).await?;
    assert_eq!(answer.status, 401, "{}", answer.text());
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    assert_eq!(body["error"]["code"], "invalid_api_key");
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(program.get("/v1/models").await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn who_has_no_key_gets_nothing_a_session_is_none() -> Result<()> {
    let (server, ada, program) = start("Hi.").await?;
    let key = program.key();
    for wrong in [
        "",
        "sk-hearth-",
        "sk-other",
        &key[..key.len() - 1],
        &format!("{key}0"),
        &key.to_uppercase(),
    ] {
        check_refused(&ApiClient::with_key(&server, wrong)?).await?;
    }
    let by_cookie = ada.get("/v1/models").await?;
    assert_eq!(by_cookie.status, 401);
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_others_still_do() -> Result<()> {
    let (server, ada, program) = start("Hi.").await?;
    let second = ApiClient::of(&server, &ada).await?;
    let listed = keys(&ada).await?;
    let newest = listed.first().context("two keys")?;
    assert!(second.key().ends_with(&newest.ending));
    ada.call::<()>("revoke_api_key", &[("id", newest.id.to_string())])
        .await??;
    check_refused(&second).await?;
    assert_eq!(program.get("/v1/models").await?.status, 200);
    let left = keys(&ada).await?;
    assert_eq!(left.len(), 1);
    assert!(left[0].last_used.is_some());
    Ok(())
}

#[tokio::test]
async fn keys_of_a_disabled_person_open_nothing_and_end_what_runs() -> Result<()> {
    use hearth_engine::scripted::ScriptedModel;
    let model = ScriptedModel::new(vec!["a".repeat(2000)]);
    let model = model.with_token_delay(std::time::Duration::from_millis(10));
    let (server, ada, _) = super::start_with(model).await?;
    let carl = server.add_user("Carl").await?;
    let program = ApiClient::of(&server, &carl).await?;
    let request = hearth_tests::api_client::with(question("Hello"), "stream", true);
    let mut stream = program.open(CHAT, &request).await?;
    stream.next().await?.context("it runs")?;
    let accounts: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let carl = accounts.into_iter().find(|it| it.user.name == "Carl");
    let arguments = [
        (
            "user",
            carl.context("Carl has an account")?.user.id.to_string(),
        ),
        ("change", "disable".to_owned()),
    ];
    ada.call::<()>("change_account", &arguments).await??;
    check_refused(&program).await?;
    let rest = stream.lines().await?;
    let end = rest.iter().rev().nth(1).context("an error comes")?;
    assert!(end.contains("invalid_api_key"), "{end}");
    Ok(())
}

#[tokio::test]
async fn the_page_shows_a_new_key_once_and_no_database_holds_it() -> Result<()> {
    let (server, ada, _) = start("Hi.").await?;
    ada.get("/settings/keys").await?;
    let form = [("name", "My <editor>".to_owned())];
    let posted = ada.submit_form("/api/create_api_key", &form).await?;
    assert_eq!(posted.header("location"), "/settings/keys");
    let page = ada.get("/settings/keys").await?.text();
    let (_, rest) = page.split_once("sk-hearth-").context("the key is shown")?;
    let key: String = rest.chars().take(64).collect();
    assert!(
        key.chars().all(|letter| letter.is_ascii_hexdigit()),
        "{key}"
    );
    let program = ApiClient::with_key(&server, &format!("sk-hearth-{key}"))?;
    assert_eq!(program.get("/v1/models").await?.status, 200);
    let again = ada.get("/settings/keys").await?.text();
    assert!(!again.contains("sk-hearth-"));
    assert!(again.contains("My &lt;editor&gt;"));
    for file in ["", "-wal"] {
        let path = format!("{}{file}", server.database().display());
        let bytes = std::fs::read(path).unwrap_or_default();
        let found = bytes.windows(64).any(|window| window == key.as_bytes());
        assert!(!found, "hearth.db{file} holds the key");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_needs_a_name_and_nobody_has_too_many() -> Result<()> {
    let (_server, ada, _) = start("Hi.").await?;
    let make = async |name: &str| -> Result<Result<String, ChatError>> {
        let name = [("name", name.to_owned())];
        ada.call("create_api_key", &name).await
    };
    for bad in ["", "  ", "a\u{7}b"] {
        assert_eq!(make(bad).await?, Err(ChatError::Invalid(Refusal::BadName)));
    }
    let refused = loop {
        if let Err(error) = make("many").await? {
            break error;
        }
    };
    let limit = 50;
    assert_eq!(refused, ChatError::Invalid(Refusal::TooManyKeys { limit }));
    assert_eq!(keys(&ada).await?.len(), limit);
    Ok(())
}

#[tokio::test]
async fn everybody_sees_and_revokes_the_own_keys_only() -> Result<()> {
    let (server, ada, program) = start("Hi.").await?;
    let carl = server.add_user("Carl").await?;
    assert_eq!(keys(&carl).await?, []);
    let id = keys(&ada).await?[0].id;
    let theirs: Result<(), _> = carl
        .call("revoke_api_key", &[("id", id.to_string())])
        .await?;
    assert_eq!(theirs, Err(ChatError::NotFound));
    assert_eq!(program.get("/v1/models").await?.status, 200);
    Ok(())
}

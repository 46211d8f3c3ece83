//! Accounts: invited, disabled, given another role, and made by people themselves.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    AccountChange, AccountSummary, BusyReason, ChatError, MessageStatus, OneTimeLink, Setting,
    SettingName, TokenLimit, User,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question},
    database::age_links,
    running_server::{
        PASSWORD, RunningServer, conversation, save_setting, send, send_and_wait, sign_in,
    },
    web_client::WebClient,
};

async fn invite(ada: &WebClient, name: &str) -> Result<Result<OneTimeLink, ChatError>> {
    let arguments = [("name", name.to_owned()), ("role", "user".to_owned())];
    ada.call("create_account", &arguments).await
}

async fn join(client: &WebClient, token: &str, password: &str) -> Result<Result<(), ChatError>> {
    let fields = [
        ("token", token.to_owned()),
        ("password", password.to_owned()),
    ];
    client.call("join", &fields).await
}

async fn account(ada: &WebClient, name: &str) -> Result<AccountSummary> {
    let accounts: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let found = accounts.into_iter().find(|it| it.user.name == name);
    found.context("the account is listed")
}

async fn change(
    ada: &WebClient,
    user: &User,
    change: AccountChange,
) -> Result<Result<(), ChatError>> {
    let word = serde_json::to_value(change)?;
    let fields = [
        ("user", user.id.to_string()),
        ("change", word.as_str().context("a word")?.to_owned()),
    ];
    ada.call("change_account", &fields).await
}

async fn is_signed_in(client: &WebClient) -> Result<bool> {
    let user: Option<User> = client.call("signed_in_user", &[]).await??;
    Ok(user.is_some())
}

#[tokio::test]
async fn a_link_lets_its_owner_choose_a_password_once() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let link = invite(&ada, "Dora").await??;
    assert!(account(&ada, "Dora").await?.is_invited);
    let token = link.token;
    let dora = server.client()?;
    let owner: Option<String> = dora
        .call("link_owner", &[("token", token.clone())])
        .await??;
    assert_eq!(owner.as_deref(), Some("Dora"));
    let short = join(&dora, &token, "short").await?;
    assert!(matches!(short, Err(ChatError::Invalid(_))), "{short:?}");
    join(&dora, &token, PASSWORD).await??;
    assert!(is_signed_in(&dora).await?);
    assert!(!account(&ada, "Dora").await?.is_invited);
    let again = join(&server.client()?, &token, "another password").await?;
    assert_eq!(again, Err(ChatError::Forbidden));
    sign_in(&server.client()?, "Dora", PASSWORD).await??;
    Ok(())
}

#[tokio::test]
async fn a_link_holds_for_a_day() -> Result<()> {
    const ALMOST_A_DAY: Duration = Duration::from_mins(24 * 60 - 1);
    const THE_REST: Duration = Duration::from_mins(1);
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let token = invite(&ada, "Dora").await??.token;
    let dora = server.client()?;
    let owner = async || -> Result<Option<String>> {
        let arguments = [("token", token.clone())];
        Ok(dora.call("link_owner", &arguments).await??)
    };
    age_links(&server.database(), ALMOST_A_DAY).await?;
    assert_eq!(owner().await?.as_deref(), Some("Dora"));
    age_links(&server.database(), THE_REST).await?;
    assert_eq!(owner().await?, None);
    let late = join(&dora, &token, PASSWORD).await?;
    assert_eq!(late, Err(ChatError::Forbidden));
    Ok(())
}

#[tokio::test]
async fn a_new_link_replaces_the_old_one_and_the_old_password_holds_until_it_is_used() -> Result<()>
{
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let user = account(&ada, "Berta").await?.user;
    let fields = [("user", user.id.to_string())];
    let first: OneTimeLink = ada.call("make_link", &fields).await??;
    let second: OneTimeLink = ada.call("make_link", &fields).await??;
    let stranger = server.client()?;
    let old = join(&stranger, &first.token, "another password").await?;
    assert_eq!(old, Err(ChatError::Forbidden));
    assert!(is_signed_in(&berta).await?);
    join(&stranger, &second.token, "another password").await??;
    assert!(!is_signed_in(&berta).await?, "other sessions end");
    let wrong = sign_in(&server.client()?, "Berta", PASSWORD).await?;
    assert!(wrong.is_err());
    Ok(())
}

#[tokio::test]
async fn keys_end_with_a_password_link_and_not_with_a_change_by_their_owner() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let program = ApiClient::of(&server, &berta).await?;
    let fields = [
        ("old_password", PASSWORD.to_owned()),
        ("new_password", "another password".to_owned()),
    ];
    berta.call::<()>("change_password", &fields).await??;
    assert_eq!(program.get("/v1/models").await?.status, 200);
    let user = account(&ada, "Berta").await?.user;
    let fields = [("user", user.id.to_string())];
    let link: OneTimeLink = ada.call("make_link", &fields).await??;
    assert_eq!(program.get("/v1/models").await?.status, 200);
    join(&server.client()?, &link.token, PASSWORD).await??;
    assert_eq!(program.get("/v1/models").await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn names_are_taken_once_whatever_their_letters() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    invite(&ada, "Dora").await??;
    invite(&ada, "Zoe\u{308}").await??;
    assert!(
        account(&ada, "Zo\u{eb}").await.is_ok(),
        "its letters are composed"
    );
    for name in [
        "dora",
        "Dora",
        "ＤＯＲＡ",
        "ZO\u{cb}",
        "zoe\u{308}",
        "",
        "a\nb",
    ] {
        let refused = invite(&ada, name).await?;
        assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_loses_nothing() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(2000)]).with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let berta = server.add_user("Berta").await?;
    let turn = send(&berta, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let mut tail = berta.tail(turn.assistant_message.id, cursor).await?;
    tail.read_letters(8).await?;
    let user = account(&ada, "Berta").await?.user;
    change(&ada, &user, AccountChange::Disable).await??;
    let end = tail.to_end().await?;
    let (status, _) = end.ended.context("the stream ends")?;
    assert_eq!(status, MessageStatus::Interrupted);
    assert!(!is_signed_in(&berta).await?);
    assert!(
        sign_in(&server.client()?, "Berta", PASSWORD)
            .await?
            .is_err()
    );
    change(&ada, &user, AccountChange::Enable).await??;
    let again = server.client()?;
    sign_in(&again, "Berta", PASSWORD).await??;
    let shown = conversation(&again, turn.conversation.id).await?;
    assert!(!shown.messages[1].blocks.concat().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_last_administrator_stays_one() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let own = account(&ada, "Ada").await?.user;
    for attempt in [AccountChange::Disable, AccountChange::MakeUser] {
        let refused = change(&ada, &own, attempt).await?;
        assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    }
    let berta = server.add_user("Berta").await?;
    let user = account(&ada, "Berta").await?.user;
    change(&ada, &user, AccountChange::MakeAdministrator).await??;
    assert!(
        !is_signed_in(&berta).await?,
        "another role, another session"
    );
    sign_in(&berta, "Berta", PASSWORD).await??;
    change(&berta, &own, AccountChange::MakeUser).await??;
    let refused = change(&berta, &user, AccountChange::Disable).await?;
    assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    sign_in(&ada, "Ada", PASSWORD).await??;
    let forbidden = ada.call::<Vec<Setting>>("settings", &[]).await?;
    assert_eq!(forbidden, Err(ChatError::Forbidden));
    Ok(())
}

#[tokio::test]
async fn people_make_accounts_where_that_is_open() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [
        ("name", "Emil".to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let emil = server.client()?;
    let closed = emil.call::<()>("sign_up", &fields).await?;
    assert_eq!(closed, Err(ChatError::Forbidden));
    save_setting(&ada, SettingName::SignUp, "open").await??;
    emil.call::<()>("sign_up", &fields).await??;
    assert!(is_signed_in(&emil).await?);
    let taken = server.client()?.call::<()>("sign_up", &fields).await?;
    assert!(matches!(taken, Err(ChatError::Invalid(_))), "{taken:?}");
    let settings = emil.call::<Vec<Setting>>("settings", &[]).await?;
    assert_eq!(settings, Err(ChatError::Forbidden));
    Ok(())
}

async fn limit(
    ada: &WebClient,
    user: &User,
    limit: &str,
    tokens: &str,
) -> Result<Result<(), ChatError>> {
    let fields = [
        ("user", user.id.to_string()),
        ("limit", limit.to_owned()),
        ("tokens", tokens.to_owned()),
    ];
    ada.call("change_limit", &fields).await
}

#[tokio::test]
async fn one_person_may_have_fewer_or_more_tokens_than_all_others() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let berta = server.add_user("Berta").await?;
    let user = account(&ada, "Berta").await?.user;
    assert_eq!(
        account(&ada, "Berta").await?.token_limit,
        TokenLimit::Default
    );
    limit(&ada, &user, "tokens", "5").await??;
    assert_eq!(
        account(&ada, "Berta").await?.token_limit,
        TokenLimit::Tokens(5)
    );
    for client in [&ada, &berta] {
        send_and_wait(client, None, "Hi").await?;
    }
    send_and_wait(&ada, None, "Hi again").await?;
    let refused = send(&berta, None, "Hi again").await?;
    let Err(ChatError::Busy { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(reason, BusyReason::TokensUsedUp { limit: 5 });
    let program = ApiClient::of(&server, &berta).await?;
    let asked = program
        .post("/v1/chat/completions", &question("Hi"))
        .await?;
    assert_eq!(asked.status, 429, "{}", asked.text());
    limit(&ada, &user, "none", "").await??;
    send_and_wait(&berta, None, "Hi again").await?;
    for (word, tokens) in [
        ("tokens", ""),
        ("tokens", "0"),
        ("tokens", "-1"),
        ("much", ""),
    ] {
        let refused = limit(&ada, &user, word, tokens).await?;
        assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(account(&ada, "Berta").await?.token_limit, TokenLimit::None);
    let page = ada.get("/admin/people").await?.text();
    assert!(page.contains("no token limit"), "{page}");
    Ok(())
}

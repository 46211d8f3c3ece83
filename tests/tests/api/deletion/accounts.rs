//! Accounts that go, by their owners and by administrators.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    AccountSummary, AuditAction, AuditEntry, ChatError, OneTimeLink, Refusal, User, UserId,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::ApiClient,
    running_server::{PASSWORD, RunningServer, send, send_and_wait, sign_in},
    web_client::WebClient,
};

async fn delete_own(client: &WebClient, password: &str) -> Result<Result<(), ChatError>> {
    let fields = [("password", password.to_owned())];
    client.call("delete_own_account", &fields).await
}

async fn delete(ada: &WebClient, user: UserId, name: &str) -> Result<Result<(), ChatError>> {
    let fields = [("user", user.to_string()), ("name", name.to_owned())];
    ada.call("delete_account", &fields).await
}

async fn id_of(client: &WebClient) -> Result<UserId> {
    let user: Option<User> = client.call("signed_in_user", &[]).await??;
    Ok(user.context("somebody is signed in")?.id)
}

async fn names(ada: &WebClient) -> Result<Vec<String>> {
    let accounts: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    Ok(accounts.into_iter().map(|it| it.user.name).collect())
}

#[tokio::test]
async fn who_deletes_the_own_account_is_out_with_everything_at_once() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(2000)]).with_token_delay(Duration::from_millis(5));
    let (server, ada) = RunningServer::start(model).await?;
    let berta = server.add_user("Berta").await?;
    let program = ApiClient::of(&server, &berta).await?;
    let turn = send(&berta, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let tail = berta.tail(turn.assistant_message.id, cursor).await?;
    let wrong = delete_own(&berta, "not her password").await?;
    assert_eq!(wrong, Err(ChatError::Invalid(Refusal::WrongPassword)));
    delete_own(&berta, PASSWORD).await??;
    tail.to_end().await?.ended.context("her answer ends")?;
    assert!(id_of(&berta).await.is_err());
    assert_eq!(program.get("/v1/models").await?.status, 401);
    assert!(
        sign_in(&server.client()?, "Berta", PASSWORD)
            .await?
            .is_err()
    );
    assert_eq!(names(&ada).await?, ["Ada"]);
    let again = server.add_user("Berta").await?;
    assert!(id_of(&again).await.is_ok(), "the name is free");
    let log: Vec<AuditEntry> = ada.call("audit", &[]).await??;
    let entry = log
        .iter()
        .find(|it| it.action == AuditAction::DeleteAccount);
    assert_eq!(entry.context("it is in the log")?.subject, "Berta");
    Ok(())
}

#[tokio::test]
async fn the_last_administrator_cannot_go() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let refused = delete_own(&ada, PASSWORD).await?;
    let expected = Err(ChatError::Invalid(Refusal::LastAdministrator));
    assert_eq!(refused, expected);
    assert_eq!(names(&ada).await?, ["Ada"]);
    Ok(())
}

#[tokio::test]
async fn an_administrator_types_the_name_of_who_goes() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    send_and_wait(&berta, None, "Hi").await?;
    let (own, id) = (id_of(&ada).await?, id_of(&berta).await?);
    let refused = delete(&ada, id, "berta").await?;
    assert_eq!(refused, Err(ChatError::Invalid(Refusal::NameDiffers)));
    let refused = delete(&ada, own, "Ada").await?;
    assert_eq!(refused, Err(ChatError::Invalid(Refusal::OwnAccount)));
    delete(&ada, id, " Berta ").await??;
    assert!(id_of(&berta).await.is_err());
    let gone = delete(&ada, id, "Berta").await?;
    assert_eq!(gone, Err(ChatError::NotFound));
    let fields = [("user", id.to_string()), ("change", "enable".to_owned())];
    let revived = ada.call::<()>("change_account", &fields).await?;
    assert_eq!(revived, Err(ChatError::NotFound));
    server.upkeep_in_days(0).await;
    let mut database = super::open(&server.database()).await?;
    let left: i64 = sqlx::query_scalar("select count(*) from user")
        .fetch_one(&mut database)
        .await?;
    assert_eq!(left, 1);
    Ok(())
}

#[tokio::test]
async fn a_name_confirms_however_its_letters_are_composed() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let arguments = [("name", "Zo\u{eb}".to_owned()), ("role", "user".to_owned())];
    let link: OneTimeLink = ada.call("create_account", &arguments).await??;
    let other = delete(&ada, link.user, "Zoe").await?;
    assert_eq!(other, Err(ChatError::Invalid(Refusal::NameDiffers)));
    delete(&ada, link.user, "Zoe\u{308}").await??;
    assert_eq!(names(&ada).await?, ["Ada"]);
    Ok(())
}

//! What people delete, and that it is really gone: no file of the server holds it.

mod accounts;
mod messages;
mod remains;

use std::path::Path;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, ConversationId, Trash};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        PASSWORD, RunningServer, conversation, conversations, send_and_wait, sign_in,
    },
    web_client::WebClient,
};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

async fn with_id(
    client: &WebClient,
    function: &str,
    id: ConversationId,
) -> Result<Result<(), ChatError>> {
    client.call(function, &[("id", id.to_string())]).await
}

async fn trash(client: &WebClient) -> Result<Trash> {
    Ok(client.call("trash", &[]).await??)
}

async fn titles(client: &WebClient) -> Result<Vec<String>> {
    let list = conversations(client).await?;
    Ok(list.into_iter().map(|it| it.title).collect())
}

/// The database beside the running server, for what no page writes.
async fn open(path: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .pragma("secure_delete", "on")
        .busy_timeout(std::time::Duration::from_secs(5));
    let opened = SqliteConnection::connect_with(&options).await;
    opened.context("opening the database")
}

#[tokio::test]
async fn a_deleted_conversation_waits_in_the_trash_and_comes_back() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let id = send_and_wait(&ada, None, "About rain")
        .await?
        .conversation
        .id;
    with_id(&ada, "delete_conversation", id).await??;
    assert!(titles(&ada).await?.is_empty());
    let listed = trash(&ada).await?;
    assert_eq!(listed.num_more, 0);
    let [thrown] = listed.conversations.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!((thrown.id, thrown.title.as_str()), (id, "About rain"));
    assert_ne!(thrown.deleted, thrown.removal);
    let page = ada.get("/settings/trash").await?.text();
    assert!(page.contains("About rain") && page.contains("/api/delete_forever"));
    server.upkeep_in_days(29).await;
    // Nobody was here for that long: the session has ended.
    sign_in(&ada, "Ada", PASSWORD).await??;
    with_id(&ada, "restore_conversation", id).await??;
    assert_eq!(titles(&ada).await?, ["About rain"]);
    assert!(trash(&ada).await?.conversations.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_deleted_now_does_not_come_back() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(send_and_wait(&ada, None, text).await?.conversation.id);
    }
    let early = with_id(&ada, "delete_forever", ids[0]).await?;
    assert_eq!(
        early,
        Err(ChatError::NotFound),
        "first it goes into the trash"
    );
    for &id in &ids {
        with_id(&ada, "delete_conversation", id).await??;
    }
    with_id(&ada, "delete_forever", ids[0]).await??;
    assert_eq!(trash(&ada).await?.conversations.len(), 2);
    let again = with_id(&ada, "restore_conversation", ids[0]).await?;
    assert_eq!(again, Err(ChatError::NotFound));
    ada.call::<()>("empty_trash", &[]).await??;
    assert!(trash(&ada).await?.conversations.is_empty());
    server.upkeep_in_days(0).await;
    let mut database = open(&server.database()).await?;
    let left: i64 = sqlx::query_scalar("select count(*) from message")
        .fetch_one(&mut database)
        .await?;
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn an_import_brings_back_what_is_in_the_trash_and_makes_anew_what_is_gone() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let id = send_and_wait(&ada, None, "About rain")
        .await?
        .conversation
        .id;
    let arguments = [
        ("conversation", id.to_string()),
        ("format", "json".to_owned()),
    ];
    let export: hearth_app::model::ExportId = ada.call("create_export", &arguments).await??;
    let file = ada.get(&format!("/exports/{export}")).await?.body;
    for is_gone in [false, true] {
        with_id(&ada, "delete_conversation", id).await??;
        if is_gone {
            with_id(&ada, "delete_forever", id).await??;
        }
        let page = super::imports::upload(&ada, "rain.json", &file).await?;
        let upload = page.rsplit_once('=').context("an upload")?.1.to_owned();
        let imported: hearth_app::model::Upload =
            ada.call("import_commit", &[("upload", upload)]).await??;
        let hearth_app::model::UploadState::Imported(counts) = imported.state else {
            panic!("{imported:?}");
        };
        let made = (counts.restored_conversations, counts.new_conversations);
        assert_eq!(made, (u32::from(!is_gone), u32::from(is_gone)));
        server.upkeep_in_days(0).await;
        let list = conversations(&ada).await?;
        let [listed] = list.as_slice() else {
            panic!("{list:?}");
        };
        assert_eq!(conversation(&ada, listed.id).await?.messages.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn an_administrator_sees_when_the_upkeep_ran() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let before: Vec<hearth_app::model::UpkeepReport> = ada.call("upkeep", &[]).await??;
    assert!(before.iter().all(|report| report.last.is_none()));
    server.upkeep_in_days(0).await;
    let after: Vec<hearth_app::model::UpkeepReport> = ada.call("upkeep", &[]).await??;
    assert_eq!(after.len(), before.len());
    for report in after {
        let run = report
            .last
            .with_context(|| format!("{:?} ran", report.job))?;
        assert_eq!(run.error, None, "{:?}", report.job);
    }
    assert_eq!(ada.get("/admin/upkeep").await?.status, 200);
    Ok(())
}

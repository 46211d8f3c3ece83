//! Clients that take their time: whoever sends or reads slowly waits alone.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatEventKind, UploadState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::lengthen_answers,
    running_server::{RunningServer, send, send_and_wait},
    slow_client::{begin_archive, begin_upload, until_running},
};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use super::imports::upload;

#[tokio::test]
async fn two_slow_uploads_and_downloads_hold_up_nobody() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let (bob, cid) = (server.add_user("Bob").await?, server.add_user("Cid").await?);
    let watcher = server.watcher()?;
    for client in [&ada, &bob] {
        send_and_wait(client, None, "Hello").await?;
    }
    // Far more than sockets and pipes hold, however well it is packed.
    lengthen_answers(&server.database(), 16 << 20).await?;
    let turn = send_and_wait(&cid, None, "Hello").await?;
    let arguments = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "json".to_owned()),
    ];
    let kept: hearth_app::model::ExportId = cid.call("create_export", &arguments).await??;
    let file = cid.get(&format!("/exports/{kept}")).await?.body;

    let mut slow = vec![begin_upload(&ada).await?, begin_upload(&bob).await?];
    until_running(&watcher, "upload", 2).await?;
    slow.push(begin_archive(&ada).await?);
    slow.push(begin_archive(&bob).await?);
    until_running(&watcher, "download", 2).await?;

    let start = Instant::now();
    let page = upload(&cid, "chats.json", &file).await?;
    let id = page
        .rsplit_once('=')
        .context("an upload has an id")?
        .1
        .to_owned();
    let preview: hearth_app::model::Upload =
        cid.call("import_preview", &[("upload", id)]).await??;
    ensure!(
        matches!(preview.state, UploadState::Ready(_)),
        "{preview:?}"
    );
    let archive = cid.submit_form("/exports/all", &[]).await?;
    ensure!(archive.status == 200 && archive.body.starts_with(b"PK"));
    ensure!(cid.get(&format!("/exports/{kept}")).await?.body == file);
    send_and_wait(&cid, None, "Still there?").await?;
    ensure!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    // Whoever is slow may still chat, and is told why a second file has to wait.
    send_and_wait(&ada, None, "And I?").await?;
    let second = super::imports::post(&ada, "chats.json", &file).await?;
    ensure!(second.status == 303 && second.header("location").contains("__err"));
    // Nothing of it is kept once the slow ones have gone.
    drop(slow);
    until_running(&watcher, "upload", 0).await?;
    until_running(&watcher, "download", 0).await
}

#[tokio::test]
async fn the_server_ends_in_its_time_beside_clients_that_stand_still() -> Result<()> {
    let model = ScriptedModel::new(vec!["A long answer. ".repeat(200)])
        .with_token_delay(Duration::from_millis(5));
    let (server, ada) = RunningServer::start(model).await?;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(ada.base_url().trim_start_matches("http://")).await?);
    }
    silent.push(begin_upload(&ada).await?);
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let cursor = answer.cursor.context("running")?;
    let mut tail = ada.tail(answer.id, cursor).await?;
    while let Some(event) = tail.next().await? {
        if matches!(
            event.kind,
            ChatEventKind::Pending { .. } | ChatEventKind::Block(_)
        ) {
            break;
        }
    }
    let start = Instant::now();
    server.shut_down().await;
    ensure!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    for mut stream in silent {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut rest));
        ensure!(ended.await.is_ok(), "a connection outlives its server");
    }
    Ok(())
}

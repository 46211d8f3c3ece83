//! Copies of the database: made while people write, brought back elsewhere, asked for on the page.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{BackupKind, BackupReport, ConversationId};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    command::hearth,
    deadline::eventually,
    running_server::{RunningServer, send_and_wait},
    web_client::WebClient,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn model() -> ScriptedModel {
    let answers = (0..20).map(|number| format!("Answer {number}, 答案。"));
    ScriptedModel::new(answers.collect()).with_token_delay(Duration::from_millis(2))
}

fn data_of(server: &RunningServer) -> Result<PathBuf> {
    let database = server.database();
    Ok(database.parent().context("it lies in a folder")?.to_owned())
}

/// The one copy in a folder.
fn only_copy(folder: &Path) -> Result<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|end| end == "db"));
    ensure!(files.len() == 1, "{files:?}");
    files.pop().context("there is one")
}

/// A conversation as `hearth export` writes it, without the moment at which it did.
async fn exported(data: &Path, user: &str, id: ConversationId) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("conversation.json");
    let (id, out) = (id.to_string(), out.to_str().context("a path")?.to_owned());
    let words = [
        "export",
        "--user",
        user,
        "--conversation",
        &id,
        "--format",
        "json",
        "--out",
        &out,
    ];
    hearth(data, &words, "").await?.text()?;
    let text = fs::read_to_string(&out)?;
    let lines = text
        .lines()
        .filter(|line| !line.contains("\"exported_at\""));
    let kept: Vec<&str> = lines.collect();
    ensure!(kept.len() + 1 == text.lines().count(), "{text}");
    Ok(kept.join("\n"))
}

/// Asks until it is told to stop.
async fn write_on(client: &WebClient, stop: &tokio::sync::Notify) -> Result<usize> {
    let mut number = 0;
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(number),
            turn = send_and_wait(client, None, "Go on") => {
                turn?;
                number += 1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_others_write_exports_the_same_from_another_folder() -> Result<()> {
    let (server, ada) = RunningServer::start(model()).await?;
    let berta = server.add_user("Berta").await?;
    let data = data_of(&server)?;
    let mut ids = Vec::new();
    for question in ["One?", "二？", "Three?"] {
        ids.push(send_and_wait(&ada, None, question).await?.conversation.id);
    }
    let place = tempfile::tempdir()?;
    let copies = place.path().join("copies");
    let stop = tokio::sync::Notify::new();
    let copying = async {
        let to = copies.to_str().context("a path")?;
        let told = hearth(&data, &["backup", "--to", to], "").await;
        // Whatever came of it: else the other writes for ever.
        stop.notify_one();
        told?.text()
    };
    let (written, told) = tokio::join!(write_on(&berta, &stop), copying);
    written?;
    let told = told?;
    assert!(
        told.contains("2 accounts") && told.contains("no damage"),
        "{told}"
    );
    let copy = only_copy(&copies)?;
    let copy = copy.to_str().context("a path")?;
    let elsewhere = place.path().join("elsewhere");
    let told = hearth(&elsewhere, &["restore", copy], "").await?.text()?;
    assert!(told.contains("there is no database now"), "{told}");
    for id in ids {
        let (here, there) = (exported(&data, "Ada", id), exported(&elsewhere, "Ada", id));
        assert_eq!(there.await?, here.await?);
    }
    let found = hearth(&elsewhere, &["doctor"], "").await?.stdout;
    assert!(found.contains("2 accounts"), "{found}");
    Ok(())
}

#[tokio::test]
async fn beside_a_server_nothing_is_restored_and_a_rehearsal_says_what_would_be() -> Result<()> {
    let (server, ada) = RunningServer::start(model()).await?;
    let data = data_of(&server)?;
    send_and_wait(&ada, None, "One?").await?;
    hearth(&data, &["backup"], "").await?.text()?;
    send_and_wait(&ada, None, "Two?").await?;
    let copy = only_copy(&data.join("backups"))?;
    let shown = copy.to_str().context("a path")?;
    let told = hearth(&data, &["restore", shown, "--dry-run"], "")
        .await?
        .text()?;
    for part in [
        "conversations: 2 now, 1 in the copy",
        "messages: 4 now, 2 in the copy",
        "nothing was changed",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let refused = hearth(&data, &["restore", shown], "").await?.refusal()?;
    assert!(refused.contains("in use by the server"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn without_a_server_what_is_sound_is_restored_and_copied_and_what_is_damaged_is_not()
-> Result<()> {
    let (server, ada) = RunningServer::start(model()).await?;
    send_and_wait(&ada, None, "One?").await?;
    let data = data_of(&server)?;
    hearth(&data, &["backup"], "").await?.text()?;
    let copy = only_copy(&data.join("backups"))?;
    let place = tempfile::tempdir()?;
    let elsewhere = place.path().join("elsewhere");
    let shown = copy.to_str().context("a path")?;
    let told = hearth(&elsewhere, &["restore", shown], "").await?.text()?;
    let database = elsewhere.join("hearth.db");
    assert!(
        told.contains(&format!("restored to {}", database.display())),
        "{told}"
    );
    let told = hearth(&elsewhere, &["backup"], "").await?.text()?;
    assert!(told.contains("1 conversations, 2 messages"), "{told}");
    // A letter of a question is another one.
    let mut bytes = fs::read(&copy)?;
    let found = bytes.windows(4).position(|it| it == b"One?");
    bytes[found.context("the question is there")?] = b'o';
    fs::write(&copy, bytes)?;
    let before = fs::read(&database)?;
    let refused = hearth(&elsewhere, &["restore", shown], "")
        .await?
        .refusal()?;
    assert!(refused.contains("damaged"), "{refused}");
    assert!(fs::read(&database)? == before, "it was changed");
    Ok(())
}

async fn report(ada: &WebClient) -> Result<BackupReport> {
    Ok(ada.call("backups", &[]).await??)
}

#[tokio::test]
async fn an_administrator_makes_a_copy_on_the_page_and_reads_how_it_went() -> Result<()> {
    let (server, ada) = RunningServer::start(model()).await?;
    send_and_wait(&ada, None, "One?").await?;
    let before = report(&ada).await?;
    assert_eq!((before.num_nights, before.at.as_str()), (7, "03:00"));
    assert!(before.copies.is_empty() && before.last.is_none());
    let answer = ada.submit_form("/api/back_up", &[]).await?;
    assert_eq!(
        (answer.status, answer.header("location")),
        (302, "/admin/backups")
    );
    let after = eventually("the copy is made", PATIENCE, async || {
        let report = report(&ada).await?;
        Ok((!report.is_being_made && report.last.is_some()).then_some(report))
    });
    let after = after.await?;
    let last = after.last.context("one was made")?;
    let counts = last.made.map_err(anyhow::Error::msg)?;
    assert_eq!(last.kind, BackupKind::Asked);
    assert_eq!(
        (
            counts.num_accounts,
            counts.num_conversations,
            counts.num_messages
        ),
        (1, 1, 2)
    );
    let file = &after.copies[0].file;
    assert_eq!(after.copies[0].num_bytes, {
        let path = data_of(&server)?.join("backups").join(file);
        path.metadata()?.len()
    });
    let page = ada.get("/admin/backups").await?.text();
    assert!(
        page.contains(file) && page.contains("/api/back_up"),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_told_on_the_page() -> Result<()> {
    let (server, ada) = RunningServer::start(model()).await?;
    let folder = data_of(&server)?.join("backups");
    fs::remove_dir(&folder)?;
    fs::write(&folder, "a file where a folder was")?;
    ada.call::<()>("back_up", &[]).await??;
    let page = eventually("the failure is shown", PATIENCE, async || {
        let page = ada.get("/admin/backups").await?.text();
        Ok(page.contains("no copy could be made").then_some(page))
    });
    fs::remove_file(&folder)?;
    let page = page.await;
    assert!(page.is_ok(), "{page:?}");
    Ok(())
}

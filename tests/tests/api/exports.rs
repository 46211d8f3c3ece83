//! Taking conversations out: files, their names, and whose they are.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    Arranged, ChatError, ConversationId, ConversationPage, Export, ExportId, ExportSubject,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, send, send_and_wait},
    web_client::{Answer, WebClient},
};
use reqwest::Method;
use serde_json::Value;

/// `为什么天空是蓝色的？🦀` as RFC 5987 writes it.
const ENCODED: &str = "%E4%B8%BA%E4%BB%80%E4%B9%88%E5%A4%A9%E7%A9%BA%E6%98%AF%E8%93%9D%E8%89%B2%E7%9A%84%EF%BC%9F%F0%9F%A6%80";

async fn create(
    client: &WebClient,
    conversation: ConversationId,
    format: &str,
) -> Result<Result<ExportId, ChatError>> {
    let arguments = [
        ("conversation", conversation.to_string()),
        ("format", format.to_owned()),
    ];
    client.call("create_export", &arguments).await
}

async fn download(client: &WebClient, id: ExportId) -> Result<Answer> {
    client.get(&format!("/exports/{id}")).await
}

async fn list(client: &WebClient) -> Result<Vec<Export>> {
    Ok(client.call("exports", &[]).await??)
}

#[tokio::test]
async fn each_format_is_an_attachment_with_a_chinese_name() -> Result<()> {
    let model = ScriptedModel::new(vec!["**Scattering.**".to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？🦀").await?;
    for (format, extension, media_type, words) in [
        (
            "markdown",
            "md",
            "text/markdown; charset=utf-8",
            "**Scattering.**",
        ),
        (
            "json",
            "json",
            "application/json",
            "\"schema\": \"hearth.conversation\"",
        ),
        (
            "text",
            "txt",
            "text/plain; charset=utf-8",
            "**Scattering.**",
        ),
        (
            "html",
            "html",
            "text/html; charset=utf-8",
            "<strong>Scattering.</strong>",
        ),
    ] {
        let id = create(&ada, turn.conversation.id, format).await??;
        let file = download(&ada, id).await?;
        assert_eq!(file.status, 200, "{format}");
        assert_eq!(file.header("content-type"), media_type);
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert_eq!(file.header("cache-control"), "no-store");
        let disposition = file.header("content-disposition");
        let encoded = format!("filename*=UTF-8''{ENCODED}.{extension}");
        assert!(
            disposition.starts_with("attachment; filename=\""),
            "{disposition}"
        );
        assert!(disposition.ends_with(&encoded), "{disposition}");
        assert!(file.text().contains(words), "{}", file.text());
        assert!(file.text().contains("为什么天空是蓝色的？🦀"));
    }
    let exports = list(&ada).await?;
    assert_eq!(exports.len(), 4);
    assert!(exports.iter().all(|it| it.is_kept && it.size > 50));
    assert_eq!(exports[3].file_name, "为什么天空是蓝色的？🦀.md");
    Ok(())
}

#[tokio::test]
async fn an_export_is_its_owners_until_it_is_deleted() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let bob = server.add_user("Bob").await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let id = create(&ada, turn.conversation.id, "json").await??;
    assert_eq!(download(&bob, id).await?.status, 404);
    assert_eq!(list(&bob).await?, []);
    let stranger = download(&server.client()?, id).await?;
    assert_eq!(
        (stranger.status, stranger.header("location")),
        (303, "/sign-in")
    );
    let theirs = create(&bob, turn.conversation.id, "json").await?;
    assert_eq!(theirs, Err(ChatError::NotFound));
    let arguments = [("id", id.to_string())];
    let refused = bob.call::<()>("delete_export", &arguments).await?;
    assert_eq!(refused, Err(ChatError::NotFound));
    assert_eq!(download(&ada, id).await?.status, 200);
    ada.call::<()>("delete_export", &arguments).await??;
    assert_eq!(download(&ada, id).await?.status, 404);
    assert_eq!(ada.get("/exports/nonsense").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_form_post_is_answered_with_the_file() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let fields = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "text".to_owned()),
        ("reasoning", "true".to_owned()),
    ];
    let answer = ada.submit_form("/api/create_export", &fields).await?;
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/exports/"), "{answer:?}");
    assert!(ada.get(&location).await?.text().contains("Hello"));
    let page = ada.get("/settings/exports").await?.text();
    assert!(
        page.contains("Hello.txt") && page.contains(&location),
        "{page}"
    );
    let chat = ada
        .get(&format!("/c/{}", turn.conversation.id))
        .await?
        .text();
    assert_eq!(
        chat.matches("action=\"/api/create_export\"").count(),
        1,
        "{chat}"
    );
    let num_formats = chat
        .matches("<button type=\"submit\" name=\"format\"")
        .count();
    assert_eq!(num_formats, 4, "{chat}");
    assert!(chat.contains("name=\"reasoning\" value=\"true\""), "{chat}");
    let id = list(&ada).await?[0].id.to_string();
    let answer = ada.submit_form("/api/delete_export", &[("id", id)]).await?;
    assert_eq!(answer.header("location"), "/settings/exports");
    let page = ada.get("/settings/exports").await?.text();
    assert!(page.contains("Nothing was exported yet"), "{page}");
    Ok(())
}

#[tokio::test]
async fn an_export_while_a_turn_runs_includes_what_there_is_and_says_so() -> Result<()> {
    let answer = "word ".repeat(2000);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20));
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send(&ada, None, "Hello").await??;
    let what = "some of the answer is in an export";
    let document = hearth_tests::deadline::eventually(what, Duration::from_secs(10), async || {
        let id = create(&ada, turn.conversation.id, "json").await??;
        let document: Value = serde_json::from_slice(&download(&ada, id).await?.body)?;
        let text = document["messages"][1]["text"].as_str().unwrap_or_default();
        Ok(text.contains("word").then_some(document))
    })
    .await?;
    assert_eq!(document["messages"][1]["status"], "running");
    let id = create(&ada, turn.conversation.id, "markdown").await??;
    let markdown = download(&ada, id).await?.text();
    assert!(markdown.contains("still being written"), "{markdown}");
    let arguments = [("message", turn.assistant_message.id.to_string())];
    ada.call::<()>("stop_turn", &arguments).await??;
    Ok(())
}

#[tokio::test]
async fn everything_is_one_archive_that_can_be_imported() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for text in ["天空", "海", "a/b: c"] {
        send_and_wait(&ada, None, text).await?;
    }
    let request = ada.request(Method::POST, "/exports/all");
    let archive = ada.send(request).await?;
    assert_eq!(archive.status, 200);
    assert_eq!(archive.header("content-type"), "application/zip");
    assert!(
        archive.header("content-disposition").contains("Hearth%20"),
        "{archive:?}"
    );
    let exports = list(&ada).await?;
    assert_eq!(exports[0].subject, ExportSubject::All);
    assert_eq!(exports[0].size, archive.body.len() as u64);
    assert!(!exports[0].is_kept);
    assert_eq!(download(&ada, exports[0].id).await?.status, 404);

    let bob = server.add_user("Bob").await?;
    let page = super::imports::upload(&bob, "all.zip", &archive.body).await?;
    let preview = bob.get(&page).await?.text();
    assert!(
        preview.contains("New conversations") && preview.contains(">3<"),
        "{preview}"
    );
    let id = page
        .rsplit_once('=')
        .context("the page names the upload")?
        .1;
    let fields = [("upload", id.to_owned())];
    let answer = bob.submit_form("/api/import_commit", &fields).await?;
    assert_eq!(answer.header("location"), page);
    assert!(
        bob.get(&page)
            .await?
            .text()
            .contains("The file was imported.")
    );
    assert!(bob.get("/").await?.text().contains("天空"));
    Ok(())
}

#[tokio::test]
async fn the_archive_of_a_folder_holds_its_chats_and_no_others() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Yes.".into()])).await?;
    let inside = send_and_wait(&ada, None, "Inside").await?.conversation.id;
    send_and_wait(&ada, None, "Outside").await?;
    let arranged = [
        ("ids[0]", inside.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder_name", "Tax".to_owned()),
    ];
    ada.call::<Arranged>("arrange_conversations", &arranged)
        .await??;
    let chats: ConversationPage = ada.call("conversations", &[]).await??;
    let folder = chats.folders.first().context("it was made")?.id.to_string();
    let page = ada.get(&format!("/settings/folders?id={folder}")).await?;
    assert!(page.text().contains("action=\"/exports/all\""));

    let fields = [("folder", folder)];
    let archive = ada.send(ada.form("/exports/all", &fields)).await?;
    assert_eq!(archive.status, 200);
    let name = archive.header("content-disposition");
    assert!(name.contains("Tax%20"), "{name}");
    // A ZIP names its files as they are.
    let names = String::from_utf8_lossy(&archive.body);
    assert!(names.contains("conversations/Inside") && !names.contains("Outside"));
    assert!(list(&ada).await?.is_empty(), "nothing is noted");
    let bob = server.add_user("Bob").await?;
    let theirs = bob.send(bob.form("/exports/all", &fields)).await?;
    assert_eq!(theirs.status, 404);
    let nonsense = [("folder", "nonsense".to_owned())];
    let nonsense = ada.send(ada.form("/exports/all", &nonsense)).await?;
    assert_eq!(nonsense.status, 404);
    let page = super::imports::upload(&bob, "tax.zip", &archive.body).await?;
    let preview = bob.get(&page).await?.text();
    assert!(preview.contains("New conversations"), "{preview}");
    Ok(())
}

//! Files that go with messages: sent, read, shown, given away, found and gone.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    AttachedFile, ChatError, Conversation, Drawing, ExportId, Refusal, StartedTurn,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, edit_of, new_key, question_of},
    uploads::{add_file, form, post_file},
    web_client::WebClient,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A model that says what it was asked.
async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(Vec::new())).await
}

/// Sends a message with files and reads its answer, which is what the model was asked.
async fn ask(
    client: &WebClient,
    text: &str,
    files: &[&AttachedFile],
) -> Result<(StartedTurn, String)> {
    let names: Vec<String> = (0..files.len())
        .map(|number| format!("params[files][{number}]"))
        .collect();
    let mut arguments = vec![("text", text.to_owned()), ("key", new_key().to_string())];
    let ids = files.iter().map(|file| file.id.to_string());
    arguments.extend(names.iter().map(String::as_str).zip(ids));
    let turn: StartedTurn = client.call("send_message", &arguments).await??;
    client.read_to_end(&turn.assistant_message).await?;
    let heard = [("message", turn.assistant_message.id.to_string())];
    let heard: String = client.call("message_text", &heard).await??;
    Ok((turn, heard))
}

#[tokio::test]
async fn a_file_is_read_and_goes_with_its_message_to_the_model_and_onto_the_page() -> Result<()> {
    let (_server, ada) = start().await?;
    // From then on the model is there to count.
    ask(&ada, "Hello", &[]).await?;
    let file = add_file(&ada, "../../notes.md", b"# Notes\n\nRye and *wheat*.\n").await?;
    assert_eq!(
        (file.name.as_str(), file.kind.as_str()),
        ("notes.md", "markdown")
    );
    assert_eq!((file.size, file.num_pages), (26, None));
    assert!(file.num_tokens.is_some_and(|number| number > 5));
    let (turn, heard) = ask(&ada, "Which flour?", &[&file]).await?;
    assert!(heard.starts_with("[File: notes.md]\n# Notes\n"), "{heard}");
    assert!(heard.ends_with("\n\nWhich flour?"), "{heard}");
    let shown = conversation(&ada, turn.conversation.id).await?;
    let question = &shown.messages[0];
    assert_eq!(question.text, "Which flour?");
    assert!(question.files.contains("notes.md"), "{}", question.files);
    let page = ada.get(&format!("/c/{}", turn.conversation.id)).await?;
    assert!(page.text().contains("href=\"/files/"));

    let preview = ada.get(&format!("/files/{}", file.id)).await?;
    assert_eq!(preview.status, 200);
    assert!(preview.text().contains("Rye and *wheat*."));
    let original = ada.get(&format!("/files/{}/original", file.id)).await?;
    assert_eq!(original.body, b"# Notes\n\nRye and *wheat*.\n");
    assert_eq!(original.header("content-type"), "application/octet-stream");
    assert_eq!(original.header("x-content-type-options"), "nosniff");
    assert_eq!(original.header("content-length"), "26");
    let disposition = original.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"notes.md\""));
    Ok(())
}

#[tokio::test]
async fn a_foreign_page_is_text_here_and_is_never_drawn() -> Result<()> {
    let (_server, ada) = start().await?;
    let page = b"<!DOCTYPE html><title>x</title><p>Hello</p><script>alert(1)</script>";
    let file = add_file(&ada, "<b>evil</b>.html", page).await?;
    let preview = ada.get(&format!("/files/{}", file.id)).await?.text();
    assert!(!preview.contains("<script>alert") && !preview.contains("<b>evil"));
    let original = ada.get(&format!("/files/{}/original", file.id)).await?;
    assert_eq!(original.body, page);
    assert_eq!(original.header("content-type"), "application/octet-stream");
    assert!(
        original
            .header("content-disposition")
            .starts_with("attachment")
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_or_is_too_large_is_refused_and_leaves_nothing() -> Result<()> {
    let (server, ada) = start().await?;
    let picture = post_file(&ada, "photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await?;
    assert_eq!(picture.status, 400);
    assert!(picture.text().contains("picture"), "{}", picture.text());
    let large = vec![b'a'; (20 << 20) + 1];
    let large = post_file(&ada, "large.txt", &large).await?;
    assert_eq!(large.status, 400);
    let chip = form(
        &ada,
        "/files",
        "photo.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    );
    let chip = chip
        .header("accept", "text/html")
        .header("accept-language", "zh-CN");
    let chip = ada.send(chip).await?;
    assert_eq!(chip.status, 400);
    assert!(chip.text().contains("attachment failed") && chip.text().contains("图片"));
    let left = server.database().with_file_name("uploads");
    assert_eq!(std::fs::read_dir(left)?.count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_request_that_says_that_it_is_far_too_long_is_refused_unread() -> Result<()> {
    let (server, ada) = start().await?;
    let cookie = ada.cookie().context("a session")?;
    let (host, length) = (server.addr(), 1_u64 << 30);
    let head = format!(
        "POST /files HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(head.as_bytes()).await?;
    // The body never comes: whoever waited for it would wait for long.
    let mut answer = [0; 12];
    timeout(Duration::from_secs(20), stream.read_exact(&mut answer)).await??;
    assert_eq!(&answer, b"HTTP/1.1 400");
    Ok(())
}

#[tokio::test]
async fn a_chip_that_is_removed_is_gone_and_cannot_be_sent() -> Result<()> {
    let (_server, ada) = start().await?;
    let file = add_file(&ada, "notes.txt", b"some notes").await?;
    let path = format!("/files/{}/remove", file.id);
    assert_eq!(ada.submit_form(&path, &[]).await?.status, 204);
    assert_eq!(ada.submit_form(&path, &[]).await?.status, 404);
    let arguments = [
        ("text", "What?".to_owned()),
        ("key", new_key().to_string()),
        ("params[files][0]", file.id.to_string()),
    ];
    let sent = ada.call::<StartedTurn>("send_message", &arguments).await?;
    assert_eq!(sent.err(), Some(ChatError::Invalid(Refusal::FilesGone)));
    Ok(())
}

#[tokio::test]
async fn files_of_a_deleted_chat_are_out_of_reach() -> Result<()> {
    let (_server, ada) = start().await?;
    let file = add_file(&ada, "notes.txt", b"some notes").await?;
    let (turn, _) = ask(&ada, "What?", &[&file]).await?;
    let id = [("id", turn.conversation.id.to_string())];
    ada.call::<()>("delete_conversation", &id).await??;
    for path in ["", "/original"] {
        let path = format!("/files/{}{path}", file.id);
        assert_eq!(ada.get(&path).await?.status, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn another_version_of_a_question_has_its_files() -> Result<()> {
    let (_server, ada) = start().await?;
    let file = add_file(&ada, "notes.txt", b"some notes").await?;
    let (turn, _) = ask(&ada, "What?", &[&file]).await?;
    let edited = edit_of(question_of(&turn)?, "Why?");
    let edited: StartedTurn = ada.call("edit_question", &edited).await??;
    ada.read_to_end(&edited.assistant_message).await?;
    let shown: Conversation = conversation(&ada, turn.conversation.id).await?;
    assert_eq!(shown.messages[0].text, "Why?");
    assert!(shown.messages[0].files.contains("notes.txt"));
    Ok(())
}

#[tokio::test]
async fn exports_name_files_and_bring_them_back_to_somebody_else() -> Result<()> {
    let (server, ada) = start().await?;
    let file = add_file(&ada, "notes.txt", b"some notes").await?;
    let (turn, _) = ask(&ada, "What?", &[&file]).await?;
    let export = async |format: &str| {
        let arguments = [
            ("conversation", turn.conversation.id.to_string()),
            ("format", format.to_owned()),
        ];
        let id: ExportId = ada.call("create_export", &arguments).await??;
        anyhow::Ok(ada.get(&format!("/exports/{id}")).await?.text())
    };
    for format in ["markdown", "text", "html"] {
        assert!(
            export(format).await?.contains("Files: notes.txt"),
            "{format}"
        );
    }
    let document = export("json").await?;
    let berta = server.add_user("Berta").await?;
    let page = hearth_tests::uploads::upload(&berta, "chat.json", document.as_bytes()).await?;
    hearth_tests::uploads::call(&berta, "import_commit", &page).await??;
    let theirs = hearth_tests::running_server::conversations(&berta).await?;
    let shown = conversation(&berta, theirs[0].id).await?;
    let (_, rest) = shown.messages[0]
        .files
        .split_once("/files/")
        .context("a link")?;
    let id = rest.get(..36).context("an id")?;
    let original = berta.get(&format!("/files/{id}/original")).await?;
    assert_eq!(original.body, b"some notes");
    assert_eq!(ada.get(&format!("/files/{id}")).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn files_are_found_by_their_names_and_messages_by_having_some() -> Result<()> {
    let (server, ada) = start().await?;
    let file = add_file(&ada, "annual_report-年度报告.txt", b"some numbers").await?;
    ask(&ada, "Sum it up", &[&file]).await?;
    ask(&ada, "Sum up the weather", &[]).await?;
    let search = async |client: &WebClient, typed: &str| {
        let arguments = [("typed", typed.to_owned())];
        let drawing: Drawing = client.call("draw_search", &arguments).await??;
        anyhow::Ok(drawing.html.replace("<!>", ""))
    };
    for typed in ["annual", "rep", "报告", "annual report"] {
        let html = search(&ada, typed).await?;
        assert!(html.contains("<mark>"), "{typed}: {html}");
        assert!(
            html.contains("annual") || html.contains("<mark>annual"),
            "{typed}"
        );
    }
    let with_files = search(&ada, "has:file sum").await?;
    assert!(
        with_files.contains("it up") && !with_files.contains("weather"),
        "{with_files}"
    );
    let berta = server.add_user("Berta").await?;
    for typed in ["annual", "has:file"] {
        assert!(!search(&berta, typed).await?.contains("role=\"option\""));
    }
    Ok(())
}

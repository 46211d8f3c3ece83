//! Files to import: made, and chosen as a browser does.

use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{
    AttachedFile, ChatError, ConversationId, MessageId, MessageStatus, Role, Upload, UploadId,
};
use hearth_server::export::{
    ConversationDocument, Language, MessageDocument, SCHEMA, Timestamp, VERSION, write_archive,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::web_client::{Answer, WebClient};

const BOUNDARY: &str = "a-line-that-is-in-no-file";

/// Presses the button under a chosen file, as a browser does.
pub async fn post(client: &WebClient, name: &str, content: &[u8]) -> Result<Answer> {
    let request = form(client, "/import", name, content);
    client.send(request.header("accept", "text/html")).await
}

/// Sends a file that is to go with a message, as a program does.
pub async fn post_file(client: &WebClient, name: &str, content: &[u8]) -> Result<Answer> {
    let request = form(client, "/files", name, content);
    client
        .send(request.header("accept", "application/json"))
        .await
}

/// As [`post_file`], of one that is taken.
pub async fn add_file(client: &WebClient, name: &str, content: &[u8]) -> Result<AttachedFile> {
    let answer = post_file(client, name, content).await?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.text());
    Ok(serde_json::from_slice(&answer.body)?)
}

/// A form with one file.
pub fn form(client: &WebClient, path: &str, name: &str, content: &[u8]) -> RequestBuilder {
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    client
        .request(Method::POST, path)
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body)
}

/// Uploads a file; the page that shows what it would change.
pub async fn upload(client: &WebClient, name: &str, content: &[u8]) -> Result<String> {
    let answer = post(client, name, content).await?;
    ensure!(answer.status == 303, "{} {}", answer.status, answer.text());
    Ok(answer.header("location").to_owned())
}

/// Calls `import_preview` or `import_commit` for the file of a page.
pub async fn call(
    client: &WebClient,
    function: &str,
    page: &str,
) -> Result<Result<Upload, ChatError>> {
    let id = page.rsplit_once('=').map_or("", |(_, id)| id);
    client.call(function, &[("upload", id.to_owned())]).await
}

/// As [`upload`]; the id to import it by.
pub async fn upload_id(client: &WebClient, name: &str, content: &[u8]) -> Result<UploadId> {
    let page = upload(client, name, content).await?;
    let id = page.rsplit_once('=').map_or("", |(_, id)| id);
    Ok(UploadId::new(id.parse::<Uuid>()?))
}

/// An archive of so many conversations of one title, each of so many messages.
pub fn archive(title: &str, num_conversations: usize, num_messages: usize) -> Result<Vec<u8>> {
    let text = || "What was said long ago. ".repeat(12);
    archive_with(title, num_conversations, num_messages, text)
}

/// An archive of conversations of two messages each, with answers of so many bytes that hardly
/// become fewer when they are packed.
pub fn incompressible_archive(
    title: &str,
    num_conversations: usize,
    answer_bytes: usize,
) -> Result<Vec<u8>> {
    let (mut seed, mut is_answer) = (0x9e37_79b9_7f4a_7c15_u64, true);
    let text = || {
        is_answer = !is_answer;
        let num_bytes = if is_answer { answer_bytes } else { 100 };
        (0..num_bytes)
            .map(|_| random_letter(&mut seed))
            .collect::<String>()
    };
    archive_with(title, num_conversations, 2, text)
}

/// One of 64 letters, by xorshift (Marsaglia 2003).
fn random_letter(seed: &mut u64) -> char {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789,.";
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    let [letter, ..] = (*seed >> 32).to_le_bytes();
    char::from(LETTERS[usize::from(letter % 64)])
}

fn archive_with(
    title: &str,
    num_conversations: usize,
    num_messages: usize,
    mut text: impl FnMut() -> String,
) -> Result<Vec<u8>> {
    let now = Timestamp::now();
    let documents = (0..num_conversations).map(|_| {
        let texts = (0..num_messages).map(|_| text()).collect();
        Ok(conversation(title, texts, now))
    });
    let mut file = Vec::new();
    write_archive(&mut file, documents, Language::English, now)?;
    Ok(file)
}

/// A list of so many conversations as `ChatGPT` exports it, called `Chat 0` and so on, each with a
/// question, two answers and a picture; those of these numbers cannot be read.
pub fn chatgpt_list(num_conversations: usize, damaged: &[usize]) -> String {
    let message = |role: &str, seconds: f64, parts: Value| {
        json!({
            "author": {"role": role}, "create_time": 1_756_000_000.0 + seconds,
            "content": {"content_type": "multimodal_text", "parts": parts},
            "metadata": {}, "recipient": "all",
        })
    };
    let picture = json!({
        "content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"
    });
    let conversation = |number: usize| {
        let mapping = json!({
            "root": {"parent": null, "message": null},
            "q": {"parent": "root", "message": message("user", 1.0, json!(["下雨吗？", picture]))},
            "a": {"parent": "q", "message": message("assistant", 2.0, json!(["Yes."]))},
            "b": {"parent": "q", "message": message("assistant", 3.0, json!(["No."]))},
        });
        let is_damaged = damaged.contains(&number);
        json!({
            "title": format!("Chat {number}"), "conversation_id": format!("c{number}"),
            "create_time": 1_756_000_000.0, "update_time": 1_756_000_009.0,
            "mapping": if is_damaged { Value::Null } else { mapping }, "current_node": "b",
        })
    };
    let list: Vec<Value> = (0..num_conversations).map(conversation).collect();
    Value::from(list).to_string()
}

/// The ZIP that `ChatGPT` makes of such a list.
pub fn chatgpt_archive(num_conversations: usize, damaged: &[usize]) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let list = chatgpt_list(num_conversations, damaged);
    for (name, content) in [
        ("conversations.json", list.as_str()),
        ("user.json", "{}"),
        ("chat.html", "<html></html>"),
    ] {
        zip.start_file(name, options)?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// What the manifest of an archive says of all its content; when it was made is no part of it.
pub fn content_hash(archive: &[u8]) -> Result<String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive))?;
    let manifest: Value = serde_json::from_reader(zip.by_name("manifest.json")?)?;
    let hash = manifest["sha256"].as_str();
    Ok(hash.context("the manifest has a hash")?.to_owned())
}

fn conversation(title: &str, texts: Vec<String>, now: Timestamp) -> ConversationDocument {
    let mut messages: Vec<MessageDocument> = Vec::with_capacity(texts.len());
    for (number, text) in texts.into_iter().enumerate() {
        let parent_id = messages.last().map(|message| message.id);
        let mut message = message(parent_id, number % 2 == 1, text, now);
        message.sha256 = message.content_hash();
        messages.push(message);
    }
    let mut document = ConversationDocument {
        schema: SCHEMA.to_owned(),
        version: VERSION,
        exported_at: Some(now),
        id: ConversationId::new(Uuid::now_v7()),
        title: title.to_owned(),
        created_at: now,
        updated_at: now,
        active_message_id: messages.last().map(|message| message.id),
        settings: None,
        folder: None,
        pinned_at: None,
        archived_at: None,
        messages,
        shares: Vec::new(),
        sha256: String::new(),
    };
    document.sha256 = document.content_hash();
    document
}

fn message(
    parent_id: Option<MessageId>,
    is_answer: bool,
    text: String,
    now: Timestamp,
) -> MessageDocument {
    MessageDocument {
        id: MessageId::new(Uuid::now_v7()),
        parent_id,
        role: if is_answer {
            Role::Assistant
        } else {
            Role::User
        },
        status: MessageStatus::Finished,
        text,
        files: Vec::new(),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: serde_json::Map::new(),
        model: None,
        usage: None,
        rating: None,
        created_at: now,
        sha256: String::new(),
    }
}

//! Files to import: made, and chosen as a browser does.

use anyhow::{Result, ensure};
use hearth_app::model::{
    ChatError, ConversationId, MessageId, MessageStatus, Role, Upload, UploadId,
};
use hearth_server::export::{
    ConversationDocument, Language, MessageDocument, SCHEMA, Timestamp, VERSION, write_archive,
};
use reqwest::Method;
use uuid::Uuid;

use crate::web_client::{Answer, WebClient};

const BOUNDARY: &str = "a-line-that-is-in-no-file";

/// Presses the button under a chosen file, as a browser does.
pub async fn post(client: &WebClient, name: &str, content: &[u8]) -> Result<Answer> {
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let request = client
        .request(Method::POST, "/import")
        .header("accept", "text/html")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    client.send(request).await
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
    let now = Timestamp::now();
    let documents = (0..num_conversations).map(|_| Ok(conversation(title, num_messages, now)));
    let mut file = Vec::new();
    write_archive(&mut file, documents, Language::English, now)?;
    Ok(file)
}

fn conversation(title: &str, num_messages: usize, now: Timestamp) -> ConversationDocument {
    let mut messages: Vec<MessageDocument> = Vec::with_capacity(num_messages);
    for number in 0..num_messages {
        let parent_id = messages.last().map(|message| message.id);
        let mut message = message(parent_id, number % 2 == 1, now);
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
        messages,
        sha256: String::new(),
    };
    document.sha256 = document.content_hash();
    document
}

fn message(parent_id: Option<MessageId>, is_answer: bool, now: Timestamp) -> MessageDocument {
    MessageDocument {
        id: MessageId::new(Uuid::now_v7()),
        parent_id,
        role: if is_answer {
            Role::Assistant
        } else {
            Role::User
        },
        status: MessageStatus::Finished,
        text: "What was said long ago. ".repeat(12),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: serde_json::Map::new(),
        model: None,
        usage: None,
        created_at: now,
        sha256: String::new(),
    }
}

//! Open WebUI: all chats as a list of JSON, or one chat as a list of one, out of its menu.
//!
//! What is read is what `backend/open_webui/models/chats.py` of `open-webui/open-webui` stores
//! (`ChatModel`), which the page exports as it is (`Settings/DataControls.svelte`,
//! `Navbar/Menu.svelte`); an old export has the inner `chat` alone.
//!
//! - Of a chat: `id`, `title`, `created_at` and `updated_at` (seconds), and of its `chat` `title`,
//!   `history.messages` by id, `history.currentId`, `params.system` (or `system`),
//!   `params.temperature` and `params.top_p`. Without a history, `messages` are a list, each below
//!   the one before.
//! - Of a message: `id`, `parentId`, `role`, `content`, `timestamp`, `model`, `files`, `error`,
//!   `done`, and `output`, the pieces of an answer as the Responses API of `OpenAI` has them.
//!   Before there was that, thoughts and calls stood in `content`, as `<details type="reasoning">`
//!   and so on (`details`).
//!
//! Tags, folders, pins and the archive are not read.

mod details;

use hearth_app::model::{ImportFault, ImportProblem, MessageStatus};
use serde::Deserialize;
use serde_json::Value;

use super::{
    members::members,
    told::{Attachments, Node, Part, Told, append, text_of, time_of},
};
use crate::import::{
    check,
    problem::{problem, within},
};

#[derive(Deserialize)]
struct Record {
    id: Option<String>,
    title: Option<String>,
    created_at: Option<Value>,
    updated_at: Option<Value>,
    chat: Option<Chat>,
    // Of a chat without another around it.
    history: Option<History>,
    messages: Option<Vec<Message>>,
    timestamp: Option<Value>,
    system: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    id: Option<String>,
    title: Option<String>,
    history: Option<History>,
    messages: Option<Vec<Message>>,
    timestamp: Option<Value>,
    system: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    system: Option<String>,
    temperature: Option<Value>,
    top_p: Option<Value>,
}

#[derive(Deserialize)]
struct History {
    #[serde(deserialize_with = "members")]
    messages: Vec<(String, Message)>,
    #[serde(rename = "currentId")]
    current_id: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    #[serde(rename = "parentId")]
    parent_id: Option<String>,
    role: Option<String>,
    content: Option<Value>,
    timestamp: Option<Value>,
    model: Option<String>,
    files: Option<Vec<Value>>,
    error: Option<Value>,
    done: Option<bool>,
    output: Option<Vec<Value>>,
}

/// What a conversation says.
pub(super) fn read(json: &[u8]) -> Result<Told, ImportProblem> {
    let record: Record = check::parse(json)?;
    let chat = record.chat.unwrap_or(Chat {
        id: None,
        title: None,
        history: record.history,
        messages: record.messages,
        timestamp: record.timestamp,
        system: record.system,
        params: None,
    });
    let begun = record.created_at.or(chat.timestamp);
    let mut told = Told {
        id: record.id.or(chat.id),
        title: record.title.or(chat.title),
        created: time_of(begun.as_ref(), "created_at")?,
        updated: time_of(record.updated_at.as_ref(), "updated_at")?,
        system_prompt: chat.system,
        ..Told::default()
    };
    if let Some(params) = chat.params {
        told.system_prompt = params.system.or(told.system_prompt);
        told.temperature = params.temperature.as_ref().and_then(Value::as_f64);
        told.top_p = params.top_p.as_ref().and_then(Value::as_f64);
    }
    match chat.history {
        Some(history) => {
            told.shown = history.current_id;
            for (id, message) in history.messages {
                let place = format!("history/messages/{id}");
                add(&mut told, id, message, &place)?;
            }
        }
        None => add_list(&mut told, chat.messages.unwrap_or_default())?,
    }
    Ok(told)
}

/// Messages of a time when there was no history beside them.
fn add_list(told: &mut Told, messages: Vec<Message>) -> Result<(), ImportProblem> {
    for (index, mut message) in messages.into_iter().enumerate() {
        let place = format!("messages/{index}");
        let Some(id) = message.id.take() else {
            return Err(problem(format!("{place}/id"), ImportFault::Empty));
        };
        let before = told.nodes.last().map(|node| node.id.clone());
        message.parent_id = message.parent_id.or(before);
        add(told, id, message, &place)?;
    }
    Ok(())
}

fn add(told: &mut Told, id: String, message: Message, place: &str) -> Result<(), ImportProblem> {
    let time = time_of(message.timestamp.as_ref(), "timestamp");
    let time = time.map_err(|wrong| within(wrong, place))?;
    if message.role.as_deref() == Some("system") {
        let text = text_of(message.content.as_ref());
        append(told.system_prompt.get_or_insert_default(), text);
    }
    let part = speak(&message, &mut told.attachments);
    told.nodes.push(Node {
        id,
        parent: message.parent_id,
        time,
        part,
    });
    Ok(())
}

fn speak(message: &Message, left: &mut Attachments) -> Option<Part> {
    let mut text = String::new();
    match message.content.as_ref() {
        Some(Value::Array(parts)) => {
            for part in parts {
                let is_picture = part.get("image_url").is_some();
                let said = text_of(part.get("text"));
                let picture = is_picture.then(|| left.picture(""));
                append(&mut text, picture.as_deref().unwrap_or(said));
            }
        }
        content => append(&mut text, text_of(content)),
    }
    let mut attached = String::new();
    for file in message.files.iter().flatten() {
        append(&mut attached, &in_place(file, left));
    }
    if message.role.as_deref()? == "user" {
        append(&mut text, &attached);
        return Part::question(text);
    }
    if message.role.as_deref() != Some("assistant") {
        return None;
    }
    let pieces = details::of_output(message.output.as_deref().unwrap_or_default());
    let mut answer = pieces.unwrap_or_else(|| details::of_text(&text));
    append(&mut answer.text, &attached);
    answer.model.clone_from(&message.model);
    answer.error = error(message.error.as_ref());
    if message.done == Some(false) {
        answer.status = Some(MessageStatus::Interrupted);
    }
    Part::answer(answer)
}

/// What stands in place of a file; old ones have their name in another object.
fn in_place(file: &Value, left: &mut Attachments) -> String {
    let inner = file.get("file").unwrap_or(file);
    let names = [file.get("name"), inner.get("filename"), inner.get("name")];
    let mut names = names.into_iter().map(text_of);
    let name = names.find(|name| !name.is_empty()).unwrap_or_default();
    let kinds = [file.get("type"), file.get("content_type")].map(text_of);
    let is_picture = kinds.iter().any(|kind| kind.starts_with("image"));
    left.either(is_picture, name)
}

/// What went wrong with an answer.
fn error(told: Option<&Value>) -> Option<String> {
    let told = told.filter(|told| !matches!(told, Value::Null | Value::Bool(false)))?;
    let text = text_of(told.get("content").or(Some(told)));
    let text = if text.is_empty() { "error" } else { text };
    Some(text.to_owned())
}

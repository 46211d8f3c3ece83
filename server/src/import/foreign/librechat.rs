//! `LibreChat`: one conversation as JSON, out of its menu.
//!
//! What is read is what `client/src/hooks/Conversations/useExportConversation.ts` of
//! `danny-avila/LibreChat` writes and `api/server/utils/import` there reads:
//!
//! - `conversationId`, `title`, and of its `options` `promptPrefix` (or `system`), `temperature`
//!   and `top_p`;
//! - `messages` or `messagesTree`: a list with `parentMessageId`s, or a tree with `children`
//!   (`recursive`). Of a message: `messageId`, `isCreatedByUser`, `createdAt`, `text`, `content`,
//!   `model`, `sender`, `error`, `unfinished`, `finish_reason`, `files`.
//!
//! `content` is a list of parts by their `type` (`packages/data-provider/src/types/runs.ts`):
//! `text`, `think`, `tool_call`, `error`, pictures and other files. Where it is there, it is what
//! `text` says too. The export names no shown branch.

mod nested;

use hearth_app::model::{FinishReason, ImportFault, ImportProblem, MessageStatus, ToolStep};
use serde::Deserialize;
use serde_json::Value;

use super::told::{Answer, Attachments, Call, Node, Part, Told, append, text_of, time_of};
use crate::import::{
    check,
    problem::{problem, within},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    conversation_id: Option<String>,
    title: Option<String>,
    options: Option<Options>,
    created_at: Option<Value>,
    updated_at: Option<Value>,
}

#[derive(Deserialize)]
struct Options {
    #[serde(rename = "promptPrefix")]
    prompt_prefix: Option<String>,
    system: Option<String>,
    temperature: Option<Value>,
    top_p: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "as the program writes them")]
struct Message {
    message_id: Option<String>,
    parent_message_id: Option<String>,
    is_created_by_user: Option<bool>,
    sender: Option<String>,
    created_at: Option<Value>,
    text: Option<String>,
    content: Option<Value>,
    model: Option<String>,
    error: Option<Value>,
    unfinished: Option<bool>,
    #[serde(rename = "finish_reason")]
    finish_reason: Option<Value>,
    files: Option<Vec<File>>,
}

#[derive(Deserialize)]
struct File {
    filename: Option<String>,
    r#type: Option<String>,
}

/// What a conversation says.
pub(super) fn read(json: &[u8]) -> Result<Told, ImportProblem> {
    let mut pieces = nested::pieces(json)?.into_iter();
    let whole = pieces.next().map(|piece| piece.json).unwrap_or_default();
    let record: Record = check::parse(&whole)?;
    let mut told = Told {
        id: record.conversation_id,
        title: record.title,
        created: time_of(record.created_at.as_ref(), "createdAt")?,
        updated: time_of(record.updated_at.as_ref(), "updatedAt")?,
        ..Told::default()
    };
    if let Some(options) = record.options {
        told.system_prompt = options.prompt_prefix.or(options.system);
        told.temperature = options.temperature.as_ref().and_then(Value::as_f64);
        told.top_p = options.top_p.as_ref().and_then(Value::as_f64);
    }
    for (index, piece) in pieces.enumerate() {
        let place = format!("messages/{index}");
        // Piece 0 is the conversation.
        let above = piece
            .parent
            .and_then(|parent| told.nodes.get(parent.checked_sub(1)?));
        let above = above.map(|node| node.id.clone());
        let node = node(&piece.json, above, &mut told.attachments);
        told.nodes
            .push(node.map_err(|wrong| within(wrong, &place))?);
    }
    Ok(told)
}

/// `above`: the message in whose list it stands.
fn node(json: &[u8], above: Option<String>, left: &mut Attachments) -> Result<Node, ImportProblem> {
    let message: Message = check::parse(json)?;
    let time = time_of(message.created_at.as_ref(), "createdAt")?;
    let part = speak(&message, left);
    let Some(id) = message.message_id else {
        return Err(problem("messageId", ImportFault::Empty));
    };
    Ok(Node {
        id,
        parent: above.or(message.parent_message_id),
        time,
        part,
    })
}

fn speak(message: &Message, left: &mut Attachments) -> Option<Part> {
    let mut spoken = Answer::default();
    match &message.content {
        Some(Value::Array(parts)) if !parts.is_empty() => {
            for part in parts {
                add(&mut spoken, part, left);
            }
        }
        _ => message
            .text
            .as_deref()
            .unwrap_or_default()
            .clone_into(&mut spoken.text),
    }
    for file in message.files.iter().flatten() {
        let name = file.filename.as_deref().unwrap_or_default();
        let kind = file.r#type.as_deref().unwrap_or_default();
        let in_place = left.either(kind.starts_with("image"), name);
        append(&mut spoken.text, &in_place);
    }
    let is_person = message.is_created_by_user;
    if is_person.unwrap_or(message.sender.as_deref() == Some("User")) {
        return Part::question(spoken.text);
    }
    spoken.model.clone_from(&message.model);
    spoken.finish_reason = match text_of(message.finish_reason.as_ref()) {
        "stop" => Some(FinishReason::Stop),
        "length" => Some(FinishReason::Length),
        _ => None,
    };
    if message.unfinished == Some(true) {
        spoken.status = Some(MessageStatus::Stopped);
    }
    // The text of an answer that failed is what went wrong.
    if message.error == Some(Value::Bool(true)) {
        spoken.error = Some(std::mem::take(&mut spoken.text));
    }
    Part::answer(spoken)
}

/// Adds what a part of the content says.
fn add(spoken: &mut Answer, part: &Value, left: &mut Attachments) {
    let kind = text_of(part.get("type"));
    match kind {
        "think" => append(&mut spoken.reasoning, value_of(part.get("think"))),
        "tool_call" => {
            let call = part.get("tool_call").unwrap_or(&Value::Null);
            let reasoning_bytes = u32::try_from(spoken.reasoning.len()).ok();
            spoken.calls.push(Call {
                id: None,
                step: ToolStep {
                    reasoning_bytes,
                    ..step(call)
                },
            });
        }
        "error" => {
            let texts = [part.get("error"), part.get("text")].map(value_of);
            let error = texts.into_iter().find(|text| !text.is_empty());
            spoken.error = error.map(str::to_owned);
        }
        "image_file" | "image_url" => {
            let file = part.get("image_file").unwrap_or(&Value::Null);
            let name = text_of(file.get("filename"));
            append(&mut spoken.text, &left.picture(name));
        }
        "video_url" | "input_audio" => append(&mut spoken.text, &left.file("")),
        // `text`, `text_delta`, and whatever has a text besides.
        _ => append(&mut spoken.text, value_of(part.get("text"))),
    }
}

/// A text, or the `value` of one.
fn value_of(text: Option<&Value>) -> &str {
    let value = text.and_then(|text| text.get("value"));
    text_of(value.or(text))
}

/// A call of a tool, of a provider's own kind or of an assistant's.
fn step(call: &Value) -> ToolStep {
    let function = call.get("function").unwrap_or(call);
    let written = |names: [&str; 2]| {
        let found = names
            .iter()
            .find_map(|name| function.get(*name).or(call.get(*name)));
        match found {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    };
    ToolStep {
        tool: written(["name", "type"]),
        input: written(["args", "arguments"]),
        output: written(["output", "result"]),
        ..ToolStep::default()
    }
}

//! llama.cpp: what the page of `llama-server` exports.
//!
//! What is read is what `tools/ui/src/lib/services/conversation-transfer.service.ts` of
//! `ggml-org/llama.cpp` writes, with the types of `tools/ui/src/lib/types/database.d.ts`: lines of
//! JSON, one of the type `session` for a conversation and one of the type `message` for each of its
//! messages, or a ZIP with such a file for each conversation. Before 2026 it was one JSON of
//! `{conv, messages}`, or a list of those; both are read.
//!
//! - Of a conversation: `id`, `name`, `lastModified`, `currNode`.
//! - Of a message: `id`, `parent`, `type`, `timestamp` (milliseconds), `role`, `content`,
//!   `reasoningContent` or `thinking`, `toolCalls` (JSON, or JSON as a text), `toolCallId`,
//!   `model`, and of each `extra` its `type`, its `name` and what was pasted.
//!
//! A system message is the conversation's system prompt. When it began nobody says.

use hearth_app::model::{ImportFault, ImportProblem, ToolStep};
use serde::Deserialize;
use serde_json::Value;

use super::told::{
    Answer, Attachments, Call, Node, Part, Told, ToolResult, append, text_of, time_of,
};
use crate::import::{
    check,
    problem::{problem, within},
};

#[derive(Deserialize)]
struct Exported {
    conv: Conversation,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    id: Option<String>,
    name: Option<String>,
    curr_node: Option<String>,
    last_modified: Option<Value>,
}

/// The line of a message; others, of kinds to come, have none.
#[derive(Deserialize)]
struct Line {
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: Option<String>,
    parent: Option<String>,
    r#type: Option<String>,
    timestamp: Option<Value>,
    role: Option<String>,
    content: Option<String>,
    thinking: Option<String>,
    reasoning_content: Option<String>,
    tool_calls: Option<Value>,
    tool_call_id: Option<String>,
    model: Option<String>,
    extra: Option<Vec<Extra>>,
}

/// Something that was put beside a message.
#[derive(Deserialize)]
struct Extra {
    r#type: Option<String>,
    name: Option<String>,
    content: Option<Value>,
}

/// What a conversation says.
pub(super) fn read(json: &[u8]) -> Result<Told, ImportProblem> {
    let (conv, messages) = taken_apart(json)?;
    let mut told = Told {
        id: conv.id,
        title: conv.name,
        updated: time_of(conv.last_modified.as_ref(), "lastModified")?,
        shown: conv.curr_node,
        ..Told::default()
    };
    let mut prompt = String::new();
    for (index, message) in messages.into_iter().enumerate() {
        if message.role.as_deref() == Some("system") {
            append(&mut prompt, message.content.as_deref().unwrap_or_default());
        }
        let node = node(message, &mut told.attachments);
        let node = node.map_err(|wrong| within(wrong, &format!("messages/{index}")));
        told.nodes.push(node?);
    }
    told.system_prompt = Some(prompt);
    Ok(told)
}

/// One document, or the lines of one conversation.
fn taken_apart(json: &[u8]) -> Result<(Conversation, Vec<Message>), ImportProblem> {
    let mut lines = json.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let session = serde_json::from_slice::<Conversation>(first).ok();
    let Some(conv) = session.filter(|conv| conv.id.is_some()) else {
        let exported: Exported = check::parse(json)?;
        return Ok((exported.conv, exported.messages));
    };
    let mut messages = Vec::new();
    for (index, line) in lines.enumerate() {
        let line: Result<Line, _> = check::parse(line);
        let line = line.map_err(|wrong| within(wrong, &format!("messages/{index}")))?;
        messages.extend(line.message);
    }
    Ok((conv, messages))
}

fn node(message: Message, left: &mut Attachments) -> Result<Node, ImportProblem> {
    let time = time_of(message.timestamp.as_ref(), "timestamp")?;
    let part = speak(&message, left);
    let Some(id) = message.id else {
        return Err(problem("id", ImportFault::Empty));
    };
    Ok(Node {
        id,
        parent: message.parent,
        time,
        part,
    })
}

fn speak(message: &Message, left: &mut Attachments) -> Option<Part> {
    if message.r#type.as_deref() == Some("root") {
        return None;
    }
    let mut text = message.content.clone().unwrap_or_default();
    for extra in message.extra.iter().flatten() {
        append(&mut text, &extra.in_place(left));
    }
    match message.role.as_deref()? {
        "user" => Part::question(text),
        "assistant" => {
            let thoughts = [&message.reasoning_content, &message.thinking];
            let mut thoughts = thoughts.into_iter().flatten();
            let reasoning = thoughts.find(|it| !it.is_empty()).cloned();
            let mut answer = Answer {
                text,
                reasoning: reasoning.unwrap_or_default(),
                model: message.model.clone(),
                ..Answer::default()
            };
            let before = u32::try_from(answer.reasoning.len()).ok();
            let calls = calls(message.tool_calls.as_ref()).into_iter();
            answer.calls.extend(calls.map(|mut call| {
                call.step.reasoning_bytes = before;
                call
            }));
            Part::answer(answer)
        }
        "tool" => Part::answer(Answer {
            result: Some(ToolResult {
                call: message.tool_call_id.clone(),
                tool: String::new(),
                output: text,
            }),
            ..Answer::default()
        }),
        _ => None,
    }
}

/// Calls as `OpenAI` has them.
fn calls(told: Option<&Value>) -> Vec<Call> {
    let read = match told {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let calls = read.as_array().into_iter().flatten();
    let call = |call: &Value| {
        let function = call.get("function").unwrap_or(call);
        Call {
            id: call.get("id").and_then(Value::as_str).map(str::to_owned),
            step: ToolStep {
                tool: text_of(function.get("name")).to_owned(),
                input: text_of(function.get("arguments")).to_owned(),
                ..ToolStep::default()
            },
        }
    };
    calls.map(call).collect()
}

impl Extra {
    /// What stands in its place; what was pasted is text.
    fn in_place(&self, left: &mut Attachments) -> String {
        let kind = self.r#type.as_deref().unwrap_or_default().to_lowercase();
        let name = self.name.as_deref().unwrap_or_default();
        if kind.contains("context") {
            text_of(self.content.as_ref()).to_owned()
        } else {
            left.either(kind.contains("image"), name)
        }
    }
}

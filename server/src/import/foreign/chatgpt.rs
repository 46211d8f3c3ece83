//! `ChatGPT`: a list of conversations, `conversations.json`, in the ZIP that the mail leads to;
//! since 2026 in several files `conversations-000.json`, …
//!
//! Nobody but its maker describes it; known from exports, and from programs that read them (among
//! them `api/server/utils/import` of `danny-avila/LibreChat` with its examples, and
//! `mitkury/chatgpt-export-parser`). Of a conversation these members are read:
//!
//! - `conversation_id` or `id`, `title`, `create_time` and `update_time` (seconds), `current_node`;
//! - `mapping`: nodes by id, each with its `parent` and its `message`, or none. Of a message:
//!   `author.role` and `author.name`, `create_time`, `status`, `recipient`, `content`, and of its
//!   `metadata` what is said below.
//!
//! What becomes of it:
//!
//! - A person's text is a question, with pictures and files (`metadata.attachments`) by their
//!   names.
//! - A model's text to everybody (`recipient` is `all`) is an answer, by `metadata.model_slug`; to
//!   a tool it is a call of that tool, and what the tool's node says is its result. Pictures that a
//!   tool made stand in the answer.
//! - `thoughts` are reasoning, as long as the `reasoning_recap` behind them says.
//! - `user_editable_context` and what a system message says are the conversation's system prompt,
//!   as a person wrote it if `metadata.user_context_message_data` has that.
//! - What is hidden (`metadata.is_visually_hidden_from_conversation`) is left out.

mod citations;
mod content;

use std::collections::HashMap;

use hearth_app::model::{FinishReason, ImportProblem, MessageStatus, ToolStep};
use serde::Deserialize;
use serde_json::Value;

use super::{
    members::members,
    told::{
        Answer, Attachments, Call, Node, Part, Told, ToolResult, append, milliseconds, text_of,
        time_of,
    },
};
use crate::import::check;
use content::{Content, Spoken};

/// Who a message is for, if not for a tool.
const EVERYBODY: &str = "all";
/// What is longer is no system prompt here anyway.
const MAX_PROMPT_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
struct Record {
    conversation_id: Option<String>,
    id: Option<String>,
    title: Option<String>,
    create_time: Option<Value>,
    update_time: Option<Value>,
    current_node: Option<String>,
    #[serde(deserialize_with = "members")]
    mapping: Vec<(String, MappedNode)>,
}

#[derive(Deserialize)]
struct MappedNode {
    parent: Option<String>,
    message: Option<Box<Message>>,
}

#[derive(Deserialize)]
struct Message {
    author: Option<Author>,
    create_time: Option<Value>,
    status: Option<String>,
    recipient: Option<String>,
    content: Option<Content>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Author {
    role: Option<String>,
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    model_slug: Option<String>,
    is_visually_hidden_from_conversation: Option<bool>,
    finished_duration_sec: Option<Value>,
    finish_details: Option<FinishDetails>,
    user_context_message_data: Option<UserContext>,
    attachments: Option<Vec<Attachment>>,
    content_references: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct FinishDetails {
    r#type: Option<String>,
}

#[derive(Deserialize)]
struct UserContext {
    about_user_message: Option<String>,
    about_model_message: Option<String>,
}

/// A file that belongs to a message.
#[derive(Deserialize)]
struct Attachment {
    id: Option<String>,
    name: Option<String>,
    mime_type: Option<String>,
}

/// What a mark in the text stands for.
#[derive(Deserialize)]
struct Reference {
    matched_text: Option<Value>,
    alt: Option<Value>,
}

impl Reference {
    fn pair(&self) -> (&str, &str) {
        (
            text_of(self.matched_text.as_ref()),
            text_of(self.alt.as_ref()),
        )
    }
}

/// What a conversation says.
pub(super) fn read(json: &[u8]) -> Result<Told, ImportProblem> {
    let record: Record = check::parse(json)?;
    let mut told = Told {
        id: record.conversation_id.or(record.id),
        title: record.title,
        created: time_of(record.create_time.as_ref(), "create_time")?,
        updated: time_of(record.update_time.as_ref(), "update_time")?,
        shown: record.current_node,
        ..Told::default()
    };
    let durations = durations(&record.mapping);
    let mut prompt = String::new();
    for (id, node) in record.mapping {
        let (mut part, mut time) = (None, None);
        if let Some(message) = &node.message {
            let place = format!("mapping/{id}/message/create_time");
            time = time_of(message.create_time.as_ref(), &place)?;
            if prompt.len() < MAX_PROMPT_BYTES {
                let more = instructions(message, &prompt);
                append(&mut prompt, &more);
            }
            let duration_ms = durations.get(id.as_str()).copied().unwrap_or_default();
            part = speak(message, duration_ms, &mut told.attachments);
        }
        told.nodes.push(Node {
            id,
            parent: node.parent,
            time,
            part,
        });
    }
    told.system_prompt = Some(prompt);
    Ok(told)
}

/// How long the model thought, in milliseconds, by the node before the one that says it.
fn durations(mapping: &[(String, MappedNode)]) -> HashMap<String, u32> {
    let recaps = mapping.iter().filter_map(|(_, node)| {
        let message = node.message.as_ref()?;
        let seconds = message
            .metadata
            .as_ref()?
            .finished_duration_sec
            .as_ref()?
            .as_f64()?;
        let is_recap = message.content.as_ref()?.is("reasoning_recap");
        let parent = node.parent.clone().filter(|_| is_recap)?;
        Some((parent, milliseconds(seconds)))
    });
    recaps.collect()
}

/// What a message says that is for the model alone. `before`: what others said; the same again is
/// not repeated.
fn instructions(message: &Message, before: &str) -> String {
    let Some(content) = &message.content else {
        return String::new();
    };
    let context = message.metadata.as_ref();
    let context = context.and_then(|it| it.user_context_message_data.as_ref());
    let mut told = String::new();
    if content.is("user_editable_context") || context.is_some() {
        let written = context.map(|it| [&it.about_user_message, &it.about_model_message]);
        for text in written.unwrap_or([&content.user_profile, &content.user_instructions]) {
            append(&mut told, text.as_deref().unwrap_or_default());
        }
    } else if message.role() == "system" && !message.is_hidden() {
        told = content
            .speak(&[], &HashMap::new(), &mut Attachments::default())
            .bare;
    }
    if before.contains(&told) {
        told.clear();
    }
    told
}

impl Message {
    fn role(&self) -> &str {
        let role = self
            .author
            .as_ref()
            .and_then(|author| author.role.as_deref());
        role.unwrap_or_default()
    }

    fn is_hidden(&self) -> bool {
        let metadata = self.metadata.as_ref();
        metadata.is_some_and(|it| it.is_visually_hidden_from_conversation == Some(true))
    }
}

/// What a person or a model says with a message; `None`: nobody sees it.
fn speak(message: &Message, thought_ms: u32, left: &mut Attachments) -> Option<Part> {
    let content = message.content.as_ref()?;
    let is_silent = content.is("user_editable_context") || content.is("reasoning_recap");
    if message.is_hidden() || is_silent {
        return None;
    }
    let nothing = Metadata::default();
    let metadata = message.metadata.as_ref().unwrap_or(&nothing);
    let files = metadata.attachments.as_deref().unwrap_or_default();
    let references = metadata.content_references.iter().flatten();
    let references = references.map(Reference::pair).collect();
    match message.role() {
        "user" => {
            let spoken = content.speak(files, &references, left);
            Part::question(spoken.whole())
        }
        "assistant" if content.is("thoughts") => Part::answer(Answer {
            reasoning: content.thoughts(),
            reasoning_ms: thought_ms,
            ..Answer::default()
        }),
        "assistant" => {
            let spoken = content.speak(files, &references, left);
            Part::answer(answer(message, metadata, spoken))
        }
        "tool" => {
            let spoken = content.speak(files, &references, left);
            Part::answer(result(message, spoken))
        }
        _ => None,
    }
}

fn answer(message: &Message, metadata: &Metadata, spoken: Spoken) -> Answer {
    let mut answer = Answer {
        model: metadata.model_slug.clone(),
        ..Answer::default()
    };
    let recipient = message.recipient.as_deref();
    match recipient.filter(|it| *it != EVERYBODY && !it.is_empty()) {
        Some(tool) => {
            answer.text = spoken.attached;
            answer.calls.push(Call {
                id: None,
                step: ToolStep {
                    tool: tool.to_owned(),
                    input: spoken.bare,
                    reasoning_bytes: Some(0),
                    ..ToolStep::default()
                },
            });
        }
        None => answer.text = spoken.whole(),
    }
    let finish = metadata.finish_details.as_ref();
    match finish.and_then(|it| it.r#type.as_deref()) {
        Some("stop") => answer.finish_reason = Some(FinishReason::Stop),
        Some("max_tokens") => answer.finish_reason = Some(FinishReason::Length),
        Some("interrupted") => answer.status = Some(MessageStatus::Stopped),
        _ => {}
    }
    if message.status.as_deref() == Some("in_progress") {
        answer.status = Some(MessageStatus::Interrupted);
    }
    answer
}

/// What a tool said; of pictures, their places in the answer.
fn result(message: &Message, spoken: Spoken) -> Answer {
    let name = message
        .author
        .as_ref()
        .and_then(|author| author.name.clone());
    let result = ToolResult {
        call: None,
        tool: name.unwrap_or_default(),
        output: spoken.bare,
    };
    Answer {
        text: spoken.attached,
        result: (!result.output.trim().is_empty()).then_some(result),
        ..Answer::default()
    }
}

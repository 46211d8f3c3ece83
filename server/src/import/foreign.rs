//! Chats that other programs exported.
//!
//! Reading order: this file (which program wrote something), `files` (a file or a ZIP, read one
//! conversation at a time), `values` and `records` (where a conversation begins and ends), then one
//! file for each program, which says what it reads and where that is known from; `told` (what all
//! of them have in common), `runs` (messages of one person in a row become one) and `conversation`
//! (the document that comes of it, with ids that are the same each time).
//!
//! What is here for all programs:
//!
//! - Every message of every branch comes along. What no person sees in the program (system
//!   messages, hidden ones, results of tools) is no message here; what stood below it stands below
//!   the nearest message that is one.
//! - With us a question follows an answer and an answer a question. Messages of one role in a row
//!   become one, their texts with an empty line between them, what was thought likewise, what tools
//!   did in order. Where such a row divides, each way through it is a version of its own.
//! - A message whose parent is not there begins a conversation of its own, as another version of
//!   the first message. An answer that nobody asked for gets `…` as its question.
//! - A message has the time that the program says, else its parent's, else the conversation's, and
//!   where nobody knows one, the beginning of 1970.
//! - The shown branch stays the shown one. Where a file names none, or one that is not there, the
//!   newest is.
//! - Ids are made of the program's name and its ids, so that importing again finds what was
//!   imported. A row of messages is known by its last one: if the program adds to it, the longer
//!   row comes as another version.
//! - Pictures and files stay behind: `[Picture: name]` stands where they stood.

mod chatgpt;
mod conversation;
mod files;
mod identity;
mod librechat;
mod llama_cpp;
mod members;
mod open_webui;
mod records;
mod runs;
mod told;
mod values;

use std::collections::HashMap;

use hearth_app::model::{ChatProgram, ImportProblem};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

pub(super) use conversation::ForeignConversation;
pub(super) use files::{ForeignFile, Source, choose, kind_of, other_program};

/// Whose file something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A document of ours.
    Hearth,
    Read(ChatProgram),
    /// It is known, and not read.
    Named(&'static str),
    Unknown,
}

/// Whose a conversation is, by the names of its members.
fn recognise(json: &[u8]) -> Kind {
    // Names, whatever they hold.
    #[expect(clippy::zero_sized_map_values, reason = "a set is no object of JSON")]
    let Ok(members) = serde_json::from_slice::<HashMap<String, IgnoredAny>>(json) else {
        return Kind::Unknown;
    };
    let has = |name: &str| members.contains_key(name);
    let signs = [
        (has("schema"), Kind::Hearth),
        // Its tree looks like ChatGPT's; its messages do not.
        (
            has("mapping") && has("inserted_at"),
            Kind::Named("DeepSeek"),
        ),
        (has("mapping"), Kind::Read(ChatProgram::ChatGpt)),
        (
            (has("conv") && has("messages")) || (has("type") && has("currNode")),
            Kind::Read(ChatProgram::LlamaCpp),
        ),
        (
            has("conversationId") && (has("messages") || has("messagesTree")),
            Kind::Read(ChatProgram::LibreChat),
        ),
        (has("history") && has("version"), Kind::Named("Chatbot UI")),
        (
            has("chat") || (has("history") && has("title")),
            Kind::Read(ChatProgram::OpenWebUi),
        ),
        (has("chat_messages"), Kind::Named("Claude")),
        (
            has("header") && has("products"),
            Kind::Named("Google Gemini"),
        ),
        (has("exportType") && has("state"), Kind::Named("LobeChat")),
        (has("conversations") && has("projects"), Kind::Named("Grok")),
    ];
    let first = signs.into_iter().find(|(is_there, _)| *is_there);
    first.map_or(Kind::Unknown, |(_, kind)| kind)
}

/// Whose a ZIP is that has a file of this name, if that is a program whose files are not read.
fn named_by_file(name: &str) -> Option<&'static str> {
    if name.starts_with("Takeout/") {
        Some("Google Takeout")
    } else if name.ends_with("prod-grok-backend.json") {
        Some("Grok")
    } else {
        None
    }
}

/// What a program tells of one conversation.
fn read(program: ChatProgram, json: &[u8]) -> Result<told::Told, ImportProblem> {
    match program {
        ChatProgram::ChatGpt => chatgpt::read(json),
        ChatProgram::OpenWebUi => open_webui::read(json),
        ChatProgram::LibreChat => librechat::read(json),
        ChatProgram::LlamaCpp => llama_cpp::read(json),
    }
}

/// What a conversation is called, if it may be damaged elsewhere; empty if nobody knows.
fn title_of(json: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Titled {
        title: Option<Value>,
        name: Option<Value>,
        conv: Option<Value>,
    }
    let mut values = serde_json::Deserializer::from_slice(json).into_iter::<Titled>();
    let Some(Ok(titled)) = values.next() else {
        return String::new();
    };
    let within = titled.conv.as_ref().and_then(|conv| conv.get("name"));
    let title = titled.title.as_ref().or(titled.name.as_ref()).or(within);
    told::one_line(title.and_then(Value::as_str).unwrap_or_default())
}

//! Conversations to the pieces of a prompt.
//!
//! Control tokens and text are kept apart to the end: only a [`Piece::Control`] can become a
//! control token, so nobody can type one. Between two control tokens there is at most one piece
//! of text, because that is how the model has seen text cut into tokens.
//!
//! Invariant: reasoning is written down only after the last final message, that is while a chain
//! of tool calls is running. Everything else stays, so that a prompt begins like the one before.
//! Reasoning of a turn that was stopped for good is the caller's to leave out.
//!
//! Sources: `docs/format.md` of openai/harmony; the header of a tool call is the one the model
//! itself writes, recipient after the channel.

mod developer;
mod typescript;

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{
    Channel, ControlIds, ControlToken, Spell,
    conversation::{FUNCTIONS, HarmonyConversation, Message, SystemSettings, ToolResult, Written},
};
use crate::request::TokenId;

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A control token.
    Control(ControlToken),
    /// Ordinary text, never empty.
    Text(String),
    /// Ordinary text of the model, never empty; its ids may be known.
    Written(Written),
}

/// Where the parts of a conversation lie, in numbers of pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The developer's message; empty if there is none.
    pub developer: Range<usize>,
    /// Where each message begins, also one that is left out; then where the last one ends.
    pub messages: Vec<usize>,
}

impl Outline {
    /// Where the frame of the answer begins.
    pub fn answer(&self) -> usize {
        self.messages.last().copied().unwrap_or_default()
    }
}

/// Writes a conversation down, up to `<|start|>assistant`, where the model goes on. An answer
/// whose ids are known is continued from here too: its ids follow the prompt as they are.
pub fn render(conversation: &HarmonyConversation) -> Vec<Piece> {
    outlined(conversation).0
}

/// The pieces of [`render`], and where among them the parts of the conversation lie.
pub fn outlined(conversation: &HarmonyConversation) -> (Vec<Piece>, Outline) {
    let mut writer = Writer::default();
    let developer = &conversation.developer;
    let functions = if developer.tools.is_empty() {
        ""
    } else {
        "\nCalls to these tools must go to the commentary channel: 'functions'."
    };
    let system = system_text(&conversation.system) + functions;
    writer.message("system", Body::Text(&system));
    let developer_start = writer.pieces.len();
    if !developer.is_empty() {
        writer.message("developer", Body::Text(&developer::text(developer)));
    }
    let mut outline = Outline {
        developer: developer_start..writer.pieces.len(),
        messages: Vec::new(),
    };
    let mut answered = conversation.messages.iter();
    let answered = answered.rposition(|message| matches!(message, Message::Final(_)));
    for (position, message) in conversation.messages.iter().enumerate() {
        outline.messages.push(writer.pieces.len());
        let is_answered = answered.is_some_and(|last| position < last);
        if !(is_answered && matches!(message, Message::Analysis(_))) {
            writer.say(message);
        }
    }
    outline.messages.push(writer.pieces.len());
    writer.control(ControlToken::Start);
    writer.text("assistant");
    (writer.pieces, outline)
}

/// What follows a prompt to go on inside a message of which only the text is known.
pub fn begun_message(channel: Channel, text: &str) -> Vec<Piece> {
    let mut writer = Writer::default();
    writer.channel(channel);
    writer.control(ControlToken::Message);
    writer.text(text);
    writer.pieces
}

/// What follows a prompt where the model must call a function: this one, or one that it names
/// itself. For the latter the header stops where names begin, since a name's first letters are one
/// token with the dot before it.
pub fn begun_call(function: Option<&str>) -> Vec<Piece> {
    let mut writer = Writer::default();
    writer.channel(Channel::Commentary);
    match function {
        Some(name) => {
            writer.text(&format!(" to={FUNCTIONS}{name} "));
            writer.control(ControlToken::Constrain);
            writer.text("json");
            writer.control(ControlToken::Message);
        }
        None => writer.text(&format!(" to={}", FUNCTIONS.trim_end_matches('.'))),
    }
    writer.pieces
}

/// What follows the arguments of a call, up to where the model goes on.
pub fn answered_call(result: &ToolResult) -> Vec<Piece> {
    let mut writer = Writer::default();
    writer.control(ControlToken::Call);
    writer.tool_result(result);
    writer.control(ControlToken::Start);
    writer.text("assistant");
    writer.pieces
}

/// Ids of a prompt. `encode` never gives a control token.
pub fn to_ids(
    pieces: &[Piece],
    control: &ControlIds,
    vocabulary: &impl Spell,
    encode: impl Fn(&str) -> Vec<TokenId>,
) -> Vec<TokenId> {
    let mut ids = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Control(token) => ids.push(control.id(*token)),
            Piece::Text(text) => ids.extend(encode(text)),
            Piece::Written(written) if spells(vocabulary, written) => {
                ids.extend_from_slice(&written.token_ids);
            }
            Piece::Written(written) => ids.extend(encode(&written.text)),
        }
    }
    ids
}

/// Whether the ids make up exactly the text. A control token spells nothing, so it never does.
fn spells(vocabulary: &impl Spell, written: &Written) -> bool {
    let mut rest = written.text.as_bytes();
    for &id in &written.token_ids {
        let bytes = vocabulary.spell(id);
        match rest.strip_prefix(bytes) {
            Some(after) if !bytes.is_empty() => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn system_text(system: &SystemSettings) -> String {
    let mut lines = system.identity.clone();
    for (name, value) in [
        ("Knowledge cutoff", &system.knowledge_cutoff),
        ("Current date", &system.date),
    ] {
        if !value.is_empty() {
            lines.extend(["\n", name, ": ", value.as_str()]);
        }
    }
    let effort = system.reasoning_effort.name();
    let channels = Channel::ALL.map(Channel::name).join(", ");
    format!(
        "{lines}\n\nReasoning: {effort}\n\n# Valid channels: {channels}. \
         Channel must be included for every message."
    )
}

/// The text of a message.
#[derive(Clone, Copy)]
enum Body<'a> {
    Text(&'a str),
    Written(&'a Written),
}

#[derive(Default)]
struct Writer {
    pieces: Vec<Piece>,
}

impl Writer {
    fn say(&mut self, message: &Message) {
        match message {
            Message::User(text) => self.message("user", Body::Text(text)),
            Message::Analysis(written) => self.answer(Channel::Analysis, written),
            Message::Preamble(written) => self.answer(Channel::Commentary, written),
            Message::Final(written) => self.answer(Channel::Final, written),
            Message::ToolCall(call) => {
                self.control(ControlToken::Start);
                self.text("assistant");
                self.channel(Channel::Commentary);
                self.text(&format!(" to={} ", call.recipient));
                self.control(ControlToken::Constrain);
                self.text("json");
                self.body(Body::Written(&call.arguments), ControlToken::Call);
            }
            Message::ToolResult(result) => self.tool_result(result),
        }
    }

    fn tool_result(&mut self, result: &ToolResult) {
        self.control(ControlToken::Start);
        self.text(&format!("{} to=assistant", result.author));
        self.channel(Channel::Commentary);
        self.body(Body::Text(&result.content), ControlToken::End);
    }

    fn message(&mut self, role: &str, body: Body<'_>) {
        self.control(ControlToken::Start);
        self.text(role);
        self.body(body, ControlToken::End);
    }

    fn answer(&mut self, channel: Channel, written: &Written) {
        self.control(ControlToken::Start);
        self.text("assistant");
        self.channel(channel);
        self.body(Body::Written(written), ControlToken::End);
    }

    fn channel(&mut self, channel: Channel) {
        self.control(ControlToken::Channel);
        self.text(channel.name());
    }

    fn body(&mut self, body: Body<'_>, end: ControlToken) {
        self.control(ControlToken::Message);
        match body {
            Body::Text(text) => self.text(text),
            Body::Written(written) => self.written(written),
        }
        self.control(end);
    }

    fn control(&mut self, token: ControlToken) {
        self.pieces.push(Piece::Control(token));
    }

    /// Text after text becomes one piece.
    fn text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    fn written(&mut self, written: &Written) {
        if !written.text.is_empty() {
            self.pieces.push(Piece::Written(written.clone()));
        }
    }
}

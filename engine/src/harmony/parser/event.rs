//! What a reader of an answer is told, and where the answer stands.

use crate::{harmony::Channel, request::TokenId};

/// What a token, or the end of the answer, brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message begins.
    MessageStarted {
        /// Where it belongs; never the final channel if there is a recipient.
        channel: Channel,
        /// The tool it is for, namespace included: then its text are the arguments of a call.
        recipient: Option<String>,
    },
    /// An ordinary token of the message that is open.
    Text {
        /// Channel of the message.
        channel: Channel,
        /// The token.
        token: TokenId,
    },
    /// The message is over.
    MessageEnded,
    /// The message before was a complete call.
    ToolCall {
        /// Name of the tool, without the namespace of functions.
        name: String,
    },
    /// A stop token came, or [`HarmonyParser::finish`](super::HarmonyParser::finish) was called.
    /// Always the last event.
    Finished,
}

/// Where an answer stands between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before a message, and no control token says yet that a header is being written: words are
    /// the answer.
    Unmarked,
    /// In a header.
    Header {
        /// The channel that it names so far. Commentary also where it names none and would go on
        /// with what the model says before a call.
        channel: Option<Channel>,
        /// Whether it names a tool.
        is_call: bool,
    },
    /// In the text of a message.
    Message {
        /// Whether it is for a tool.
        is_call: bool,
    },
    Finished,
}

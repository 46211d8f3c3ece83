//! The stream of several answers: newline-delimited lines, each of which names its message.

use serde::{Deserialize, Serialize};

use super::{ChatError, ChatEvent, Cursor, MessageId};

/// Most answers of one stream: more than turns may run at once.
pub const MAX_TAILS: usize = 128;

/// An answer, and after which of its frames its stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailStart {
    pub message: MessageId,
    pub cursor: Cursor,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailLine {
    pub message: MessageId,
    pub told: Told,
}

/// What a line tells of its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Event(ChatEvent),
    /// Nothing more comes of this message; the others go on.
    Refused(ChatError),
}

impl TailLine {
    /// One line of the stream, line feed included.
    ///
    /// # Panics
    /// Never: the type has no map with non-string keys.
    pub fn to_line(&self) -> bytes::Bytes {
        let mut line = serde_json::to_vec(self).expect("invariant: lines are plain data");
        line.push(b'\n');
        line.into()
    }
}

//! The frames of one turn, deltas only.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{FinishReason, MessageStatus, Reasoning, ToolStep, TurnError, Usage};

/// A place in a turn's log. The epoch changes when the server restarts or the turn is continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub epoch: u64,
    /// Number of the last frame already applied; frames count from 1.
    pub seq: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.epoch, self.seq)
    }
}

/// A cursor is written `<epoch in hex>.<seq>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (epoch, seq) = text.split_once('.').ok_or(CursorError)?;
        Ok(Self {
            epoch: u64::from_str_radix(epoch, 16).map_err(|_| CursorError)?,
            seq: seq.parse().map_err(|_| CursorError)?,
        })
    }
}

/// What a person waits for before the first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitState {
    /// The model is still being loaded.
    LoadingModel { percent: u8 },
    /// That many turns come first; about so long, where that can be told.
    Queued {
        ahead: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
    },
    /// Part of the prompt the engine has read.
    ReadingPrompt { percent: u8 },
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatEvent {
    pub cursor: Cursor,
    pub kind: ChatEventKind,
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatEventKind {
    Waiting(WaitState),
    /// Keep that many bytes of the pending HTML, replace the rest.
    Pending {
        keep: usize,
        html: String,
    },
    /// The pending block is finished: this is its HTML; pending becomes empty.
    Block(String),
    /// The text has ended, and these blocks look otherwise now: their numbers among all blocks,
    /// counted from 0, and their HTML. At most one such frame in a turn, before the last.
    Settled(Vec<(usize, String)>),
    /// More reasoning: its text goes on with this one, its duration is this one.
    Reasoning(Reasoning),
    /// A tool was called and has answered.
    Step(ToolStep),
    /// Answer to an unknown cursor: replaces all blocks, the pending one, reasoning and steps.
    Snapshot {
        blocks: Vec<String>,
        pending: String,
        reasoning: Option<Reasoning>,
        steps: Vec<ToolStep>,
    },
    /// Nothing happened for 15 s. Its cursor repeats the last one.
    KeepAlive,
    /// The last frame of every turn.
    Ended {
        status: MessageStatus,
        finish_reason: Option<FinishReason>,
        usage: Option<Usage>,
        error: Option<TurnError>,
    },
}

//! What happens to a tab that may follow a running answer, and what it has to do.

use crate::{
    model::{ChatError, TailStart, Told},
    tab_leader::{
        Leader,
        tail_word::{Failure, TailWord},
    },
};

/// What happens to a tab.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Who leads, told again and again.
    Leader(Leader),
    /// This tab follows an answer, and no other one any more. The number is the tab's own.
    Wanted {
        number: u32,
        start: TailStart,
        is_shown: bool,
    },
    /// It does not follow it any more.
    Unwanted { number: u32 },
    /// Another tab has said something.
    Heard(TailWord),
    /// The pause is over in which other wants may come.
    Paused,
    /// Time enough to be answered has passed since something was said.
    Doubted { said: u32, is_shown: bool },
    /// The server has answered.
    Opened,
    /// The server has told a line.
    Line(String),
    /// The stream is not there any more.
    Failed(Failure),
}

/// What the tab has to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deeds {
    pub close: bool,
    /// Open the stream of these, after closing.
    pub open: Option<Vec<TailStart>>,
    pub say: Option<TailWord>,
    /// For the answer that this tab follows.
    pub give: Option<Given>,
    /// Tell [`Event::Paused`] in a moment.
    pub pause: bool,
    /// Tell [`Event::Doubted`] with this number later.
    pub doubt: Option<u32>,
    /// Lead, whoever does now.
    pub lead: bool,
}

/// What comes of an answer that a tab follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Its stream begins, perhaps once more.
    Opened,
    Told(Told),
    /// The stream ended before the answer did. Nothing more comes.
    Lost,
}

impl From<Failure> for Given {
    fn from(failure: Failure) -> Self {
        Self::Told(Told::Refused(match failure {
            Failure::Lost => return Self::Lost,
            Failure::Broken => ChatError::Unreachable(String::new()),
            Failure::Unauthorized => ChatError::Unauthorized,
            Failure::Forbidden => ChatError::Forbidden,
            Failure::NotFound => ChatError::NotFound,
        }))
    }
}

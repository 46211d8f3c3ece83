//! News about a person's conversations, for all of their tabs and devices.

use std::{fmt, str::FromStr};

use super::ConversationId;

/// What a server tells of a change: not what is new, only where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing was missed up to here; what comes next is told.
    Listening,
    /// This conversation, be it its messages, its title or that it is gone.
    Conversation(ConversationId),
    /// Anything: too much has changed, or nobody knows what was missed.
    Everything,
}

const LISTENING: &str = "listening";
const EVERYTHING: &str = "everything";

/// A change is written as one of two words, or as the id of a conversation.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening => f.write_str(LISTENING),
            Self::Everything => f.write_str(EVERYTHING),
            Self::Conversation(id) => id.fmt(f),
        }
    }
}

impl FromStr for Change {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        match text {
            LISTENING => Ok(Self::Listening),
            EVERYTHING => Ok(Self::Everything),
            id => id.parse().map(Self::Conversation),
        }
    }
}

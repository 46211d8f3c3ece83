//! News about a person's conversations, for all of their tabs and devices.

use serde::{Deserialize, Serialize};

use super::ConversationId;

/// What a server tells of a change: not what is new, only where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing was missed up to here; what comes next is told.
    Listening,
    /// This conversation, be it its messages, its title or that it is gone.
    Conversation(ConversationId),
    /// Anything: too much has changed, or nobody knows what was missed.
    Everything,
}

//! Conversations that were deleted and can come back.

use serde::{Deserialize, Serialize};

use super::{ConversationId, LocalTime};

/// The trash of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trash {
    /// The last deleted first.
    pub conversations: Vec<TrashedConversation>,
    /// Older ones that are not listed.
    pub num_more: u64,
}

/// A conversation in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashedConversation {
    pub id: ConversationId,
    /// Empty: it never had a message.
    pub title: String,
    pub deleted: LocalTime,
    /// When it goes for good.
    pub removal: LocalTime,
}

//! The whole tree of a conversation, in lines.

use super::{ConversationId, LocalTime, MessageId, Role};

/// All branches of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub conversation: ConversationId,
    pub title: String,
    /// The end of the branch that is shown.
    pub leaf: Option<MessageId>,
    /// As they were written: a parent stands before its children.
    pub messages: Vec<OutlineMessage>,
}

/// What a line tells of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineMessage {
    pub id: MessageId,
    pub parent_id: Option<MessageId>,
    pub role: Role,
    /// The first two hundred characters of its text.
    pub beginning: String,
    /// When it was written, in the reader's time zone.
    pub time: LocalTime,
}

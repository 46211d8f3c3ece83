//! What the server offers to those who share copies of chats, and to those who read them.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{
    ChatError, ConversationId, IdempotencyKey, LocalTime, MessageStatus, Reasoning, Role, Share,
    ShareAudience, ShareId, Shares, ToolStep, UserId,
};

/// What a copy would hold, before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharePreview {
    pub conversation: ConversationId,
    pub title: String,
    /// Of the branch that is shown.
    pub num_messages: u32,
    /// Answers before which a model thought.
    pub num_thoughts: u32,
    /// Answers for which tools were used.
    pub num_with_steps: u32,
    /// Names of everybody else who may come in.
    pub people: Vec<String>,
    /// An administrator has turned sharing off.
    pub is_off: bool,
}

/// How a copy is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareChoice {
    pub audience: ShareAudience,
    /// Names of those whom it is for, if it is not for everybody.
    pub readers: Vec<String>,
    pub with_reasoning: bool,
    pub with_steps: bool,
}

/// A copy as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedChat {
    pub id: ShareId,
    pub title: String,
    /// Who shares it.
    pub owner: String,
    pub made: LocalTime,
    /// Present for who shares it.
    pub own: Option<Share>,
    pub messages: Vec<SharedLine>,
}

/// A message of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLine {
    pub role: Role,
    pub status: MessageStatus,
    /// Of a person, plain.
    pub text: String,
    /// Of an answer: HTML, safe to insert.
    pub blocks: Vec<String>,
    pub reasoning: Option<Reasoning>,
    pub steps: Vec<ToolStep>,
    /// What people call the model.
    pub model: Option<String>,
    pub time: LocalTime,
}

/// Copies of chats that people share inside of the server.
#[async_trait]
pub trait SharingService: Send + Sync + 'static {
    async fn preview(&self, user: UserId, id: ConversationId) -> Result<SharePreview, ChatError>;
    /// Copies the branch that is shown. [`ChatError::Busy`] while an answer of it is written.
    async fn share(
        &self,
        user: UserId,
        id: ConversationId,
        choice: ShareChoice,
    ) -> Result<ShareId, ChatError>;
    async fn shares(&self, user: UserId) -> Result<Shares, ChatError>;
    /// A copy, for those whom it is for; to all others it is not there.
    async fn shared_chat(&self, user: UserId, id: ShareId) -> Result<SharedChat, ChatError>;
    /// Ends a copy at once.
    async fn revoke(&self, user: UserId, id: ShareId) -> Result<(), ChatError>;
    /// Makes a conversation of the reader's own of a copy; the same key again gives the same one.
    async fn continue_shared(
        &self,
        user: UserId,
        id: ShareId,
        key: IdempotencyKey,
    ) -> Result<ConversationId, ChatError>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn sharing_service() -> Arc<dyn SharingService> {
    use_context().expect("invariant: the server provides the sharing service")
}

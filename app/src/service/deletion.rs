//! What the server offers to those who delete: conversations, messages, accounts.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use super::SessionCookie;
use crate::model::{ChatError, ConversationId, MessageId, Trash, User, UserId};

/// What goes for good.
#[async_trait]
pub trait DeletionService: Send + Sync + 'static {
    /// Conversations that can come back, the last deleted first.
    async fn trash(&self, user: UserId) -> Result<Trash, ChatError>;
    /// Removes a conversation for good that is in the trash.
    async fn delete_forever(&self, user: UserId, id: ConversationId) -> Result<(), ChatError>;
    /// Removes everything in the trash for good.
    async fn empty_trash(&self, user: UserId) -> Result<(), ChatError>;
    /// Removes a message and everything below it for good; the last answer takes its question
    /// along. Running answers among them end first.
    async fn delete_message(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ConversationId, ChatError>;
    /// Removes the own account with all that is in it. A wrong password, and the last
    /// administrator, are [`ChatError::Invalid`].
    async fn delete_own_account(
        &self,
        user: &User,
        password: String,
    ) -> Result<SessionCookie, ChatError>;
    /// Removes somebody else's account. `name` is what the administrator typed to confirm it.
    async fn delete_account(&self, by: &User, user: UserId, name: String) -> Result<(), ChatError>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn deletion_service() -> Arc<dyn DeletionService> {
    use_context().expect("invariant: the server provides the deletion service")
}

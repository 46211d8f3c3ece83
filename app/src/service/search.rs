//! What the server offers to those who search.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{ChatError, ConversationId, LocalTime, MessageId, Role, UserId};

/// A piece of a text: found, or beside what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_hit: bool,
}

/// A title or a message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub conversation: ConversationId,
    /// Absent: the title was found.
    pub message: Option<(MessageId, Role)>,
    /// Of the conversation.
    pub title: Vec<Piece>,
    /// Some words of the message.
    pub snippet: Vec<Piece>,
    /// When the message was written, or the conversation last used.
    pub time: LocalTime,
}

/// What was found, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    pub titles: Vec<Hit>,
    pub messages: Vec<Hit>,
    /// Their names stand where titles do, and the titles where other hits have their words.
    pub files: Vec<Hit>,
}

/// Finding what was written.
#[async_trait]
pub trait SearchService: Send + Sync + 'static {
    /// What a person's conversations have of what was typed; whatever it is, it is a question.
    async fn search(&self, user: UserId, typed: &str) -> Result<Hits, ChatError>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn search_service() -> Arc<dyn SearchService> {
    use_context().expect("invariant: the server provides the search service")
}

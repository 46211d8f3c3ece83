//! What a person wants of all answers, and what they say of each.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{ChatError, MessageId, PersonalInstructions, RatingDetails, Thumb, UserId};

/// A person's own ways.
#[async_trait]
pub trait PersonalService: Send + Sync + 'static {
    /// What models are told in every chat; who never wrote anything has two empty texts, switched
    /// on.
    async fn personal_instructions(&self, user: UserId) -> Result<PersonalInstructions, ChatError>;
    /// Holds from the next turn on.
    async fn save_personal_instructions(
        &self,
        user: UserId,
        form: PersonalInstructions,
    ) -> Result<(), ChatError>;
    /// Rates an answer that is not being written, in the place of what was said of it before; no
    /// thumb takes that back.
    async fn rate(
        &self,
        user: UserId,
        message: MessageId,
        thumb: Option<Thumb>,
        details: RatingDetails,
    ) -> Result<(), ChatError>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn personal_service() -> Arc<dyn PersonalService> {
    use_context().expect("invariant: the server provides the service of people's own ways")
}

//! Causes become refusals; what is not a person's business goes to the log.

use hearth_app::model::{BusyReason, ChatError, Refusal};
use hearth_engine::request::SubmitError;
use uuid::Uuid;

use crate::store::StoreError;

const RETRY_AFTER_S: u32 = 5;

/// A refusal that passes by itself.
pub(super) fn busy(reason: BusyReason) -> ChatError {
    ChatError::Busy {
        reason,
        retry_after_s: RETRY_AFTER_S,
    }
}

/// Logs what the store said and answers with a number to find it by.
pub(super) fn store_refused(error: &StoreError) -> ChatError {
    let request_id = Uuid::now_v7().to_string();
    tracing::error!(request.id = request_id, %error, "the store refused: {error}");
    if error.is_write_refused() {
        return busy(BusyReason::DiskFull);
    }
    ChatError::Internal { request_id }
}

/// What the engine's refusal means for a person.
pub(super) fn engine_refused(error: SubmitError) -> ChatError {
    match error {
        SubmitError::PromptTooLong {
            prompt_tokens,
            context_window,
        } => ChatError::Invalid(Refusal::PromptTooLong {
            tokens: prompt_tokens,
            window: context_window,
        }),
        SubmitError::QueueFull { capacity } => busy(BusyReason::QueueFull { capacity }),
        SubmitError::EngineStopped => busy(BusyReason::EngineStopped),
        SubmitError::ModelNotLoaded(reason) => busy(BusyReason::ModelNotLoaded { reason }),
        other => {
            tracing::error!(error = %other, "the engine refused: {other}");
            busy(BusyReason::RequestRefused)
        }
    }
}

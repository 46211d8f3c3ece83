//! Causes become refusals; what is not a person's business goes to the log.

use hearth_app::model::{BusyReason, ChatError, Refusal};
use hearth_engine::request::SubmitError;

use crate::{error::AppError, store::StoreError};

const RETRY_AFTER_S: u32 = 5;

/// A refusal that passes by itself.
pub(crate) fn busy(reason: BusyReason) -> ChatError {
    ChatError::Busy {
        reason,
        retry_after_s: RETRY_AFTER_S,
    }
}

/// Logs what the store said and answers with a number to find it by.
pub(crate) fn store_refused(error: &StoreError) -> ChatError {
    AppError::store(error).into()
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
        SubmitError::ModelNotLoaded(_) => busy(BusyReason::ModelNotLoaded),
        other => {
            tracing::error!(error = %other, "the engine refused: {other}");
            busy(BusyReason::RequestRefused)
        }
    }
}

//! Causes become sentences for people; what is not their business goes to the log.

use hearth_app::model::ChatError;
use hearth_engine::request::SubmitError;
use uuid::Uuid;

use crate::store::StoreError;

const RETRY_AFTER_S: u32 = 5;

/// A refusal that passes by itself.
pub(crate) fn busy(message: impl Into<String>) -> ChatError {
    ChatError::Busy {
        message: message.into(),
        retry_after_s: RETRY_AFTER_S,
    }
}

/// Logs what the store said and answers with a number to find it by.
pub(crate) fn store_refused(error: &StoreError) -> ChatError {
    let request_id = Uuid::now_v7().to_string();
    tracing::error!(request.id = request_id, %error, "the store refused: {error}");
    if error.is_write_refused() {
        return busy("Nothing was saved: the server's disk is full or cannot be written.");
    }
    ChatError::Internal { request_id }
}

/// What the engine's refusal means for a person.
pub(super) fn engine_refused(error: SubmitError) -> ChatError {
    match error {
        SubmitError::PromptTooLong {
            prompt_tokens,
            context_window,
        } => ChatError::Invalid(format!(
            "The message is too long for the model: it has {prompt_tokens} tokens, \
             and at most {context_window} fit with the answer."
        )),
        SubmitError::QueueFull { capacity } => busy(format!(
            "The server is busy: {capacity} requests are already waiting."
        )),
        SubmitError::EngineStopped => busy("The model has stopped answering."),
        SubmitError::ModelNotLoaded(reason) => {
            busy(format!("The model could not be loaded: {reason}"))
        }
        other => {
            tracing::error!(error = %other, "the engine refused: {other}");
            busy("The model cannot take this request.")
        }
    }
}

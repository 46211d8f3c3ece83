//! What a server function answers when it cannot do what was asked.

use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

use super::{BusyReason, Refusal};

/// Errors as the page sees them, which puts them into words; causes stay in the server's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ChatError {
    #[error("please sign in")]
    Unauthorized,
    #[error("you may not do this")]
    Forbidden,
    /// Not there, or not yours: the same answer.
    #[error("there is no such thing")]
    NotFound,
    #[error("{0}")]
    Invalid(Refusal),
    /// Nothing was written; the composer keeps the text.
    #[error("{reason}")]
    Busy {
        reason: BusyReason,
        retry_after_s: u32,
    },
    /// The request number is in the server's log.
    #[error("the server could not do this (request {request_id})")]
    Internal { request_id: String },
    /// The call itself failed: no network, or an answer nobody understands.
    #[error("the server was not reached: {0}")]
    Unreachable(String),
}

impl FromServerFnError for ChatError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message)
            | ServerFnErrorErr::MissingArg(message)
            | ServerFnErrorErr::Deserialization(message) => Self::Invalid(message.into()),
            other => Self::Unreachable(other.to_string()),
        }
    }
}

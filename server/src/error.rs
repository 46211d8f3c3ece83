//! What the server answers when it cannot do what was asked.
//!
//! One table of status and code, three faces: `application/problem+json` for plain routes,
//! [`ChatError`] for server functions, OpenAI's error object for programs. The cause of a failure
//! stays in the log, written once, here.

mod refusal;

use std::fmt::Display;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hearth_app::model::{BusyReason, ChatError, Refusal};
use serde_json::json;

use crate::{
    openai::{RequestFault, error_body},
    request_id::RequestId,
    store::StoreError,
};
pub(crate) use refusal::RefusalKind;

/// A model that is being loaded is asked for again after that long.
const NOT_READY_RETRY_S: u32 = 5;

/// An answer, not a source: what the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    #[error("please sign in")]
    Unauthorized,
    #[error("you may not do this")]
    Forbidden,
    /// A request that another site made in the visitor's name.
    #[error("this request came from another site")]
    ForeignOrigin,
    /// Not there, or not yours: the same answer.
    #[error("there is no such thing")]
    NotFound,
    #[error("{0}")]
    Invalid(Refusal),
    /// A fault of a program's request.
    #[error("{0}")]
    Unacceptable(Box<RequestFault>),
    #[error("the request has more than {limit} bytes")]
    TooLarge { limit: usize },
    /// The request stood still, or came slower than any line that people use.
    #[error("the request came too slowly")]
    TooSlow,
    #[error("{reason}")]
    Busy {
        reason: BusyReason,
        retry_after_s: u32,
    },
    /// The server runs, the model does not answer yet.
    #[error("{message}")]
    NotReady { message: String },
    /// The cause stands in the log under this number.
    #[error("the server could not do this (request {request_id})")]
    Internal { request_id: String },
}

impl AppError {
    /// Logs the cause under the request's number; the client sees the number only.
    pub fn internal(cause: impl Display) -> Self {
        let request_id = RequestId::to_be_told();
        tracing::error!(told.id = request_id, error = %cause, "a request failed: {cause}");
        Self::Internal { request_id }
    }

    /// What a refusal of the store is told as: a disk that takes nothing passes by itself, and so
    /// does another program that uses the database.
    pub(crate) fn store(error: &StoreError) -> Self {
        let reason = if error.is_write_refused() {
            BusyReason::DiskFull
        } else if error.is_busy() {
            BusyReason::DatabaseBusy
        } else {
            return Self::internal(error);
        };
        tracing::error!(%error, "the store refused to write: {error}");
        Self::Busy {
            reason,
            retry_after_s: 5,
        }
    }

    /// HTTP status of the answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unacceptable(fault) => fault.status(),
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            // Nobody asked too often: the server cannot do it just now, whoever asks.
            Self::Busy {
                reason:
                    BusyReason::DiskFull
                    | BusyReason::NoRoom
                    | BusyReason::DatabaseBusy
                    | BusyReason::Closing
                    | BusyReason::EngineStopped
                    | BusyReason::ModelNotLoaded
                    | BusyReason::NotReady
                    | BusyReason::Overloaded,
                ..
            }
            | Self::NotReady { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::ForeignOrigin => "foreign_origin",
            Self::NotFound => "not_found",
            Self::Invalid(_) | Self::Unacceptable(_) => "invalid",
            Self::TooLarge { .. } => "too_large",
            Self::TooSlow => "too_slow",
            Self::Busy { .. } => "busy",
            Self::NotReady { .. } => "not_ready",
            Self::Internal { .. } => "internal",
        }
    }

    /// The answer of a server function: its error as JSON, as the page's client reads it.
    ///
    /// # Panics
    /// Never: errors have no maps with keys other than strings.
    pub fn into_server_function_response(self) -> Response {
        let face = ChatError::from(self.clone());
        let body = serde_json::to_vec(&face).expect("invariant: errors are plain data");
        self.response("application/json", body)
    }

    /// The answer to a program: OpenAI's error object.
    ///
    /// # Panics
    /// Never: errors have no maps with keys other than strings.
    pub fn into_openai_response(self) -> Response {
        let body = serde_json::to_vec(&error_body(&self));
        let body = body.expect("invariant: errors are plain data");
        let mut response = self.response("application/json", body);
        if matches!(self, Self::Unauthorized) {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Busy { retry_after_s, .. } => Some(*retry_after_s),
            Self::NotReady { .. } => Some(NOT_READY_RETRY_S),
            _ => None,
        }
    }

    fn response(&self, content_type: &'static str, body: Vec<u8>) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(refusal) = self.refusal() {
            response.extensions_mut().insert(refusal);
        }
        // Whoever reads pages is told in words: `http/told.rs`.
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<AppError> for ChatError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unauthorized => Self::Unauthorized,
            AppError::Forbidden | AppError::ForeignOrigin => Self::Forbidden,
            AppError::NotFound => Self::NotFound,
            AppError::Invalid(refusal) => Self::Invalid(refusal),
            AppError::Unacceptable(fault) => Self::Invalid(fault.message.into()),
            AppError::TooLarge { limit } => Self::Invalid(Refusal::RequestTooLong { limit }),
            AppError::TooSlow => Self::Invalid(Refusal::Incomplete),
            AppError::Busy {
                reason,
                retry_after_s,
            } => Self::Busy {
                reason,
                retry_after_s,
            },
            AppError::NotReady { .. } => Self::Busy {
                reason: BusyReason::NotReady,
                retry_after_s: NOT_READY_RETRY_S,
            },
            AppError::Internal { request_id } => Self::Internal { request_id },
        }
    }
}

impl From<ChatError> for AppError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Unauthorized => Self::Unauthorized,
            ChatError::Forbidden => Self::Forbidden,
            ChatError::NotFound => Self::NotFound,
            ChatError::Invalid(refusal) => Self::Invalid(refusal),
            ChatError::Unreachable(message) => Self::Invalid(message.into()),
            ChatError::Busy {
                reason,
                retry_after_s,
            } => Self::Busy {
                reason,
                retry_after_s,
            },
            ChatError::Internal { request_id } => Self::Internal { request_id },
        }
    }
}

impl From<RequestFault> for AppError {
    fn from(fault: RequestFault) -> Self {
        Self::Unacceptable(Box::new(fault))
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::store(&error.into())
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "code": self.code(),
            "detail": self.to_string(),
        });
        let body = problem.to_string().into_bytes();
        self.response("application/problem+json", body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_of_an_error_carry_the_same_status() {
        let busy = AppError::Busy {
            reason: BusyReason::Closing,
            retry_after_s: 7,
        };
        for error in [AppError::Unauthorized, AppError::NotFound, busy] {
            let problem = error.clone().into_response();
            let function = error.clone().into_server_function_response();
            assert_eq!(problem.status(), function.status());
            assert_eq!(
                problem.headers().get(header::RETRY_AFTER),
                function.headers().get(header::RETRY_AFTER)
            );
        }
    }

    #[test]
    fn what_the_server_cannot_do_for_anybody_is_503_on_every_face_and_asked_for_again() {
        let message = "Loading model".to_owned();
        let mut errors = vec![AppError::NotReady { message }];
        errors.extend(
            [
                BusyReason::DiskFull,
                BusyReason::NoRoom,
                BusyReason::DatabaseBusy,
                BusyReason::Closing,
                BusyReason::EngineStopped,
                BusyReason::ModelNotLoaded,
                BusyReason::NotReady,
                BusyReason::Overloaded,
            ]
            .map(|reason| AppError::Busy {
                reason,
                retry_after_s: 5,
            }),
        );
        for error in errors {
            // As it comes back from a server function.
            let called = AppError::from(ChatError::from(error.clone()));
            for response in [
                error.clone().into_response(),
                error.clone().into_openai_response(),
                called.into_server_function_response(),
            ] {
                let status = response.status();
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{error:?}");
                let again = response.headers().get(header::RETRY_AFTER);
                assert_eq!(again, Some(&HeaderValue::from_static("5")), "{error:?}");
            }
        }
    }

    #[test]
    fn who_asks_too_much_is_told_so() {
        for reason in [
            BusyReason::QueueFull { capacity: 1 },
            BusyReason::TooManyTurns { limit: 1 },
            BusyReason::TokensUsedUp { limit: 1 },
            BusyReason::TooManyAttempts { seconds: 1 },
            BusyReason::WorkersBusy,
        ] {
            let retry_after_s = 5;
            let error = AppError::Busy {
                reason,
                retry_after_s,
            };
            assert_eq!(error.status(), StatusCode::TOO_MANY_REQUESTS, "{error}");
        }
    }

    #[test]
    fn an_internal_error_shows_a_number_and_no_cause() {
        let error = AppError::internal("disk on fire");
        assert!(!error.to_string().contains("fire"));
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

//! The third face of [`AppError`]: `{"error": {…}}`, as clients of OpenAI read it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hearth_app::model::{BusyReason, Refusal};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::AppError;

/// Every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    pub(super) error: ErrorObject,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorObject {
    pub(super) message: String,
    /// Such as `invalid_request_error` or `rate_limit_error`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The field, if one is to blame.
    pub(super) param: Option<String>,
    /// A stable word, or the number 503.
    pub(super) code: Value,
}

/// An error on its way to a program.
#[derive(Debug)]
pub(super) struct Refused(pub(super) AppError);

impl<E: Into<AppError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.into_openai_response()
    }
}

const INVALID: &str = "invalid_request_error";

/// An error as a program reads it.
pub(crate) fn error_body(error: &AppError) -> ErrorBody {
    let (kind, code) = kind_and_code(error);
    let param = match error {
        AppError::Unacceptable(fault) => fault.param.clone(),
        _ => None,
    };
    ErrorBody {
        error: ErrorObject {
            message: message(error),
            kind,
            param,
            code,
        },
    }
}

fn kind_and_code(error: &AppError) -> (&'static str, Value) {
    match error {
        AppError::Unauthorized => (INVALID, json!("invalid_api_key")),
        AppError::Unacceptable(fault) => (INVALID, json!(fault.code())),
        AppError::Invalid(Refusal::PromptTooLong { .. }) => {
            (INVALID, json!("context_length_exceeded"))
        }
        AppError::Invalid(_) => (INVALID, Value::Null),
        AppError::Busy {
            reason: BusyReason::TokensUsedUp { .. },
            ..
        } => ("insufficient_quota", json!("insufficient_quota")),
        AppError::Busy { .. } if error.status() == StatusCode::TOO_MANY_REQUESTS => {
            ("rate_limit_error", json!("rate_limit_exceeded"))
        }
        AppError::Busy { .. } | AppError::NotReady { .. } => {
            ("unavailable_error", json!(error.status().as_u16()))
        }
        AppError::Internal { .. } => ("server_error", Value::Null),
        AppError::Forbidden
        | AppError::ForeignOrigin
        | AppError::NotFound
        | AppError::TooLarge { .. }
        | AppError::TooSlow => (INVALID, json!(error.code())),
    }
}

fn message(error: &AppError) -> String {
    match error {
        AppError::Unauthorized => "Incorrect or missing API key: make one on the page under \
             Settings > API keys and send it as 'Authorization: Bearer KEY'."
            .to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::request_fault::{FaultKind, RequestFault};

    fn check(error: &AppError, status: u16, expected: &Value) {
        assert_eq!(error.status().as_u16(), status);
        let body = serde_json::to_value(error_body(error)).unwrap();
        let mut object = body["error"].clone();
        object.as_object_mut().unwrap().remove("message");
        assert_eq!(object, *expected, "{error}");
    }

    #[test]
    fn every_kind_has_the_words_that_clients_know() {
        let busy = |reason| AppError::Busy {
            reason,
            retry_after_s: 5,
        };
        let kind = |kind: &str, code: Value| json!({"type": kind, "param": null, "code": code});
        check(
            &AppError::Unauthorized,
            401,
            &kind(INVALID, json!("invalid_api_key")),
        );
        let model = RequestFault::whole(FaultKind::NoSuchModel, "no");
        check(&model.into(), 404, &kind(INVALID, json!("model_not_found")));
        check(
            &RequestFault::range("n", &0, "≥ 1").into(),
            400,
            &json!({"type": INVALID, "param": "n", "code": null}),
        );
        check(
            &busy(BusyReason::QueueFull { capacity: 1 }),
            429,
            &kind("rate_limit_error", json!("rate_limit_exceeded")),
        );
        check(
            &busy(BusyReason::TokensUsedUp { limit: 1 }),
            429,
            &kind("insufficient_quota", json!("insufficient_quota")),
        );
        for reason in [BusyReason::DatabaseBusy, BusyReason::Overloaded] {
            check(&busy(reason), 503, &kind("unavailable_error", json!(503)));
        }
        let message = "Loading model".to_owned();
        check(
            &AppError::NotReady { message },
            503,
            &kind("unavailable_error", json!(503)),
        );
        check(
            &AppError::internal("fire"),
            500,
            &kind("server_error", Value::Null),
        );
    }
}

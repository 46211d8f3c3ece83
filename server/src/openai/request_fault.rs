//! What is wrong with a request of a program: said so that a person can mend it.

use std::fmt;

use axum::http::StatusCode;

/// A fault of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFault {
    pub kind: FaultKind,
    pub message: String,
    /// The field, such as `messages[0].role`.
    pub param: Option<String>,
}

/// Kinds that programs tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Cannot be read, or asks for what there is not.
    Invalid,
    /// Prompt and answer do not fit into the model's window.
    ContextLength,
    NoSuchModel,
    NoSuchAddress,
    /// The address is there, for another method.
    Method,
}

impl RequestFault {
    /// A field with a value that is not accepted.
    pub(crate) fn field(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: FaultKind::Invalid,
            message: message.into(),
            param: Some(param.into()),
        }
    }

    /// A number outside its range.
    pub(crate) fn range(param: &str, value: &impl fmt::Display, range: &str) -> Self {
        Self::field(param, format!("{param} is {value}, allowed is {range}"))
    }

    /// A fault of no field.
    pub(crate) fn whole(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            param: None,
        }
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self.kind {
            FaultKind::Invalid | FaultKind::ContextLength => StatusCode::BAD_REQUEST,
            FaultKind::NoSuchModel | FaultKind::NoSuchAddress => StatusCode::NOT_FOUND,
            FaultKind::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// Stable word for programs.
    pub(crate) const fn code(&self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Invalid => None,
            FaultKind::ContextLength => Some("context_length_exceeded"),
            FaultKind::NoSuchModel => Some("model_not_found"),
            FaultKind::NoSuchAddress => Some("unknown_url"),
            FaultKind::Method => Some("method_not_supported"),
        }
    }
}

impl fmt::Display for RequestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

//! Bodies of requests: one JSON object, whatever the content type says. Each fault names its field.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use hearth_app::model::Refusal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    ApiServer,
    error_object::Refused,
    request_fault::{FaultKind, RequestFault},
};
use crate::{
    error::AppError,
    http::body,
    slow_work::{Asker, Kind, MAX_QUICK_BYTES, SlowWork},
};

/// Longest body (8 MiB): a window of 128k tokens, every character escaped.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The object of a body, not looked into yet.
#[derive(Debug)]
pub(super) struct JsonBody {
    value: Arc<Value>,
    /// Where a long one is looked into, and in whose turn.
    beside: Option<(SlowWork, Asker)>,
}

impl JsonBody {
    /// Reads the fields that `T` knows; others are ignored.
    pub(super) async fn read<T>(&self) -> Result<T, AppError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let value = Arc::clone(&self.value);
        let read = move || fields_of(&value);
        let fields = match &self.beside {
            Some((slow_work, asker)) => slow_work.run(Kind::Text, *asker, read).await?,
            None => read(),
        };
        Ok(fields?)
    }
}

fn fields_of<T: DeserializeOwned>(object: &Value) -> Result<T, RequestFault> {
    serde_path_to_error::deserialize(object).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        // Of a field that is missing, the path is that of what lacks it.
        if path == "." {
            RequestFault::whole(FaultKind::Invalid, message)
        } else {
            RequestFault::field(path.as_str(), format!("{path}: {message}"))
        }
    })
}

fn parse(bytes: &[u8]) -> Result<Value, RequestFault> {
    let parsed = serde_json::from_slice::<Value>(bytes);
    let not_json = |error| format!("the body is not JSON: {error}");
    let parsed =
        parsed.map_err(|error| RequestFault::whole(FaultKind::Invalid, not_json(error)))?;
    match parsed {
        Value::Object(fields) => Ok(Value::Object(without_nulls(fields))),
        _ => Err(RequestFault::whole(
            FaultKind::Invalid,
            "the body must be a JSON object",
        )),
    }
}

/// A field that is null is not there.
fn without_nulls(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|_, value| !value.is_null());
    fields
}

impl FromRequest<ApiServer> for JsonBody {
    type Rejection = Refused;

    async fn from_request(request: Request, server: &ApiServer) -> Result<Self, Refused> {
        let asker = request.extensions().get::<Asker>().copied();
        let body = body::collect(request.into_body(), MAX_BODY_BYTES, 2 * MAX_BODY_BYTES).await;
        let bytes = body.map_err(not_received)?;
        let beside = (bytes.len() > MAX_QUICK_BYTES).then(|| {
            let asker = asker.unwrap_or(Asker::Stranger);
            (server.slow_work.clone(), asker)
        });
        let value = match &beside {
            Some((slow_work, asker)) => {
                let parse = move || parse(&bytes);
                slow_work.run(Kind::Text, *asker, parse).await?
            }
            None => parse(&bytes),
        };
        Ok(Self {
            value: Arc::new(value?),
            beside,
        })
    }
}

/// Programs are told in their own words.
fn not_received(error: AppError) -> AppError {
    match error {
        AppError::Invalid(Refusal::Incomplete) => {
            let message = "the request ended before its body did";
            RequestFault::whole(FaultKind::Invalid, message).into()
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        number: u32,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        role: String,
    }

    fn fault(body: &str) -> RequestFault {
        let parsed = parse(body.as_bytes());
        let read = |body| fields_of::<Outer>(&body);
        parsed.and_then(read).unwrap_err()
    }

    #[test]
    fn a_fault_names_its_field() {
        let param = |body: &str| fault(body).param;
        assert_eq!(param(r#"{"number": -1}"#).as_deref(), Some("number"));
        assert_eq!(param(r#"{"number": "1"}"#).as_deref(), Some("number"));
        let inner = r#"{"number": 1, "list": [{"role": "a"}, {"role": 2}]}"#;
        assert_eq!(param(inner).as_deref(), Some("list[1].role"));
        assert_eq!(param("{}"), None);
        assert!(fault("{}").message.contains("number"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            "[]",
            "\"text\"",
            "1",
            "null",
            "{",
            "{\"number\": 1e999}",
        ] {
            assert_eq!(fault(body).kind, FaultKind::Invalid, "{body}");
        }
    }
}

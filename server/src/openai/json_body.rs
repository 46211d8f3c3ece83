//! Bodies of requests: one JSON object, whatever the content type says. Each fault names its field.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    error_object::Refused,
    request_fault::{FaultKind, RequestFault},
};
use crate::error::AppError;

/// Longest body (8 MiB): a window of 128k tokens, every character escaped.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The object of a body, not looked into yet.
#[derive(Debug)]
pub(super) struct JsonBody(Value);

impl JsonBody {
    /// Reads the fields that `T` knows; others are ignored.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, RequestFault> {
        serde_path_to_error::deserialize(&self.0).map_err(|error| {
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

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RequestFault> {
        let parsed = serde_json::from_slice::<Value>(bytes);
        let not_json = |error| format!("the body is not JSON: {error}");
        let parsed =
            parsed.map_err(|error| RequestFault::whole(FaultKind::Invalid, not_json(error)))?;
        match parsed {
            Value::Object(fields) => Ok(Self(Value::Object(without_nulls(fields)))),
            _ => Err(RequestFault::whole(
                FaultKind::Invalid,
                "the body must be a JSON object",
            )),
        }
    }
}

/// A field that is null is not there.
fn without_nulls(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|_, value| !value.is_null());
    fields
}

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        Ok(Self::parse(&collect(request.into_body()).await?)?)
    }
}

/// A client reads a refusal only after it has sent its body: twice the limit is thrown away.
async fn collect(body: Body) -> Result<Vec<u8>, AppError> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut received) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            let message = "the request ended before its body did";
            RequestFault::whole(FaultKind::Invalid, message)
        })?;
        received += chunk.len();
        if received <= MAX_BODY_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if received > 2 * MAX_BODY_BYTES {
            break;
        }
    }
    if received > MAX_BODY_BYTES {
        let limit = MAX_BODY_BYTES;
        return Err(AppError::TooLarge { limit });
    }
    Ok(bytes)
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
        let parsed = JsonBody::parse(body.as_bytes());
        parsed.and_then(|body| body.read::<Outer>()).unwrap_err()
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

//! Bodies of requests: one JSON object, whatever the content type says. Each fault names its field.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{FromRequest, Request},
};
use hearth_app::model::Refusal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{
    ApiServer,
    error_object::Refused,
    request_fault::{FaultKind, RequestFault},
};
use crate::{
    error::AppError,
    http::body,
    slow_work::{Asker, Kind, MAX_QUICK_BYTES, Place, SlowWork, run_in},
};

/// Longest body (8 MiB): a window of 128k tokens, every character escaped.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// A client reads a refusal only after it has sent its body: that much of it is thrown away.
const MAX_DISCARDED_BYTES: usize = 2 * MAX_BODY_BYTES;
/// A long body holds its place while it comes, for so long at most: the longest takes less on a
/// line of 200 megabits a second.
const QUICK_ARRIVAL: Duration = Duration::from_millis(500);

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
        let asker = asker.unwrap_or(Asker::Stranger);
        let body = request.into_body();
        // A body that does not say how long it is may be long.
        let is_short = body
            .size_hint()
            .upper()
            .is_some_and(|most| most <= MAX_QUICK_BYTES as u64);
        if is_short {
            let value = parse(&received(body).await?)?;
            return Ok(Self {
                value: Arc::new(value),
                beside: None,
            });
        }
        let (bytes, place) = received_in_place(body, &server.slow_work, asker).await?;
        let is_long = bytes.len() > MAX_QUICK_BYTES;
        let value = run_in(place, move || parse(&bytes)).await?;
        Ok(Self {
            value: Arc::new(value?),
            beside: is_long.then(|| (server.slow_work.clone(), asker)),
        })
    }
}

async fn received(body: Body) -> Result<Bytes, AppError> {
    let received = body::collect(body, MAX_BODY_BYTES, MAX_DISCARDED_BYTES).await;
    received.map_err(not_received)
}

/// A long body and the place in which it is parsed. The place comes first: what waits for one is
/// not in memory. A client that is slow to send gives it back meanwhile: it holds up nobody.
async fn received_in_place(
    body: Body,
    slow_work: &SlowWork,
    asker: Asker,
) -> Result<(Bytes, Place), AppError> {
    let place = match slow_work.place(Kind::Text, asker).await {
        Ok(place) => place,
        Err(busy) => {
            // Nothing of it is kept.
            let _thrown_away = body::collect(body, 0, MAX_DISCARDED_BYTES).await;
            return Err(busy.into());
        }
    };
    let mut receiving = pin!(received(body));
    if let Ok(bytes) = timeout(QUICK_ARRIVAL, receiving.as_mut()).await {
        return Ok((bytes?, place));
    }
    drop(place);
    let bytes = receiving.await?;
    Ok((bytes, slow_work.place(Kind::Text, asker).await?))
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
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
        task::Poll,
    };

    use futures::{StreamExt as _, stream};
    use serde::Deserialize;
    use tokio::time::sleep;

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

    /// Two pieces, each after a pause; counts how many were asked for.
    fn body(pause: Duration, num_asked: &Arc<AtomicUsize>) -> Body {
        let num_asked = Arc::clone(num_asked);
        Body::from_stream(stream::iter(0..2).then(move |_| {
            num_asked.fetch_add(1, Ordering::Relaxed);
            async move {
                sleep(pause).await;
                Ok::<_, Infallible>(Bytes::from(vec![b' '; MAX_QUICK_BYTES]))
            }
        }))
    }

    fn num_running(slow_work: &SlowWork) -> u64 {
        slow_work.load().map(|(_, load)| load.running).sum()
    }

    #[tokio::test]
    async fn a_long_body_is_not_read_before_there_is_a_place_for_it() {
        let slow_work = SlowWork::default();
        let mut held = Vec::new();
        loop {
            let next = Box::pin(slow_work.place(Kind::Text, Asker::Stranger));
            match futures::poll!(next) {
                Poll::Ready(place) => held.push(place.unwrap()),
                Poll::Pending => break,
            }
        }
        let num_asked = Arc::default();
        let body = body(Duration::ZERO, &num_asked);
        let mut received = Box::pin(received_in_place(body, &slow_work, Asker::Stranger));
        assert!(futures::poll!(&mut received).is_pending());
        assert_eq!(num_asked.load(Ordering::Relaxed), 0);
        drop(held);
        let (bytes, _place) = received.await.unwrap();
        assert_eq!(bytes.len(), 2 * MAX_QUICK_BYTES);
    }

    #[tokio::test]
    async fn a_client_that_is_slow_to_send_holds_no_place_meanwhile() {
        let slow_work = SlowWork::default();
        let body = body(2 * QUICK_ARRIVAL, &Arc::default());
        let mut received = Box::pin(received_in_place(body, &slow_work, Asker::Stranger));
        assert!(futures::poll!(&mut received).is_pending());
        assert_eq!(num_running(&slow_work), 1);
        assert!(timeout(2 * QUICK_ARRIVAL, &mut received).await.is_err());
        assert_eq!(num_running(&slow_work), 0);
        let received = received.await.unwrap();
        assert_eq!(num_running(&slow_work), 1);
        drop(received);
    }
}

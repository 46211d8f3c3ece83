//! No request is longer than a message may be, with room for its envelope.

use axum::{body::Body, extract::Request, middleware::Next, response::Response};

use super::{body, visitor::answer_for};

/// Longest request body (1 MiB).
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A client reads the refusal only after it has sent its body: that much of it is thrown away.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// Reads the body, or refuses it with a sentence.
pub(super) async fn enforce(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match body::collect(body, MAX_BODY_BYTES, MAX_DISCARDED_BYTES).await {
        Ok(bytes) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            next.run(request).await
        }
        Err(error) => answer_for(parts.uri.path(), error),
    }
}

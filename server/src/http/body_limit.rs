//! No request is longer than a message may be, with room for its envelope.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::StreamExt;
use hearth_app::model::Refusal;

use super::visitor::answer_for;
use crate::error::AppError;

/// Longest request body (1 MiB).
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A client reads the refusal only after it has sent its body: that much of it is thrown away.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// Reads the body, or refuses it with a sentence.
pub(super) async fn enforce(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(body).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(error) => answer_for(parts.uri.path(), error),
    }
}

async fn read(body: Body) -> Result<Bytes, AppError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| AppError::Invalid(Refusal::Incomplete))?;
        received += chunk.len();
        if received <= MAX_BODY_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if received > MAX_DISCARDED_BYTES {
            break;
        }
    }
    if received > MAX_BODY_BYTES {
        return Err(AppError::TooLarge {
            limit: MAX_BODY_BYTES,
        });
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_of_one_byte_too_many_is_refused_and_one_of_the_limit_is_not() {
        let body = |len| Body::from(vec![b'a'; len]);
        assert_eq!(
            read(body(MAX_BODY_BYTES)).await.unwrap().len(),
            MAX_BODY_BYTES
        );
        let refused = read(body(MAX_BODY_BYTES + 1)).await;
        assert_eq!(
            refused,
            Err(AppError::TooLarge {
                limit: MAX_BODY_BYTES
            })
        );
    }
}

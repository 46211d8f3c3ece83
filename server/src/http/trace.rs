//! One span and one line per request. Never the query: it may hold the set-up token.

use std::time::Instant;

use axum::{extract::Request, middleware::Next, response::Response};
use tracing::Instrument;

/// Logs a request when its answer begins.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("http.request", http.method = %method, http.path = path);
    async move {
        let start = Instant::now();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let duration_ms = start.elapsed().as_millis();
        tracing::debug!(
            http.status = status,
            duration_ms,
            "answered {method} {path} with {status}"
        );
        response
    }
    .instrument(span)
    .await
}

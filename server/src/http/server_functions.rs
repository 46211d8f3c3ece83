//! Server functions: `/api/<name>`. Their errors get the status their kind deserves.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any, on},
};
use hearth_app::model::{BusyReason, ChatError};
use leptos::server_fn::{axum::server_fn_paths, error::SERVER_FN_ERROR_HEADER};
use tracing::Instrument as _;

use super::{Services, pages};
use crate::{
    chat::busy,
    error::{AppError, RefusalKind},
    request_id,
};

/// Longest serialised error; a sentence and its envelope.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// One route per registered function, and 404 for every other name.
pub(super) fn router(services: &Services) -> Router {
    let context = pages::context(services);
    let mut router = Router::new();
    for (path, method) in server_fn_paths() {
        let context = context.clone();
        let handler = move |request: Request| {
            to_its_end(async move {
                let called = leptos_axum::handle_server_fns_with_context(context, request).await;
                with_status(called.into_response()).await
            })
        };
        router = router.route(path, on(filter(&method), handler));
    }
    router
        .route("/api/{*name}", any(unknown))
        .layer(from_fn(never_cache))
}

fn filter(method: &Method) -> MethodFilter {
    MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::POST)
}

async fn unknown() -> Response {
    AppError::NotFound.into_server_function_response()
}

/// Goes on with a call when its client leaves: what it has begun to change is changed whole, and an
/// answer that stands in the database has a task that makes it.
async fn to_its_end(call: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(request_id::carried(call.in_current_span())).await {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            // As if it had panicked here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => AppError::from(busy(BusyReason::Closing)).into_server_function_response(),
        },
    }
}

/// Leptos answers every error with 500; its kind says what it should be.
async fn with_status(response: Response) -> Response {
    let failed = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if !failed {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_ERROR_BYTES).await;
    let error = bytes
        .map_err(|error| error.to_string())
        .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
        .map_or_else(AppError::internal, |error: ChatError| AppError::from(error));
    let answer = error.into_server_function_response();
    parts.status = answer.status();
    for (name, value) in answer.headers() {
        parts.headers.insert(name, value.clone());
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(refusal) = answer.extensions().get::<RefusalKind>() {
        parts.extensions.insert(*refusal);
    }
    Response::from_parts(parts, answer.into_body())
}

/// Answers are somebody's own; one that grows must reach the browser as it grows.
async fn never_cache(request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use hearth_app::model::Refusal;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_a_client_asked_for_is_done_though_it_leaves() {
        let (begun, has_begun) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let call = tokio::spawn(to_its_end(async move {
            begun.send(()).unwrap();
            may_go_on.await.unwrap();
            done.send(()).unwrap();
            Response::default()
        }));
        has_begun.await.unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        is_done.await.unwrap();
    }

    async fn check(error: ChatError, status: StatusCode, retry_after: Option<&str>) {
        let body = serde_json::to_vec(&error).unwrap();
        let response = Response::builder()
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .header(SERVER_FN_ERROR_HEADER, "/api/f")
            .body(Body::from(body.clone()))
            .unwrap();
        let mapped = with_status(response).await;
        assert_eq!(mapped.status(), status);
        let told = mapped.headers().get(header::RETRY_AFTER);
        assert_eq!(told.map(|value| value.to_str().unwrap()), retry_after);
        assert!(mapped.headers().contains_key(SERVER_FN_ERROR_HEADER));
        let sent = axum::body::to_bytes(mapped.into_body(), MAX_ERROR_BYTES).await;
        assert_eq!(sent.unwrap(), body);
    }

    #[tokio::test]
    async fn the_kind_of_an_error_is_its_status_and_its_body_stays() {
        check(ChatError::Unauthorized, StatusCode::UNAUTHORIZED, None).await;
        check(ChatError::Forbidden, StatusCode::FORBIDDEN, None).await;
        check(ChatError::NotFound, StatusCode::NOT_FOUND, None).await;
        check(
            ChatError::Invalid(Refusal::TitleEmpty),
            StatusCode::BAD_REQUEST,
            None,
        )
        .await;
        let busy = ChatError::Busy {
            reason: BusyReason::QueueFull { capacity: 32 },
            retry_after_s: 9,
        };
        check(busy, StatusCode::TOO_MANY_REQUESTS, Some("9")).await;
        let internal = ChatError::Internal {
            request_id: "7".into(),
        };
        check(internal, StatusCode::INTERNAL_SERVER_ERROR, None).await;
    }
}

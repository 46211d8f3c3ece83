//! A browser that goes somewhere gets a page, also when something is wrong: a sentence in its
//! language. Programs get a problem as JSON.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use hearth_app::{SubPath, error_page, model::Preferences};
use leptos::config::LeptosOptions;

use super::downloads::wants_page;
use crate::error::AppError;

/// Puts errors into words for those who read pages.
pub(super) async fn in_words(
    State((options, sub_path)): State<(LeptosOptions, SubPath)>,
    request: Request,
    next: Next,
) -> Response {
    let preferences = request.extensions().get::<Preferences>().copied();
    let preferences = preferences.filter(|_| wants_page(request.headers()));
    let response = next.run(request).await;
    let error = response.extensions().get::<AppError>().cloned();
    let (Some(preferences), Some(error)) = (preferences, error) else {
        return response;
    };
    let html = error_page(&options, sub_path, preferences, error.into());
    let (mut parts, _) = response.into_parts();
    let content_type = HeaderValue::from_static("text/html; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(html))
}

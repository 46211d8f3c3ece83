//! A message refused without script: the page that says why gives its text back. With script the
//! composer keeps it; a redirect with the error in its address would lose it.

use axum::{
    body::{Body, Bytes},
    extract::{Form, FromRequest as _, Query, Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hearth_app::{
    RefusedMessage, SubPath, address_error,
    model::{ChatError, Preferences},
    refused_message,
};
use leptos::config::LeptosOptions;
use serde::Deserialize;

use super::body_limit::MAX_BODY_BYTES;
use crate::error::AppError;

/// The server functions behind the composer and the box of a question that is edited.
const SENDING: [&str; 2] = ["/api/send_message", "/api/edit_question"];

/// What Leptos writes into the address a refused form leads to.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__err")]
    error: String,
}

/// Lets everything pass but form posts of messages that were refused.
pub(super) async fn give_back(
    State(place): State<(LeptosOptions, SubPath)>,
    request: Request,
    next: Next,
) -> Response {
    if !SENDING.contains(&request.uri().path()) || !is_form_post(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let preferences = parts.extensions.get::<Preferences>().copied();
    // Leptos tells errors in the address it came from, and nothing where it does not know that.
    parts
        .headers
        .entry(header::REFERER)
        .or_insert(HeaderValue::from_static("http://localhost/"));
    let bytes = match axum::body::to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => bytes,
        Err(error) => return AppError::internal(error).into_response(),
    };
    let copy = Request::from_parts(parts, Body::from(bytes.clone()));
    let response = next.run(copy).await;
    match refusal(&response) {
        Some(error) => {
            let message = read(bytes).await;
            page(&place, preferences.unwrap_or_default(), message, error)
        }
        None => response,
    }
}

/// Browsers ask for a page, the script for data.
fn is_form_post(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    accepted.is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

fn refusal(response: &Response) -> Option<ChatError> {
    let address = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let address: Uri = address.parse().ok()?;
    let Query(refusal) = Query::<Refusal>::try_from_uri(&address).ok()?;
    Some(address_error(&refusal.error))
}

/// The form's fields; what cannot be read as a form has none.
async fn read(bytes: Bytes) -> RefusedMessage {
    let mut request = Request::post(SENDING[0])
        .body(Body::from(bytes))
        .unwrap_or_default();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, form);
    let read = Form::from_request(request, &()).await;
    read.map(|Form(message)| message).unwrap_or_default()
}

fn page(
    (options, sub_path): &(LeptosOptions, SubPath),
    preferences: Preferences,
    message: RefusedMessage,
    error: ChatError,
) -> Response {
    let status = AppError::from(error.clone()).status();
    let html = refused_message(options, *sub_path, preferences, message, error);
    let content_type = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, content_type, html).into_response()
}

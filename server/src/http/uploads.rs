//! Files that come in: read here, kept until somebody has seen what they would change.
//!
//! A file is sent once and stays on the server between its preview and its import: it can be
//! larger than a request may be elsewhere, and a page without script cannot send it again.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Extension, FromRequest as _, Multipart, Request, State},
    http::Method,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use hearth_app::model::{Refusal, UploadId, UserId};

use super::{
    Audience, RouteName, Services,
    body::Pace,
    downloads::{ask_to_sign_in, tell},
};
use crate::{accounts::Visitor, error::AppError, import::MAX_DOCUMENT_BYTES};

const IMPORT: &str = "/import";
const PAGE: &str = "/settings/import";
/// Name of the file's field in the form.
const FIELD: &str = "file";
/// Largest file: one conversation of the largest size fits, or an archive of thousands.
const MAX_FILE_BYTES: usize = MAX_DOCUMENT_BYTES;
/// A browser reads a refusal only after it has sent everything: that much is thrown away.
const MAX_DISCARDED_BYTES: usize = 4 * MAX_FILE_BYTES;
/// Longest name kept, in characters.
const MAX_NAME_CHARS: usize = 200;

/// Names of these routes.
pub(super) fn routes() -> [RouteName; 1] {
    [RouteName {
        method: Method::POST,
        path: IMPORT.to_owned(),
        audience: Audience::SignedIn,
    }]
}

/// The route; it has a limit of its own, and who visits has to be known.
pub(super) fn router(services: &Services) -> Router {
    Router::new()
        .route(IMPORT, post(keep))
        .layer(DefaultBodyLimit::disable())
        .with_state(services.clone())
}

async fn keep(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    // Before a byte of the body is read.
    let Some(user) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    match receive(&services, user.id, request).await {
        Ok(id) => Redirect::to(&format!("{PAGE}?upload={id}")).into_response(),
        Err(error) => tell(IMPORT, PAGE, &headers, error),
    }
}

async fn receive(
    services: &Services,
    user: UserId,
    request: Request,
) -> Result<UploadId, AppError> {
    let _place = services.exports.begin_upload(user).await?;
    // What stands before the file is a few bytes.
    let mut pace = Pace::start();
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| AppError::Invalid(error.body_text().into()))?;
    let invalid = |_| AppError::Invalid(Refusal::Incomplete);
    while let Some(mut field) = pace.wait(form.next_field()).await?.map_err(invalid)? {
        if field.name() != Some(FIELD) {
            continue;
        }
        let name = field.file_name().unwrap_or_default();
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        let (mut content, mut received) = (Vec::new(), 0);
        while let Some(chunk) = pace.wait(field.chunk()).await?.map_err(invalid)? {
            received = pace.add(chunk.len());
            if received <= MAX_FILE_BYTES {
                content.extend_from_slice(&chunk);
            } else if received > MAX_DISCARDED_BYTES {
                break;
            }
        }
        if received > MAX_FILE_BYTES {
            return Err(AppError::Invalid(Refusal::FileTooLarge {
                limit: MAX_FILE_BYTES,
            }));
        }
        if content.is_empty() {
            break;
        }
        return Ok(services.exports.keep_upload(user, &name, &content).await?);
    }
    Err(AppError::Invalid(Refusal::NoFile))
}

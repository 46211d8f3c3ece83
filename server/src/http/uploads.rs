//! Files that come in: written down as they come, kept until somebody has seen what they would
//! change.
//!
//! A file is sent once and stays on the server between its preview and its import: it can be
//! larger than a request may be elsewhere, and a page without script cannot send it again.

use axum::{
    Router,
    extract::{
        DefaultBodyLimit, Extension, FromRequest as _, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use hearth_app::model::{Refusal, UploadId, UserId};

use super::{
    Audience, RouteName, Services,
    body::Pace,
    downloads::{ask_to_sign_in, tell},
};
use crate::{
    accounts::Visitor,
    error::AppError,
    import::MAX_ARCHIVE_BYTES,
    uploads::{Incoming, Uploads},
};

const IMPORT: &str = "/import";
const PAGE: &str = "/settings/import";
/// Name of the file's field in the form.
const FIELD: &str = "file";
/// A browser reads a refusal only after it has sent everything. So much is read of a request, be it
/// thrown away; one that says that it is longer is refused at once.
const MAX_READ_BYTES: u64 = MAX_ARCHIVE_BYTES + (1 << 30);
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
    let announced = announced(request.headers());
    if announced > MAX_READ_BYTES {
        let limit = MAX_ARCHIVE_BYTES;
        return Err(AppError::Invalid(Refusal::FileTooLarge { limit }));
    }
    let uploads = services.exports.uploads();
    // What stands before the file is a few bytes.
    let mut pace = Pace::start();
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| AppError::Invalid(error.body_text().into()))?;
    while let Some(mut field) = pace.wait(form.next_field()).await?.map_err(broken_off)? {
        if field.name() != Some(FIELD) {
            continue;
        }
        let name = field.file_name().unwrap_or_default();
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        let file = write_down(uploads, announced, &mut field, &mut pace).await?;
        if file.num_bytes() == 0 {
            break;
        }
        return Ok(uploads.keep(user, &name, file).await?);
    }
    Err(AppError::Invalid(Refusal::NoFile))
}

/// How long a request says it is; 0 if it does not.
pub(super) fn announced(headers: &HeaderMap) -> u64 {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or_default()
}

/// The file of a field. If it cannot be kept, the rest is read all the same, and then it is told.
async fn write_down(
    uploads: &Uploads,
    announced: u64,
    field: &mut Field<'_>,
    pace: &mut Pace,
) -> Result<Incoming, AppError> {
    let mut incoming = uploads.begin(announced).await;
    while let Some(chunk) = pace.wait(field.chunk()).await?.map_err(broken_off)? {
        if pace.add(chunk.len()) as u64 > MAX_READ_BYTES {
            break;
        }
        let written = match &mut incoming {
            Ok(file) => file.write(&chunk).await,
            Err(_) => Ok(()),
        };
        if let Err(error) = written {
            // What there is of it goes now.
            incoming = Err(error);
        }
    }
    Ok(incoming?)
}

pub(super) fn broken_off(_: MultipartError) -> AppError {
    AppError::Invalid(Refusal::Incomplete)
}

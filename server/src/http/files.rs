//! Files that go with messages: taken in, shown as text, and given away. Nothing of a foreign file
//! is drawn here but its text: the file itself is only ever saved.

use std::{io, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, Extension, FromRequest as _, Multipart, Path, Request, State,
        multipart::Field,
    },
    http::{HeaderMap, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use futures::{Stream, stream};
use hearth_app::{
    PREVIEW_CHARS, error_sentence, file_page,
    model::{AttachedFile, FileId, MAX_FILE_BYTES, Preferences, Refusal, UserId},
    new_file, refused_file,
};

use super::{
    Audience, RouteName, Services,
    body::Pace,
    downloads::{ask_to_sign_in, attachment, wants_page},
    uploads::{announced, broken_off},
};
use crate::{
    accounts::Visitor,
    error::AppError,
    files::{AddError, FileServer, clean_name},
    slow_work::Place,
    uploads::Incoming,
};

const FILES: &str = "/files";
const FILE: &str = "/files/{file}";
const ORIGINAL: &str = "/files/{file}/original";
const REMOVE: &str = "/files/{file}/remove";
/// Name of the file's field in the form.
const FIELD: &str = "file";
/// The largest file, and what a form has around it. So much is read of a request; one that says
/// that it is longer is refused at once.
const MAX_READ_BYTES: u64 = MAX_FILE_BYTES + (64 << 10);

/// Names of these routes.
pub(super) fn routes() -> [RouteName; 4] {
    [
        (Method::POST, FILES),
        (Method::GET, FILE),
        (Method::GET, ORIGINAL),
        (Method::POST, REMOVE),
    ]
    .map(|(method, path)| RouteName {
        method,
        path: path.to_owned(),
        audience: Audience::SignedIn,
    })
}

/// The routes without the one that takes files; who visits has to be known.
pub(super) fn router(services: &Services) -> Router {
    Router::new()
        .route(FILE, get(show))
        .route(ORIGINAL, get(original))
        .route(REMOVE, post(remove))
        .with_state(services.clone())
}

/// The route that takes files; it has a limit of its own.
pub(super) fn upload_router(services: &Services) -> Router {
    Router::new()
        .route(FILES, post(add))
        .layer(DefaultBodyLimit::disable())
        .with_state(services.clone())
}

/// The page gets a chip, also of a file that was not taken; programs get JSON.
async fn add(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(preferences): Extension<Preferences>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    // Before a byte of the body is read.
    let Some(user) = visitor.user else {
        return AppError::Unauthorized.into_response();
    };
    let mut name = String::new();
    let added = receive(&services, user.id, request, &mut name).await;
    if !wants_page(&headers) {
        return match added {
            Ok(file) => Json(file).into_response(),
            Err(error) => AppError::from(error).into_response(),
        };
    }
    match added {
        Ok(file) => Html(new_file(services.sub_path, preferences, &file)).into_response(),
        Err(error) => refuse(preferences, &name, error),
    }
}

/// A chip that says why not, with the status of the error.
fn refuse(preferences: Preferences, name: &str, error: AddError) -> Response {
    let reason = match &error {
        AddError::Unread(reason) => Some(reason.sentence(preferences.language)),
        AddError::Other(_) => None,
    };
    let error = AppError::from(error);
    let status = error.status();
    let reason = reason.unwrap_or_else(|| error_sentence(preferences, error.into()));
    (status, Html(refused_file(preferences, name, reason))).into_response()
}

/// A browser reads a refusal only after it has sent everything: who has no place is told so in the
/// chip of the file, which has a name by then.
async fn receive(
    services: &Services,
    user: UserId,
    request: Request,
    name: &mut String,
) -> Result<AttachedFile, AddError> {
    let announced = announced(request.headers());
    if announced > MAX_READ_BYTES {
        let limit = MAX_FILE_BYTES;
        return Err(AppError::Invalid(Refusal::FileTooLarge { limit }).into());
    }
    let place = services.files.begin(user).await;
    let mut pace = Pace::start();
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| AppError::Invalid(error.body_text().into()))?;
    loop {
        let field = pace.wait(form.next_field()).await?;
        let Some(mut field) = field.map_err(broken_off)? else {
            return Err(AppError::Invalid(Refusal::NoFile).into());
        };
        if field.name() != Some(FIELD) {
            continue;
        }
        *name = clean_name(field.file_name().unwrap_or_default());
        let incoming = match place.as_ref().err().cloned() {
            None => services.files.take(announced).await,
            Some(error) => Err(error),
        };
        let incoming = write_down(incoming, &mut field, &mut pace).await?;
        return services.files.add(user, name, incoming).await;
    }
}

/// The file of a field. Of one that cannot be taken the rest is read all the same, as far as one
/// that could be taken would reach.
async fn write_down(
    mut incoming: Result<Incoming, AppError>,
    field: &mut Field<'_>,
    pace: &mut Pace,
) -> Result<Incoming, AppError> {
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
            incoming = Err(error.into());
        }
    }
    incoming
}

/// A document with what was read of a file.
async fn show(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(preferences): Extension<Preferences>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(user) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    match read(&services.files, user.id, &id).await {
        Ok((file, text)) => {
            let options = services.assets.leptos_options();
            let page = file_page(&options, services.sub_path, preferences, (&file, text));
            ([(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn read(
    files: &FileServer,
    user: UserId,
    id: &str,
) -> Result<(AttachedFile, String), AppError> {
    let file = files.file(user, parsed(id)?).await?;
    let text = files.text(user, file.id, PREVIEW_CHARS).await?;
    Ok((file, text))
}

/// What is no id is not there.
fn parsed(id: &str) -> Result<FileId, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

/// The file itself, to be saved: whatever it is, it is never shown in our name.
async fn original(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(user) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    match give_away(&services, user.id, &id).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn give_away(services: &Services, user: UserId, id: &str) -> Result<Response, AppError> {
    let file = services.files.file(user, parsed(id)?).await?;
    if !file.is_whole {
        return Err(AppError::NotFound);
    }
    let place = services.files.begin_download(user).await?;
    let download = Download {
        files: Arc::clone(&services.files),
        user,
        id: file.id,
        _place: place,
        next: 0,
    };
    let headers = attachment(&file.name, "application/octet-stream");
    let size = [(header::CONTENT_LENGTH, file.size)];
    Ok((headers, size, Body::from_stream(download.pieces())).into_response())
}

/// A file on its way out.
struct Download {
    files: Arc<FileServer>,
    user: UserId,
    id: FileId,
    /// Given back with the last piece, or when the reader leaves.
    _place: Place,
    next: u32,
}

impl Download {
    fn pieces(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::try_unfold(self, |mut it| async move {
            let piece = it.files.piece(it.user, it.id, it.next).await?;
            it.next += 1;
            Ok(piece.map(|piece| (Bytes::from(piece), it)))
        })
    }
}

async fn remove(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Response {
    let Some(user) = visitor.user else {
        return AppError::Unauthorized.into_response();
    };
    let removed = match parsed(&id) {
        Ok(id) => services.files.remove(user.id, id).await,
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.into_response(),
    }
}

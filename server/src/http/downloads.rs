//! Files that leave: exports that are kept, and archives of everything, or of a folder, as they are
//! made.

use std::io;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Extension, Form, Path, State, rejection::FormRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use futures::{Stream, stream};
use hearth_app::model::{ChatError, ExportId, FolderId, Preferences, User};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{Audience, RouteName, Services, body::Pace};
use crate::{
    accounts::Visitor,
    error::AppError,
    export::{content_disposition, content_type},
    slow_work::Place,
};

const EXPORT: &str = "/exports/{export}";
const ARCHIVE: &str = "/exports/all";
/// Of a kept file, that much is given away at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Names of these routes.
pub(super) fn routes() -> [RouteName; 2] {
    [(Method::GET, EXPORT), (Method::POST, ARCHIVE)].map(|(method, path)| RouteName {
        method,
        path: path.to_owned(),
        audience: Audience::SignedIn,
    })
}

/// The routes; who visits has to be known.
pub(super) fn router(services: &Services) -> Router {
    Router::new()
        .route(EXPORT, get(export))
        .route(ARCHIVE, post(archive))
        .with_state(services.clone())
}

async fn export(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(user) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    // What is no id is not there.
    let Ok(id) = id.parse::<ExportId>() else {
        return AppError::NotFound.into_response();
    };
    match services.exports.download(user.id, id).await {
        Ok((kept, place)) => {
            let media_type = kept.format.map_or("application/zip", content_type);
            let size = kept.content.len();
            let file = attachment(&kept.file_name, media_type);
            let pieces = in_place(kept.content.into(), place, Pace::of_reader());
            let content = Body::from_stream(pieces);
            (file, [(header::CONTENT_LENGTH, size)], content).into_response()
        }
        Err(error) => AppError::from(error).into_response(),
    }
}

/// What an archive is to hold beside questions and answers.
#[derive(Default, Deserialize)]
struct ArchiveForm {
    #[serde(default)]
    reasoning: bool,
    /// Only of this one; empty: of all.
    #[serde(default)]
    folder: String,
}

async fn archive(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(preferences): Extension<Preferences>,
    headers: HeaderMap,
    form: Result<Form<ArchiveForm>, FormRejection>,
) -> Response {
    let Some(User { id, .. }) = visitor.user else {
        return ask_to_sign_in(&headers);
    };
    // A post without a form asks for nothing beside.
    let Form(ArchiveForm { reasoning, folder }) = form.unwrap_or_default();
    // What is no id is not there.
    let folder = Some(folder).filter(|folder| !folder.is_empty());
    let Ok(folder) = folder.map(|folder| folder.parse::<FolderId>()).transpose() else {
        return AppError::NotFound.into_response();
    };
    let language = preferences.language.into();
    let archive = services.exports.archive(id, folder, language, reasoning);
    match archive.await {
        Ok(download) => {
            let file = attachment(&download.file_name.to_string(), "application/zip");
            (file, Body::from_stream(download.content)).into_response()
        }
        Err(error) => tell("/exports/all", "/settings/exports", &headers, error),
    }
}

/// A file piece by piece, which gives its place back once the last one is taken, or one is not.
fn in_place(
    mut content: Bytes,
    place: Place,
    mut pace: Pace,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (pieces, taken) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        while !content.is_empty() {
            let piece = content.split_to(content.len().min(PIECE_BYTES));
            let num_bytes = piece.len();
            match pace.wait(pieces.send(Ok(piece))).await {
                Ok(Ok(())) => {
                    pace.add(num_bytes);
                }
                // The reader left, or is too slow: what is missing breaks the download off.
                Ok(Err(_)) | Err(_) => return,
            }
        }
    });
    stream::unfold(taken, |mut taken| async {
        Some((taken.recv().await?, taken))
    })
}

/// Headers of a file that is saved and never shown.
pub(super) fn attachment(
    file_name: &str,
    media_type: &'static str,
) -> [(HeaderName, HeaderValue); 4] {
    let disposition = HeaderValue::from_str(&content_disposition(file_name));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    [
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ]
}

/// Browsers are led to the door, programs get a status.
pub(super) fn ask_to_sign_in(headers: &HeaderMap) -> Response {
    if wants_page(headers) {
        Redirect::to("/sign-in").into_response()
    } else {
        AppError::Unauthorized.into_response()
    }
}

/// Browsers are led back to the page, which shows the error in its place.
pub(super) fn tell(
    from: &str,
    page: &str,
    headers: &HeaderMap,
    error: impl Into<AppError>,
) -> Response {
    use leptos::server_fn::error::ServerFnUrlError;
    let error = error.into();
    if wants_page(headers) {
        let url =
            ServerFnUrlError::new(from, ChatError::from(error.clone())).to_url("http://localhost/");
        if let Ok(url) = url {
            let query = url.query().unwrap_or_default();
            return Redirect::to(&format!("{page}?{query}")).into_response();
        }
    }
    error.into_response()
}

pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::StreamExt as _;
    use tokio::time::sleep;

    use super::*;
    use crate::{
        http::body::Patience,
        slow_work::{Asker, Kind, SlowWork},
    };

    /// A file of eight pieces.
    const NUM_BYTES: usize = 8 * PIECE_BYTES;

    /// A piece earns 63 ms.
    const QUICK: Patience = Patience {
        pause: Duration::from_secs(10),
        grace: Duration::from_secs(1),
        bytes_per_s: 4 << 20,
    };

    /// How much of a file comes to a client that waits before it takes a piece.
    async fn taken(pause_ms: u64) -> usize {
        let slow_work = SlowWork::default();
        let place = slow_work.place(Kind::Download, Asker::Stranger).await;
        let content = Bytes::from(vec![b'a'; NUM_BYTES]);
        let pace = Pace::start_with(QUICK);
        let mut pieces = Box::pin(in_place(content, place.unwrap(), pace));
        let mut num_bytes = 0;
        loop {
            sleep(Duration::from_millis(pause_ms)).await;
            let Some(piece) = pieces.next().await else {
                break;
            };
            num_bytes += piece.unwrap().len();
        }
        assert!(slow_work.load().all(|(_, load)| load.running == 0));
        num_bytes
    }

    #[tokio::test]
    async fn a_download_that_crawls_ends_and_gives_its_place_back() {
        assert_eq!(taken(10).await, NUM_BYTES);
        // Each piece in time, and all of them at no pace.
        let crawled = taken(500).await;
        assert!(crawled < NUM_BYTES, "{crawled}");
    }
}

//! For those who watch the process from outside.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use hearth_app::model::ModelState;

use super::Services;
use crate::error::AppError;

/// The process runs.
pub(super) async fn healthz() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// The database answers and the model is loaded.
pub(super) async fn readyz(State(services): State<Services>) -> Response {
    match readiness(&services).await {
        Ok(()) => ([(header::CACHE_CONTROL, "no-store")], "ready\n").into_response(),
        Err(error) => error.into_response(),
    }
}

async fn readiness(services: &Services) -> Result<(), AppError> {
    if let Err(error) = services.store.ping().await {
        tracing::error!(%error, "the database does not answer: {error}");
        return Err(not_ready("the database does not answer"));
    }
    match services.chat.model_status().state {
        ModelState::Ready => Ok(()),
        ModelState::Loading { percent } => {
            Err(not_ready(&format!("the model is loading ({percent} %)")))
        }
        // The sentence names a file of this machine; strangers may ask here.
        ModelState::Failed => Err(not_ready("the model could not be loaded")),
    }
}

fn not_ready(message: &str) -> AppError {
    AppError::NotReady {
        message: message.into(),
    }
}

//! `/v1/models`: the model that answers. `/health`: whether it does.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use hearth_engine::handle::{EngineHandle, EngineState};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ApiServer,
    entry::Caller,
    error_object::{ErrorBody, Refused},
    generation::not_loaded,
    request_fault::{FaultKind, RequestFault},
};
use crate::error::AppError;

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Model {
    /// Its name in the file.
    id: String,
    object: &'static str,
    /// When the server started, seconds since 1970, UTC.
    created: i64,
    owned_by: &'static str,
    /// Most tokens of prompt and answer together; absent until the file is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_model_len: Option<usize>,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

impl ApiServer {
    /// The engine that answers for a model, once it can.
    pub(super) fn engine_for(&self, model: Option<&str>) -> Result<EngineHandle, AppError> {
        let engine = self.ready_engine()?;
        match model {
            Some(model) if !is_named(&engine, model) => Err(no_such_model(model)),
            _ => Ok(engine),
        }
    }

    pub(super) fn ready_engine(&self) -> Result<EngineHandle, AppError> {
        let engine = self.chat.engine();
        match engine.state() {
            EngineState::Ready => Ok(engine),
            EngineState::Loading { .. } => Err(AppError::NotReady {
                message: "Loading model".to_owned(),
            }),
            EngineState::Failed(_) => Err(not_loaded()),
        }
    }

    fn model(&self) -> Model {
        let engine = self.chat.engine();
        Model {
            id: engine.model_name(),
            object: "model",
            created: self.started_at,
            owned_by: "hearth",
            max_model_len: engine.context_window().map(|_| self.window(&engine)),
        }
    }
}

fn is_named(engine: &EngineHandle, model: &str) -> bool {
    engine.model_name().eq_ignore_ascii_case(model)
}

fn no_such_model(model: &str) -> AppError {
    let message =
        format!("The model {model:?} does not exist: GET /v1/models lists those that do.");
    AppError::from(RequestFault {
        kind: FaultKind::NoSuchModel,
        message,
        param: Some("model".to_owned()),
    })
}

/// Lists the models: the one that answers.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "models",
    responses((status = 200, body = ModelList), (status = 401, body = ErrorBody)),
    security(("key" = [])),
)]
pub(super) async fn list(State(server): State<ApiServer>, _: Caller) -> Json<ModelList> {
    Json(ModelList {
        object: "list",
        data: vec![server.model()],
    })
}

/// Tells of one model.
#[utoipa::path(
    get,
    path = "/v1/models/{model}",
    tag = "models",
    params(("model" = String, Path, description = "Its id; may contain slashes")),
    responses(
        (status = 200, body = Model),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("key" = [])),
)]
pub(super) async fn one(
    State(server): State<ApiServer>,
    _: Caller,
    model: Result<Path<String>, PathRejection>,
) -> Result<Json<Model>, Refused> {
    // One that is no text is no model's.
    let model = model.map_or_else(|_| String::new(), |Path(model)| model);
    if !is_named(&server.chat.engine(), &model) {
        return Err(no_such_model(&model).into());
    }
    Ok(Json(server.model()))
}

/// Says whether the model answers.
#[utoipa::path(
    get,
    path = "/health",
    tag = "operation",
    responses(
        (status = 200, body = Health),
        (status = 503, body = ErrorBody, description = "The model is being loaded"),
    ),
)]
pub(super) async fn health(State(server): State<ApiServer>) -> Result<Response, Refused> {
    server.ready_engine()?;
    let health = Health { status: "ok" };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(health)).into_response())
}

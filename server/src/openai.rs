//! The OpenAI-compatible API: programs ask with a person's key, within that person's limits.
//!
//! Reading order: `entry` (who asks), `json_body` (what is asked), `chat` and `completions` (the
//! two ways to an answer), `generation` (a request to the engine), `streaming` and `collected`
//! (its events, one by one or all together). Nothing is stored but what it cost.

mod answer_fields;
mod chat;
mod chat_messages;
mod chat_request;
mod chat_response;
mod collected;
mod completion_response;
mod completions;
mod document;
mod entry;
mod error_object;
mod generation;
mod json_body;
mod logprobs;
mod meter;
mod models;
mod request_fault;
mod response_head;
mod streaming;
mod tokens;
mod tools;

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use hearth_app::model::UserId;
use hearth_engine::{
    handle::EngineHandle,
    request::{Conversation, TokenId},
};
use serde::Serialize;

use crate::{
    accounts::{Accounts, now_ms},
    chat::ChatServer,
    error::AppError,
    http::{Audience, RouteName},
    metrics::Metrics,
    settings::SettingsBook,
    slow_work::{Kind, MAX_QUICK_BYTES, SlowWork},
    store::Store,
};
use entry::ThisMachine;
use error_object::Refused;
use request_fault::FaultKind;

pub(crate) use error_object::error_body;
pub use request_fault::RequestFault;

/// What the API works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiServer {
    chat: Arc<ChatServer>,
    accounts: Arc<Accounts>,
    settings: Arc<SettingsBook>,
    store: Store,
    metrics: Arc<Metrics>,
    /// Seconds since 1970, UTC.
    started_at: i64,
    slow_work: SlowWork,
}

impl ApiServer {
    pub fn new(
        chat: Arc<ChatServer>,
        accounts: Arc<Accounts>,
        settings: Arc<SettingsBook>,
        store: Store,
    ) -> Self {
        Self {
            metrics: chat.metrics(),
            slow_work: chat.slow_work(),
            chat,
            accounts,
            settings,
            store,
            started_at: now_ms() / 1000,
        }
    }

    /// Where requests are counted.
    pub(crate) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Computes what may take seconds where it keeps nobody waiting.
    async fn beside<T: Send + 'static>(
        &self,
        user: UserId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        Ok(self.slow_work.run(Kind::Text, user, work).await?)
    }

    /// An answer as JSON of about so many bytes: a long one is made where it keeps nobody waiting.
    async fn answer<T: Serialize + 'static>(
        &self,
        user: UserId,
        num_bytes: usize,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Response, AppError> {
        let write = move || Json(make()).into_response();
        if num_bytes > MAX_QUICK_BYTES {
            self.beside(user, write).await
        } else {
            Ok(write())
        }
    }

    /// Ids of the prompt of a conversation.
    async fn prompt(
        &self,
        user: UserId,
        engine: &EngineHandle,
        conversation: Conversation,
    ) -> Result<Vec<TokenId>, AppError> {
        let maker = engine.prompt_maker().await.map_err(generation::refused)?;
        let prompt = self.beside(user, move || maker.prompt(&conversation));
        prompt.await
    }
}

fn table() -> [(Method, &'static str, MethodRouter<ApiServer>); 9] {
    [
        (Method::GET, "/v1/models", get(models::list)),
        (Method::GET, "/v1/models/{*model}", get(models::one)),
        (
            Method::POST,
            "/v1/chat/completions",
            post(chat::complete_chat),
        ),
        (Method::POST, "/v1/completions", post(completions::complete)),
        (Method::GET, "/v1/openapi.json", get(document::describe)),
        (Method::POST, "/tokenize", post(tokens::tokenize)),
        (Method::POST, "/detokenize", post(tokens::detokenize)),
        (Method::GET, "/health", get(models::health)),
        (Method::GET, "/metrics", get(document::metrics)),
    ]
}

/// Addresses of those who watch the server.
const OVERSEEN: [&str; 3] = ["/health", "/metrics", "/v1/openapi.json"];

/// Names of these routes. A session opens none of them, a key does.
pub fn routes() -> Vec<RouteName> {
    let named = table().into_iter().map(|(method, path, _)| RouteName {
        method,
        path: path.to_owned(),
        audience: Audience::Anyone,
    });
    named.collect()
}

/// The routes, and an error object for every other address below `/v1/`.
pub(crate) fn router(server: &ApiServer) -> Router {
    let routes = table()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| {
            router.route(path, handler.fallback(other_method))
        });
    routes
        .route("/v1", axum::routing::any(unknown))
        .route("/v1/", axum::routing::any(unknown))
        .route("/v1/{*unknown}", axum::routing::any(unknown))
        .layer(from_fn_with_state(server.clone(), count))
        .with_state(server.clone())
}

/// What is read without a key at the address that only this machine reaches.
pub(crate) fn metrics_router(server: &ApiServer) -> Router {
    let routes = table()
        .into_iter()
        .filter(|(_, path, _)| OVERSEEN.contains(path));
    routes
        .fold(Router::new(), |router, (_, path, handler)| {
            router.route(path, handler.fallback(other_method))
        })
        .fallback(unknown)
        .layer(from_fn_with_state(server.clone(), count))
        .layer(Extension(ThisMachine))
        .with_state(server.clone())
}

async fn other_method(method: Method) -> Refused {
    let message = format!("{method} is not supported at this address");
    RequestFault::whole(FaultKind::Method, message).into()
}

async fn unknown(request: Request) -> Refused {
    let message = format!(
        "Unknown request URL: {} {}",
        request.method(),
        request.uri().path()
    );
    RequestFault::whole(FaultKind::NoSuchAddress, message).into()
}

async fn count(State(server): State<ApiServer>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map(|path| path.as_str().to_owned());
    let response = next.run(request).await.into_response();
    if let Some(path) = path {
        server.metrics.request(path, response.status().as_u16());
    }
    response
}

//! `/v1/openapi.json`: this API, described for programs. And `/metrics`, beside it behind its door.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    ApiServer, chat, completions, entry::Overseer, error_object::ErrorBody, models, tokens,
};

/// What Prometheus wants to be told.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hearth",
        description = "An OpenAI-compatible API. docs/openai-api.md tells what each field does."
    ),
    paths(
        chat::complete_chat,
        completions::complete,
        models::list,
        models::one,
        models::health,
        tokens::tokenize,
        tokens::detokenize,
        describe,
        metrics,
    ),
    modifiers(&Keys)
)]
struct Description;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// Describes this API.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    tag = "operation",
    responses(
        (status = 200, description = "An OpenAPI document"),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "The key is no administrator's"),
    ),
    security((), ("key" = [])),
)]
pub(super) async fn describe(_: Overseer) -> Response {
    Json(Description::openapi()).into_response()
}

/// What the server has done, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "The key is no administrator's"),
    ),
    security((), ("key" = [])),
)]
pub(super) async fn metrics(State(server): State<ApiServer>, _: Overseer) -> Response {
    let text = server.metrics.text(&server.chat.engine());
    let headers = [
        (header::CONTENT_TYPE, METRICS_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_described() {
        let described: Vec<String> = Description::openapi().paths.paths.into_keys().collect();
        for route in super::super::routes() {
            let path = route.path.replace("{*model}", "{model}");
            assert!(described.contains(&path), "{path} is not in {described:?}");
        }
    }
}

//! `/v1/openapi.json`: this API, described for programs. And `/metrics`, beside it behind its door.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Object, OneOf, RefOr, Schema, Type,
        schema::SchemaType,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    ApiServer, chat, completions, entry::Overseer, error_object::ErrorBody, models, tokens,
};
use crate::metrics::Seen;

/// What bodies of requests are made of.
const BODIES: [&str; 5] = [
    "AnswerFields",
    "ChatFields",
    "CompletionFields",
    "DetokenizeRequest",
    "TokenizeRequest",
];

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
    modifiers(&Keys, &Nulls)
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

/// In a body a field that is null is not there.
struct Nulls;

impl Modify for Nulls {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for name in BODIES {
            if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(name) {
                let (fields, required) = (&mut body.properties, &body.required);
                for (_, field) in fields
                    .iter_mut()
                    .filter(|(name, _)| !required.contains(*name))
                {
                    allow_null(field);
                }
            }
        }
    }
}

fn allow_null(field: &mut RefOr<Schema>) {
    if is_nullable(field) {
        return;
    }
    let kind = match field {
        RefOr::T(Schema::Object(object)) => Some(&mut object.schema_type),
        RefOr::T(Schema::Array(array)) => Some(&mut array.schema_type),
        _ => None,
    };
    match kind {
        Some(SchemaType::AnyValue) => {}
        Some(SchemaType::Array(kinds)) if kinds.contains(&Type::Null) => {}
        Some(SchemaType::Array(kinds)) => kinds.push(Type::Null),
        Some(one) => {
            if let SchemaType::Type(kind) = one.clone() {
                *one = SchemaType::Array(vec![kind, Type::Null]);
            }
        }
        None => {
            let null = Object::with_type(SchemaType::Type(Type::Null));
            let either = OneOf::builder().item(null).item(std::mem::take(field));
            *field = Schema::OneOf(either.build()).into();
        }
    }
}

/// Whether one of several schemas is that of null: a null must not meet two of them.
fn is_nullable(field: &RefOr<Schema>) -> bool {
    let null = SchemaType::Type(Type::Null);
    let is_null = |item: &RefOr<Schema>| match item {
        RefOr::T(Schema::Object(object)) => object.schema_type == null,
        _ => false,
    };
    match field {
        RefOr::T(Schema::OneOf(either)) => either.items.iter().any(is_null),
        RefOr::T(Schema::AnyOf(either)) => either.items.iter().any(is_null),
        _ => false,
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
    let seen = Seen::look(&server.chat, &server.store).await;
    let text = server.metrics.text(&seen);
    let headers = [
        (header::CONTENT_TYPE, METRICS_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Whether a null meets a schema; of several that exclude each other it must meet one.
    fn takes_null(schema: &Value) -> bool {
        let items = |key: &str| schema[key].as_array().into_iter().flatten();
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        let met = items("oneOf").filter(|item| takes_null(item)).count();
        kinds.contains(&"null".into()) || met == 1 || items("anyOf").any(takes_null)
    }

    #[test]
    fn every_field_of_a_body_may_be_null_unless_it_is_required() {
        let document = serde_json::to_value(Description::openapi()).unwrap();
        for name in BODIES {
            let body = &document["components"]["schemas"][name];
            let required = body["required"].as_array().cloned().unwrap_or_default();
            let fields = body["properties"].as_object().unwrap();
            for (field, schema) in fields {
                let is_required = required.contains(&field.as_str().into());
                let limits = ["type", "oneOf", "anyOf", "allOf", "$ref"];
                let is_anything = limits.iter().all(|limit| schema.get(limit).is_none());
                let may_be_null = takes_null(schema) || (is_anything && !is_required);
                assert_eq!(may_be_null, !is_required, "{name}.{field}: {schema}");
            }
        }
    }

    #[test]
    fn every_address_is_described() {
        let described: Vec<String> = Description::openapi().paths.paths.into_keys().collect();
        for route in super::super::routes() {
            let path = route.path.replace("{*model}", "{model}");
            assert!(described.contains(&path), "{path} is not in {described:?}");
        }
    }
}

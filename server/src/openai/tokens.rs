//! `/tokenize` and `/detokenize`: text to token ids and back.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use hearth_engine::request::TokenId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiServer,
    answer_fields::tokens,
    chat_request::ChatFields,
    entry::Caller,
    error_object::{ErrorBody, Refused},
    json_body::JsonBody,
    request_fault::RequestFault,
};
use crate::chat::engine_effort;

/// A text, or a chat whose prompt is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct TokenizeRequest {
    model: Option<String>,
    /// A text.
    prompt: Option<String>,
    /// Another name of the same.
    content: Option<String>,
    /// With the token that begins every prompt, where the model wants one.
    add_special_tokens: bool,
    /// With the text of each token.
    return_token_strs: bool,
    /// A chat, with all fields of a chat request, in place of a text.
    #[schema(value_type = Option<Vec<Object>>)]
    messages: Option<serde_json::Value>,
}

impl Default for TokenizeRequest {
    fn default() -> Self {
        Self {
            model: None,
            prompt: None,
            content: None,
            add_special_tokens: true,
            return_token_strs: false,
            messages: None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tokenized {
    count: usize,
    /// Most tokens of prompt and answer together.
    max_model_len: usize,
    tokens: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_strs: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct DetokenizeRequest {
    #[serde(default)]
    model: Option<String>,
    tokens: Vec<u32>,
}

/// The text, under both names that clients know.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Detokenized {
    prompt: String,
    content: String,
}

/// Gives the tokens of a text or of a chat.
#[utoipa::path(
    post,
    path = "/tokenize",
    tag = "tokens",
    request_body = TokenizeRequest,
    responses(
        (status = 200, body = Tokenized),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such model"),
        (status = 503, body = ErrorBody, description = "The model is being loaded, or the server has \
            too much to do: see Retry-After"),
    ),
    security(("key" = [])),
)]
pub(super) async fn tokenize(
    State(server): State<ApiServer>,
    Caller(user): Caller,
    body: JsonBody,
) -> Result<Response, Refused> {
    let request: TokenizeRequest = body.read().await?;
    let engine = server.engine_for(request.model.as_deref())?;
    let text = request.prompt.or(request.content);
    if text.is_some() && request.messages.is_some() {
        let message = "a text or messages are expected, not both";
        return Err(RequestFault::field("messages", message).into());
    }
    let ids: Vec<TokenId> = match text {
        Some(text) => {
            let begin = engine.begin_token();
            let begin = begin.filter(|_| request.add_special_tokens).into_iter();
            let encoder = engine.clone();
            let ids = server.beside(user.id, move || encoder.encode_text(&text));
            begin.chain(ids.await?).collect()
        }
        None if request.messages.is_some() => {
            let chat: ChatFields = body.read().await?;
            let effort = engine_effort(server.settings.current().reasoning_effort);
            let chat = chat.resolve(&engine, effort)?;
            server.prompt(user.id, &engine, chat.conversation).await?
        }
        None => {
            let message = "prompt is missing (or content, or messages)";
            return Err(RequestFault::field("prompt", message).into());
        }
    };
    let max_model_len = server.window(&engine);
    let answer = move || {
        let text = |&id| engine.decode_tokens(&[id]);
        let tokenized = Tokenized {
            count: ids.len(),
            max_model_len,
            token_strs: request
                .return_token_strs
                .then(|| ids.iter().map(text).collect()),
            tokens: ids.into_iter().map(|id| id.0).collect(),
        };
        Json(tokenized).into_response()
    };
    Ok(server.beside(user.id, answer).await?)
}

/// Gives the text of tokens.
#[utoipa::path(
    post,
    path = "/detokenize",
    tag = "tokens",
    request_body = DetokenizeRequest,
    responses(
        (status = 200, body = Detokenized),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such model"),
        (status = 503, body = ErrorBody, description = "The model is being loaded, or the server has \
            too much to do: see Retry-After"),
    ),
    security(("key" = [])),
)]
pub(super) async fn detokenize(
    State(server): State<ApiServer>,
    Caller(user): Caller,
    body: JsonBody,
) -> Result<Response, Refused> {
    let request: DetokenizeRequest = body.read().await?;
    let engine = server.engine_for(request.model.as_deref())?;
    let ids = tokens("tokens", &request.tokens, &engine)?;
    let answer = move || {
        let text = engine.decode_tokens(&ids);
        let detokenized = Detokenized {
            prompt: text.clone(),
            content: text,
        };
        Json(detokenized).into_response()
    };
    Ok(server.beside(user.id, answer).await?)
}

//! `POST /v1/chat/completions`.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use hearth_engine::answer_format::FormatError;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ApiServer,
    answer_fields::AnswerFields,
    chat_request::ChatFields,
    chat_response::{ChatChunk, ChatChunks, ChatCompletion},
    collected::{Collected, collect},
    entry::Caller,
    error_object::{ErrorBody, Refused},
    generation::Prompts,
    json_body::JsonBody,
    request_fault::RequestFault,
    response_head::ResponseHead,
    streaming,
    tools::MustCall,
};
use crate::chat::engine_effort;

/// Messages, and how the answer is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the two halves, which are read apart")]
pub(super) struct ChatCompletionRequest {
    #[serde(flatten)]
    chat: ChatFields,
    #[serde(flatten)]
    answer: AnswerFields,
}

/// Answers a conversation.
#[utoipa::path(
    post,
    path = "/v1/chat/completions",
    tag = "answers",
    request_body = ChatCompletionRequest,
    responses(
        (status = 200, content(
            (ChatCompletion = "application/json"),
            (ChatChunk = "text/event-stream"),
        )),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such model"),
        (status = 429, body = ErrorBody, description = "Too many requests: see Retry-After"),
        (status = 503, body = ErrorBody, description = "The model is being loaded, or the server has \
            too much to do: see Retry-After"),
    ),
    security(("key" = [])),
)]
pub(super) async fn complete_chat(
    State(server): State<ApiServer>,
    Caller(user): Caller,
    body: JsonBody,
) -> Result<Response, Refused> {
    let fields: AnswerFields = body.read().await?;
    let engine = server.engine_for(fields.model.as_deref())?;
    let settings = server.settings.current();
    let chat: ChatFields = body.read().await?;
    let chat = chat.resolve(&engine, engine_effort(settings.reasoning_effort))?;
    let mut asked = fields.resolve(&engine, &settings)?;
    if asked.max_tokens == Some(0) {
        return Err(RequestFault::range("max_tokens", &0, "≥ 1").into());
    }
    asked.options.top_logprobs = chat.top_logprobs;
    if let Some(format) = chat.format {
        let compiler = engine.clone();
        let format = server.beside(user.id, move || compiler.compile_format(&format));
        let unusable =
            |error: FormatError| RequestFault::field("response_format", error.to_string());
        asked.options.format = Some(format.await?.map_err(unusable)?);
    }
    let prompt = server.prompt(user.id, &engine, chat.conversation).await?;
    let begun = match &chat.must_call {
        MustCall::No => Vec::new(),
        MustCall::Any => engine.begun_call(None),
        MustCall::Named(name) => engine.begun_call(Some(name)),
    };
    let prompts = Prompts {
        each: vec![prompt],
        begun,
        calls: chat.calls,
        param: "messages",
    };
    let has_logprobs = chat.top_logprobs.is_some();
    let num_answers = asked.num_answers;
    let mut generation = server
        .generate(&user, engine.clone(), &asked, prompts)
        .await?;
    if asked.streams {
        let chunks = ChatChunks {
            head: ResponseHead::new("chatcmpl-", "chat.completion.chunk", &engine),
            has_logprobs,
            includes_usage: asked.includes_usage,
            num_calls: HashMap::new(),
        };
        let usage = asked.includes_usage;
        let streamed = streaming::respond(&server, generation, num_answers, chunks, usage);
        return Ok(streamed);
    }
    let answers = collect(&mut generation, num_answers).await?;
    let usage = generation.usage();
    // Its place among the person's answers is free.
    drop(generation);
    let num_bytes = answers.iter().map(Collected::num_bytes).sum();
    let head = ResponseHead::new("chatcmpl-", "chat.completion", &engine);
    let by = has_logprobs.then_some(engine);
    let completion = move || ChatCompletion::new(head, answers, usage, by.as_ref());
    Ok(server.answer(user.id, num_bytes, completion).await?)
}

//! `POST /v1/completions`: text that goes on, without a chat's format.

use axum::{extract::State, response::Response};
use hearth_app::model::UserId;
use hearth_engine::{handle::EngineHandle, request::TokenId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ApiServer,
    answer_fields::{AnswerFields, tokens},
    chat_request::{Calls, MAX_TOP_LOGPROBS},
    collected::{Collected, collect},
    completion_response::{Completion, CompletionShape, Echo},
    entry::Caller,
    error_object::{ErrorBody, Refused},
    generation::Prompts,
    json_body::JsonBody,
    logprobs::CompletionLogprobs,
    meter::RequestUsage,
    request_fault::RequestFault,
    response_head::ResponseHead,
    streaming,
};
use crate::error::AppError;

/// Tokens of an answer whose length nobody says, as OpenAI counts them.
const DEFAULT_MAX_TOKENS: usize = 16;

/// A prompt, and how the answer is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the two halves, which are read apart")]
pub(super) struct CompletionRequest {
    #[serde(flatten)]
    completion: CompletionFields,
    #[serde(flatten)]
    answer: AnswerFields,
}

/// Fields of a completion.
#[derive(Debug, Deserialize, ToSchema)]
struct CompletionFields {
    prompt: Prompt,
    /// The prompt stands before the answer.
    #[serde(default)]
    echo: bool,
    /// With each token its probability and that of so many most probable ones, 0 to 20.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 20)]
    logprobs: Option<u32>,
    /// Not supported, unless empty.
    #[serde(default)]
    suffix: String,
    /// Not supported, unless it is `n`.
    #[serde(default)]
    best_of: Option<usize>,
}

/// One or several prompts, as text or as token ids.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "a string, a list of strings, of token ids or of lists of token ids is expected"
)]
enum Prompt {
    Text(String),
    Texts(Vec<String>),
    Ids(Vec<u32>),
    ManyIds(Vec<Vec<u32>>),
}

/// Goes on with a text.
#[utoipa::path(
    post,
    path = "/v1/completions",
    tag = "answers",
    request_body = CompletionRequest,
    responses(
        (status = 200, content(
            (Completion = "application/json"),
            (Completion = "text/event-stream"),
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
pub(super) async fn complete(
    State(server): State<ApiServer>,
    Caller(user): Caller,
    body: JsonBody,
) -> Result<Response, Refused> {
    let fields: AnswerFields = body.read().await?;
    let engine = server.engine_for(fields.model.as_deref())?;
    let completion: CompletionFields = body.read().await?;
    let mut asked = fields.resolve(&engine, &server.settings.current())?;
    completion.check(asked.num_answers)?;
    asked.options.top_logprobs = completion.logprobs.map(|num_top| num_top as usize);
    asked.options.is_plain = true;
    let scores_prompt = completion.echo && completion.logprobs.is_some();
    asked.options.scores_prompt = scores_prompt;
    let max_tokens = *asked.max_tokens.get_or_insert(DEFAULT_MAX_TOKENS);
    let num_answers = server.num_answers(completion.prompt.count(), &asked)?;
    let (prompt, has_echo) = (completion.prompt, completion.echo);
    let prompts = server.encode(user.id, &engine, prompt, has_echo).await?;
    for prompt in &prompts {
        server.room(&engine, prompt.ids.len(), "prompt")?;
    }
    let parts = prompts.into_iter().map(|prompt| (prompt.ids, prompt.echo));
    let (each, echoes): (Vec<_>, Vec<_>) = parts.unzip();
    let repeated = |echo| std::iter::repeat_n(echo, asked.num_answers);
    let shape = CompletionShape {
        head: ResponseHead::new("cmpl-", "text_completion", &engine),
        engine: engine.clone(),
        has_logprobs: completion.logprobs.is_some(),
        includes_usage: asked.includes_usage,
        echoes: echoes.into_iter().flat_map(repeated).collect(),
        places: std::iter::repeat_with(CompletionLogprobs::default)
            .take(num_answers)
            .collect(),
    };
    if max_tokens == 0 && !asked.streams && !scores_prompt {
        let num_tokens = each.iter().map(Vec::len).sum();
        let (answers, usage) = nothing(num_answers, num_tokens);
        return Ok(server.whole(user.id, shape, answers, usage).await?);
    }
    if max_tokens == 0 && !scores_prompt {
        return Err(RequestFault::range("max_tokens", &0, "≥ 1 in a stream").into());
    }
    let prompts = Prompts {
        each,
        begun: Vec::new(),
        calls: Calls::None,
        param: "prompt",
    };
    let mut generation = server.generate(&user, engine, &asked, prompts).await?;
    if asked.streams {
        let usage = asked.includes_usage;
        let streamed = streaming::respond(&server, generation, num_answers, shape, usage);
        return Ok(streamed);
    }
    let answers = collect(&mut generation, num_answers).await?;
    let usage = generation.usage();
    // Its place among the person's answers is free.
    drop(generation);
    Ok(server.whole(user.id, shape, answers, usage).await?)
}

/// No token is asked for: the prompts, if they are to be echoed without probabilities.
fn nothing(num_answers: usize, prompt_tokens: usize) -> (Vec<Collected>, RequestUsage) {
    let answers = std::iter::repeat_with(Collected::default).take(num_answers);
    let usage = RequestUsage {
        prompt_tokens,
        total_tokens: prompt_tokens,
        ..RequestUsage::default()
    };
    (answers.collect(), usage)
}

impl CompletionFields {
    fn check(&self, num_answers: usize) -> Result<(), RequestFault> {
        if let Some(num_top) = self.logprobs.filter(|&num_top| num_top > MAX_TOP_LOGPROBS) {
            return Err(RequestFault::range("logprobs", &num_top, "0–20"));
        }
        if !self.suffix.is_empty() {
            return Err(RequestFault::field("suffix", "suffix is not supported"));
        }
        if self.best_of.is_some_and(|best_of| best_of != num_answers) {
            let message = "best_of is not supported, unless it is n";
            return Err(RequestFault::field("best_of", message));
        }
        Ok(())
    }
}

impl Prompt {
    fn count(&self) -> usize {
        match self {
            Self::Text(_) | Self::Ids(_) => 1,
            Self::Texts(texts) => texts.len(),
            Self::ManyIds(lists) => lists.len(),
        }
    }

    /// Token ids of every prompt, and what is repeated of it; none is empty.
    fn encode(
        self,
        engine: &EngineHandle,
        has_echo: bool,
    ) -> Result<Vec<EncodedPrompt>, RequestFault> {
        let encode = |text: String| {
            let begin = engine.begin_token();
            let num_hidden = begin.iter().len();
            let ids = begin.into_iter().chain(engine.encode_text(&text)).collect();
            EncodedPrompt::new(ids, has_echo.then_some(text), num_hidden)
        };
        let check = |ids: Vec<u32>| {
            let ids = tokens("prompt", &ids, engine)?;
            let text = has_echo.then(|| engine.decode_tokens(&ids));
            Ok(EncodedPrompt::new(ids, text, 0))
        };
        let prompts: Vec<EncodedPrompt> = match self {
            Self::Text(text) => vec![encode(text)],
            Self::Texts(texts) => texts.into_iter().map(encode).collect(),
            Self::Ids(ids) => vec![check(ids)?],
            Self::ManyIds(lists) => {
                let prompts: Result<_, RequestFault> = lists.into_iter().map(check).collect();
                prompts?
            }
        };
        if prompts.is_empty() || prompts.iter().any(|prompt| prompt.ids.is_empty()) {
            return Err(RequestFault::field("prompt", "prompt is empty"));
        }
        Ok(prompts)
    }
}

/// A prompt as the model reads it.
struct EncodedPrompt {
    ids: Vec<TokenId>,
    /// If it is to be repeated.
    echo: Option<Echo>,
}

impl EncodedPrompt {
    /// `text`: what is repeated. `num_hidden`: tokens at the beginning that are not in it.
    fn new(ids: Vec<TokenId>, text: Option<String>, num_hidden: usize) -> Self {
        let echo = text.map(|text| Echo {
            text,
            ids: ids.clone(),
            num_hidden,
            logprobs: Vec::new(),
        });
        Self { ids, echo }
    }
}

impl ApiServer {
    async fn encode(
        &self,
        user: UserId,
        engine: &EngineHandle,
        prompt: Prompt,
        has_echo: bool,
    ) -> Result<Vec<EncodedPrompt>, AppError> {
        let engine = engine.clone();
        let encode = move || prompt.encode(&engine, has_echo);
        Ok(self.beside(user, encode).await??)
    }

    async fn whole(
        &self,
        user: UserId,
        shape: CompletionShape,
        answers: Vec<Collected>,
        usage: RequestUsage,
    ) -> Result<Response, AppError> {
        let num_bytes = shape.whole_bytes(&answers);
        let completion = move || shape.whole(answers, usage);
        self.answer(user, num_bytes, completion).await
    }
}

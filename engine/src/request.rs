//! What a caller asks for and what comes back.

mod answer_parts;
mod token_options;

use serde::{Deserialize, Serialize};

use crate::harmony::conversation::{FunctionTool, ReasoningEffort, ResponseFormat, ToolCall};

pub use answer_parts::{CallPiece, TokenPart};
pub use token_options::{AnswerFormat, TokenLogprobs, TokenOptions};

/// Number of a token in the model's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub u32);

/// Who wrote a message of a [`Conversation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    /// A function that the model called.
    Tool,
}

/// A call that a model made earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Without a namespace.
    pub name: String,
    /// As the model wrote them, usually JSON.
    pub arguments: String,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub role: Role,
    pub content: String,
    /// Ids with which this model itself wrote `content`, reasoning, calls of tools and their
    /// results included; empty: not known.
    ///
    /// A sampled answer is seldom cut into tokens as the encoder would cut it. With its own ids
    /// the next prompt goes on from what was computed for this answer, token for token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_ids: Vec<TokenId>,
    /// What the model thought, from callers that keep it; in the prompt only while the calls that
    /// it led to are being answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// Functions that the model called at the end of this message, where `token_ids` do not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<FunctionCall>,
    /// The function that says this; of [`Role::Tool`] only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub function: String,
}

impl ChatMessage {
    /// A message whose ids are not known.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            token_ids: Vec::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            function: String::new(),
        }
    }
}

/// What the model is to answer: messages, oldest first, the last one a person's or a function's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub messages: Vec<ChatMessage>,
    /// Today, `2026-09-30`, for models that want to be told; empty: not told. A prompt is found
    /// again in the cache only as long as it stays the same, so nothing finer than a day.
    #[serde(default)]
    pub date: String,
    /// For models that reason.
    #[serde(default)]
    pub reasoning_effort: ReasoningEffort,
    /// Functions that models which call tools may call.
    #[serde(default)]
    pub tools: Vec<FunctionTool>,
    /// What models that want to be told are told of the format of their answer.
    #[serde(default)]
    pub response_format: Option<ResponseFormat>,
}

impl Conversation {
    /// Messages on a day that nobody tells.
    pub fn new(messages: Vec<ChatMessage>) -> Self {
        Self {
            messages,
            ..Self::default()
        }
    }
}

/// How the next token is chosen. Ranges are checked by [`SamplingParams::validate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingParams {
    /// 0 is greedy; up to 2.
    pub temperature: f32,
    /// 0 keeps all tokens.
    pub top_k: u32,
    /// Above 0, up to 1.
    pub top_p: f32,
    /// 0 to 1: least share of the best token's probability.
    pub min_p: f32,
    /// 1 changes nothing; above 0, up to 2.
    pub repetition_penalty: f32,
    /// -2 to 2.
    pub presence_penalty: f32,
    /// -2 to 2.
    pub frequency_penalty: f32,
    pub seed: u64,
}

/// One answer to make.
#[derive(Clone, Debug)]
pub struct GenerateRequest {
    /// Prompt ids as [`crate::handle::EngineHandle::prompt`] made them.
    pub prompt: Vec<TokenId>,
    /// Answer so far, to be continued; these ids produce no events and no text. The text goes on
    /// in the middle of a character if that is where they end. Text that a stop string held back
    /// comes now, as it would have.
    pub answer_so_far: Vec<TokenId>,
    pub sampling: SamplingParams,
    /// Most new tokens, `answer_so_far` not counted.
    pub max_tokens: usize,
    /// The answer ends before any of these.
    pub stop: Vec<String>,
    /// What few requests ask for.
    pub options: TokenOptions,
    /// Tokens at the beginning of the prompt that no person wrote: what is computed for them is of
    /// use to everybody. Behind them only the same user finds it again.
    pub num_shared_tokens: usize,
    /// The conversation it belongs to, any number of the caller's: among several engines it goes
    /// back to the one that may remember the conversation.
    pub session: Option<u128>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// A stop token or a stop string.
    Stop,
    /// `max_tokens` or the end of the context window.
    Length,
    /// The model has called a tool ([`GenerationEvent::ToolCall`]) and goes on after its result.
    ToolCall,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: usize,
    /// Of those, and of an answer that is continued, the ones that did not have to be computed;
    /// `None`: none was computed.
    pub cached_tokens: Option<usize>,
    pub completion_tokens: usize,
    pub time_to_first_token: std::time::Duration,
    /// From the first token to the last.
    pub decode_time: std::time::Duration,
}

/// One thing that happened to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum GenerationEvent {
    /// The model is still being loaded.
    Loading { percent: u8 },
    /// That many requests come first; about so long, where answers before tell.
    Queued {
        ahead: usize,
        wait: Option<std::time::Duration>,
    },
    /// Prompt tokens computed so far.
    Prefill { done: usize, total: usize },
    /// Probabilities of the next ones of the tokens that were given, if they were asked for: the
    /// first one told is the second of the prompt.
    PromptLogprobs(Vec<TokenLogprobs>),
    /// New tokens, and the text they completed: whole characters only, so it may be empty and
    /// may belong to earlier tokens. The last one may have no ids: text that might have begun a
    /// stop string waits until the answer ends.
    Tokens {
        ids: Vec<TokenId>,
        /// What the ids are.
        part: TokenPart,
        /// No part of the answer, and in no later prompt.
        reasoning: String,
        text: String,
        /// Of each id, if they were asked for.
        logprobs: Vec<TokenLogprobs>,
    },
    /// A call is being written. It may still end without being one, if the answer is cut off.
    CallPiece(CallPiece),
    /// The answer waits for a tool: submitted again with the ids of
    /// [`crate::handle::EngineHandle::tool_result`] behind its own, it goes on.
    ToolCall(ToolCall),
    /// Always the last event.
    Finished { reason: FinishReason, usage: Usage },
    /// Always the last event.
    Failed(GenerationError),
}

/// Why a running request ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerationError {
    #[error("the engine has stopped")]
    EngineStopped,
    #[error("the model could not be loaded: {0}")]
    ModelNotLoaded(String),
    #[error("the answer was not complete at its deadline")]
    DeadlineExceeded,
    #[error("token {} is not one of the {vocab_size} tokens of this model", token.0)]
    UnknownToken { token: TokenId, vocab_size: usize },
    #[error("the model computed no numbers: its file is damaged, or what computes it")]
    NoNumbers,
}

/// Why a request was refused before any token was computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    #[error("the prompt has {prompt_tokens} tokens, the context window holds {context_window}")]
    PromptTooLong {
        prompt_tokens: usize,
        context_window: usize,
    },
    #[error("{capacity} requests are already waiting")]
    QueueFull { capacity: usize },
    #[error("the engine has stopped")]
    EngineStopped,
    #[error("the model could not be loaded: {0}")]
    ModelNotLoaded(String),
}

/// A sampling setting outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, allowed is {range}")]
pub struct SamplingParamsError {
    pub name: &'static str,
    pub value: f32,
    pub range: &'static str,
}

impl Default for SamplingParams {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 0,
            top_p: 0.95,
            min_p: 0.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            seed: 0,
        }
    }
}

impl SamplingParams {
    /// Always the most probable token.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            ..Self::default()
        }
    }

    /// # Errors
    /// Names the first setting outside its range; NaN is outside every range.
    pub fn validate(&self) -> Result<(), SamplingParamsError> {
        let checks = [
            (
                "temperature",
                self.temperature,
                (0.0..=2.0).contains(&self.temperature),
                "0–2",
            ),
            (
                "top_p",
                self.top_p,
                self.top_p > 0.0 && self.top_p <= 1.0,
                "> 0, ≤ 1",
            ),
            (
                "min_p",
                self.min_p,
                (0.0..=1.0).contains(&self.min_p),
                "0–1",
            ),
            (
                "repetition_penalty",
                self.repetition_penalty,
                self.repetition_penalty > 0.0 && self.repetition_penalty <= 2.0,
                "> 0, ≤ 2",
            ),
            (
                "presence_penalty",
                self.presence_penalty,
                (-2.0..=2.0).contains(&self.presence_penalty),
                "−2 to 2",
            ),
            (
                "frequency_penalty",
                self.frequency_penalty,
                (-2.0..=2.0).contains(&self.frequency_penalty),
                "−2 to 2",
            ),
        ];
        match checks.into_iter().find(|(_, _, inside, _)| !inside) {
            Some((name, value, _, range)) => Err(SamplingParamsError { name, value, range }),
            None => Ok(()),
        }
    }
}

//! Shapes of chat answers: whole, and in chunks.

use std::collections::HashMap;

use hearth_engine::{
    handle::EngineHandle,
    request::{CallPiece, FinishReason},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    collected::{Collected, finish_reason},
    generation::Piece,
    logprobs::ChatLogprobs,
    meter::{ChunkUsage, RequestUsage},
    response_head::{ResponseHead, random_id},
    streaming::Chunks,
};

/// A whole answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChatCompletion {
    #[serde(flatten)]
    head: ResponseHead,
    choices: Vec<ChatChoice>,
    usage: RequestUsage,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChatChoice {
    index: usize,
    message: AnswerMessage,
    logprobs: Option<ChatLogprobs>,
    /// `stop`, `length` or `tool_calls`.
    finish_reason: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct AnswerMessage {
    role: &'static str,
    /// Absent if there are only calls.
    content: Option<String>,
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    /// The older name of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Call {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function,
}

#[derive(Debug, Serialize, ToSchema)]
struct Function {
    name: String,
    /// JSON, as the model wrote it.
    arguments: String,
}

/// A part of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChatChunk {
    #[serde(flatten)]
    head: ResponseHead,
    choices: Vec<ChunkChoice>,
    /// Null but for the last chunk, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RequestUsage>)]
    usage: Option<ChunkUsage>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChunkChoice {
    index: usize,
    delta: Delta,
    logprobs: Option<ChatLogprobs>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CallDelta>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CallDelta {
    index: usize,
    /// In the first part of a call only, like type and name.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: FunctionDelta,
}

#[derive(Debug, Serialize, ToSchema)]
struct FunctionDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    arguments: String,
}

fn call_id() -> String {
    random_id("call_")
}

impl ChatCompletion {
    pub(super) fn new(
        head: ResponseHead,
        answers: Vec<Collected>,
        usage: RequestUsage,
        logprobs_by: Option<&EngineHandle>,
    ) -> Self {
        let choice = |(index, answer): (usize, Collected)| ChatChoice {
            index,
            logprobs: logprobs_by.map(|engine| ChatLogprobs::of(&answer.logprobs, engine)),
            finish_reason: finish_reason(answer.reason.unwrap_or(FinishReason::Stop)),
            message: AnswerMessage::new(answer),
        };
        Self {
            head,
            choices: answers.into_iter().enumerate().map(choice).collect(),
            usage,
        }
    }
}

impl AnswerMessage {
    fn new(answer: Collected) -> Self {
        let calls = answer.calls.into_iter().map(|(name, arguments)| Call {
            id: call_id(),
            kind: "function",
            function: Function { name, arguments },
        });
        let tool_calls: Vec<Call> = calls.collect();
        let is_silent = answer.text.is_empty() && !tool_calls.is_empty();
        let reasoning = (!answer.reasoning.is_empty()).then_some(answer.reasoning);
        Self {
            role: "assistant",
            content: (!is_silent).then_some(answer.text),
            refusal: None,
            reasoning_content: reasoning.clone(),
            reasoning,
            tool_calls,
        }
    }
}

/// Makes the chunks of a chat.
pub(super) struct ChatChunks {
    pub(super) head: ResponseHead,
    pub(super) has_logprobs: bool,
    pub(super) includes_usage: bool,
    /// How many calls of each answer were begun.
    pub(super) num_calls: HashMap<usize, usize>,
}

impl ChatChunks {
    fn chunk(&self, choice: ChunkChoice) -> ChatChunk {
        ChatChunk {
            head: self.head.clone(),
            choices: vec![choice],
            usage: self.includes_usage.then_some(ChunkUsage::Later),
        }
    }

    fn call(&mut self, answer: usize, call: CallPiece) -> CallDelta {
        let num_calls = self.num_calls.entry(answer).or_default();
        let is_first = call.index >= *num_calls;
        *num_calls = (*num_calls).max(call.index + 1);
        CallDelta {
            index: call.index,
            id: is_first.then(call_id),
            kind: is_first.then_some("function"),
            function: FunctionDelta {
                name: is_first.then_some(call.name),
                arguments: call.arguments,
            },
        }
    }
}

impl Chunks for ChatChunks {
    type Chunk = ChatChunk;

    fn begin(&mut self, answer: usize) -> Option<ChatChunk> {
        let delta = Delta {
            role: Some("assistant"),
            content: Some(String::new()),
            ..Delta::default()
        };
        Some(self.chunk(ChunkChoice {
            index: answer,
            delta,
            logprobs: None,
            finish_reason: None,
        }))
    }

    fn piece(&mut self, answer: usize, piece: Piece, engine: &EngineHandle) -> Option<ChatChunk> {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let reasoning = some(piece.reasoning);
        let delta = Delta {
            role: None,
            content: some(piece.text),
            reasoning_content: reasoning.clone(),
            reasoning,
            tool_calls: piece
                .call
                .map(|call| self.call(answer, call))
                .into_iter()
                .collect(),
        };
        let has_logprobs = self.has_logprobs && !piece.logprobs.is_empty();
        let logprobs = has_logprobs.then(|| ChatLogprobs::of(&piece.logprobs, engine));
        let is_empty = delta.content.is_none()
            && delta.reasoning.is_none()
            && delta.tool_calls.is_empty()
            && logprobs.is_none();
        (!is_empty).then(|| {
            self.chunk(ChunkChoice {
                index: answer,
                delta,
                logprobs,
                finish_reason: None,
            })
        })
    }

    fn num_bytes(&self, _: usize, piece: &Piece) -> usize {
        piece.num_bytes()
    }

    fn end(&mut self, answer: usize, reason: FinishReason) -> ChatChunk {
        self.chunk(ChunkChoice {
            index: answer,
            delta: Delta::default(),
            logprobs: None,
            finish_reason: Some(finish_reason(reason)),
        })
    }

    fn usage(&mut self, usage: RequestUsage) -> ChatChunk {
        ChatChunk {
            head: self.head.clone(),
            choices: Vec::new(),
            usage: Some(ChunkUsage::Told(usage)),
        }
    }
}

//! The body of a chat request beside what completions share, checked and turned into a prompt's
//! conversation.

use hearth_engine::{
    handle::EngineHandle,
    harmony::conversation::{ReasoningEffort, ResponseFormat},
    request::{AnswerFormat, Conversation},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    chat_messages::{self, RequestMessage},
    request_fault::RequestFault,
    tools::{self, MustCall, Tool, ToolChoice},
};
use crate::{accounts::now_ms, calendar::utc_date};

/// Most probable tokens that are told beside each.
pub(super) const MAX_TOP_LOGPROBS: u32 = 20;

/// Fields of a chat.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChatFields {
    #[schema(min_items = 1)]
    messages: Vec<RequestMessage>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    tool_choice: Option<ToolChoice>,
    /// False: one call at most.
    #[serde(default = "yes")]
    parallel_tool_calls: bool,
    #[serde(default)]
    response_format: Option<RequestFormat>,
    /// For models that reason; absent: the server's default.
    #[serde(default)]
    reasoning_effort: Option<RequestEffort>,
    /// With each token of the visible text its probability.
    #[serde(default)]
    logprobs: bool,
    /// And that of so many most probable ones, 0 to 20.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 20)]
    top_logprobs: Option<u32>,
}

/// What the answer has to be.
#[derive(Debug, Deserialize, ToSchema)]
struct RequestFormat {
    #[serde(rename = "type")]
    kind: FormatKind,
    #[serde(default)]
    json_schema: Option<NamedSchema>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FormatKind {
    Text,
    JsonObject,
    JsonSchema,
}

#[derive(Debug, Deserialize, ToSchema)]
struct NamedSchema {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    schema: Value,
}

/// How long the model may think. What has no name of its own there takes the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RequestEffort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
}

/// A chat, checked.
#[derive(Debug)]
pub(super) struct AskedChat {
    pub(super) conversation: Conversation,
    pub(super) must_call: MustCall,
    pub(super) calls: Calls,
    pub(super) format: Option<AnswerFormat>,
    /// Present: probabilities are asked for, with so many alternatives.
    pub(super) top_logprobs: Option<usize>,
}

/// Calls an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// No function is known: what looks like a call is text.
    None,
    One,
    Many,
}

fn yes() -> bool {
    true
}

impl ChatFields {
    pub(super) fn resolve(
        self,
        engine: &EngineHandle,
        default_effort: ReasoningEffort,
    ) -> Result<AskedChat, RequestFault> {
        if self.top_logprobs.is_some() && !self.logprobs {
            let message = "top_logprobs needs logprobs: true";
            return Err(RequestFault::field("top_logprobs", message));
        }
        let num_top = self.top_logprobs.unwrap_or_default();
        if num_top > MAX_TOP_LOGPROBS {
            return Err(RequestFault::range("top_logprobs", &num_top, "0–20"));
        }
        let offer = tools::offer(self.tools, self.tool_choice, engine)?;
        let (format, response_format) = match self.response_format {
            Some(format) => format.resolve()?,
            None => (None, None),
        };
        let calls = match (offer.tools.is_empty(), self.parallel_tool_calls) {
            (true, _) => Calls::None,
            (false, true) => Calls::Many,
            (false, false) => Calls::One,
        };
        Ok(AskedChat {
            conversation: Conversation {
                messages: chat_messages::to_engine(self.messages, engine)?,
                date: utc_date(now_ms()),
                reasoning_effort: self
                    .reasoning_effort
                    .map_or(default_effort, RequestEffort::to_engine),
                tools: offer.tools,
                response_format,
            },
            must_call: offer.must_call,
            calls,
            format,
            top_logprobs: self.logprobs.then_some(num_top as usize),
        })
    }
}

impl RequestEffort {
    fn to_engine(self) -> ReasoningEffort {
        match self {
            Self::None | Self::Minimal | Self::Low => ReasoningEffort::Low,
            Self::Medium => ReasoningEffort::Medium,
            Self::High | Self::XHigh => ReasoningEffort::High,
        }
    }
}

impl RequestFormat {
    /// What the engine holds the answer to, and what the model is told.
    fn resolve(self) -> Result<(Option<AnswerFormat>, Option<ResponseFormat>), RequestFault> {
        match self.kind {
            FormatKind::Text => Ok((None, None)),
            FormatKind::JsonObject => Ok((Some(AnswerFormat::JsonObject), None)),
            FormatKind::JsonSchema => {
                let Some(named) = self.json_schema else {
                    let param = "response_format.json_schema";
                    return Err(RequestFault::field(param, format!("{param} is missing")));
                };
                if !(named.schema.is_object() || named.schema.is_boolean()) {
                    let param = "response_format.json_schema.schema";
                    let message = format!("{param} must be a JSON schema: an object");
                    return Err(RequestFault::field(param, message));
                }
                let told = ResponseFormat {
                    name: named.name.unwrap_or_else(|| "answer".to_owned()),
                    description: named.description.unwrap_or_default(),
                    schema: named.schema.clone(),
                };
                Ok((Some(AnswerFormat::JsonSchema(named.schema)), Some(told)))
            }
        }
    }
}

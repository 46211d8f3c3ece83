//! What a harmony prompt says, before it is written down.
//!
//! The messages are one list. A turn begins with what a user says and ends with a
//! [`Message::Final`]; tool calls and their results stand in between. Every order can be written
//! down, so a turn that was stopped half-way needs no special case.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::TokenId;

/// A whole conversation with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct HarmonyConversation {
    /// Settings of the system message.
    pub system: SystemSettings,
    /// Settings of the developer message; left out of the prompt if they say nothing.
    pub developer: DeveloperSettings,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
}

/// What the system message says. Instructions of people belong in [`DeveloperSettings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSettings {
    /// Who the model is.
    pub identity: String,
    /// Year and month, `2024-06`.
    pub knowledge_cutoff: String,
    /// Year, month and day, `2026-09-30`: the caller's, so that a prompt stays what it was.
    pub date: String,
    /// How long the model may reason.
    pub reasoning_effort: ReasoningEffort,
}

/// How much a model reasons before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    /// Briefly.
    Low,
    /// What the model was published with.
    #[default]
    Medium,
    /// At length.
    High,
}

/// What the developer message says: the system prompt of other formats, tools, output formats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeveloperSettings {
    /// The API's "system" text; empty: none.
    pub instructions: String,
    /// Functions the model may call.
    pub tools: Vec<FunctionTool>,
    /// Formats the answer may have.
    pub response_formats: Vec<ResponseFormat>,
}

/// A function the model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionTool {
    /// Name without a namespace, `get_weather`.
    pub name: String,
    /// What it does; empty: not said.
    pub description: String,
    /// JSON schema of its arguments; null: it has none.
    pub parameters: Value,
}

/// A format the answer may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseFormat {
    /// Name, `shopping_list`.
    pub name: String,
    /// What it is for; empty: not said.
    pub description: String,
    /// JSON schema of the answer.
    pub schema: Value,
}

/// One message after the developer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What a user says.
    User(String),
    /// Reasoning of the model. Written down until a final message follows.
    Analysis(Written),
    /// What the model says before it calls tools.
    Preamble(Written),
    /// The model calls a tool.
    ToolCall(ToolCall),
    /// A tool answers the model.
    ToolResult(ToolResult),
    /// The model answers the user.
    Final(Written),
}

/// Text of the model, with the ids it was written with where they are known.
///
/// A sampled text is seldom cut into tokens as the encoder would cut it. With its own ids the
/// next prompt goes on from what was computed for it, token for token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Its ids; empty: not known.
    pub token_ids: Vec<TokenId>,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// Who is called, namespace included: `functions.get_weather`.
    pub recipient: String,
    /// Arguments, as the model wrote them.
    pub arguments: Written,
}

/// The answer of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// Who answers, namespace included: `functions.get_weather`.
    pub author: String,
    /// What it says.
    pub content: String,
}

impl Default for SystemSettings {
    /// The usual system message, without a date.
    fn default() -> Self {
        Self {
            identity: "You are ChatGPT, a large language model trained by OpenAI.".to_owned(),
            knowledge_cutoff: "2024-06".to_owned(),
            date: String::new(),
            reasoning_effort: ReasoningEffort::default(),
        }
    }
}

impl ReasoningEffort {
    /// Name as it stands in the system message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl DeveloperSettings {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty() && self.tools.is_empty() && self.response_formats.is_empty()
    }
}

impl ToolCall {
    /// Name without the namespace of functions, which other tools lack.
    pub fn name(&self) -> &str {
        self.recipient
            .strip_prefix(FUNCTIONS)
            .unwrap_or(&self.recipient)
    }

    /// A call of one of the caller's own functions.
    pub fn function(name: &str, arguments: impl Into<Written>) -> Self {
        Self {
            recipient: format!("{FUNCTIONS}{name}"),
            arguments: arguments.into(),
        }
    }
}

impl ToolResult {
    /// The answer of one of the caller's own functions.
    pub fn function(name: &str, content: impl Into<String>) -> Self {
        Self {
            author: format!("{FUNCTIONS}{name}"),
            content: content.into(),
        }
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self {
            text,
            token_ids: Vec::new(),
        }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Namespace of the caller's own functions, with its dot.
pub(super) const FUNCTIONS: &str = "functions.";

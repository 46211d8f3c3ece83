//! Messages of a chat request, and what they are to the engine.

use std::collections::HashMap;

use hearth_engine::{
    handle::EngineHandle,
    request::{ChatMessage, FunctionCall, Role},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::request_fault::{FaultKind, RequestFault};

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RequestMessage {
    role: RequestRole,
    #[serde(default)]
    content: Option<Content>,
    /// What the model thought, of an assistant.
    #[serde(default)]
    reasoning: Option<String>,
    /// The older name of the same.
    #[serde(default)]
    reasoning_content: Option<String>,
    /// What the model called, of an assistant.
    #[serde(default)]
    tool_calls: Option<Vec<RequestCall>>,
    /// The call that a tool answers.
    #[serde(default)]
    tool_call_id: Option<String>,
    /// Of the outdated role `function`: which one.
    #[serde(default)]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RequestRole {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

/// A text, or parts of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "a string or a list of parts is expected")]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// `text` and `refusal` are read, pictures and sounds are not.
#[derive(Debug, Deserialize, ToSchema)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

/// A call that the model made earlier.
#[derive(Debug, Deserialize, ToSchema)]
struct RequestCall {
    id: String,
    function: CalledFunction,
}

#[derive(Debug, Deserialize, ToSchema)]
struct CalledFunction {
    name: String,
    #[serde(default)]
    arguments: Option<String>,
}

/// The messages as the engine takes them.
pub(super) fn to_engine(
    messages: Vec<RequestMessage>,
    engine: &EngineHandle,
) -> Result<Vec<ChatMessage>, RequestFault> {
    if messages.is_empty() {
        return Err(RequestFault::field("messages", "messages is empty"));
    }
    // Names of the functions that were called, by the call's id.
    let mut called = HashMap::new();
    let mut told = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let at = |field: &str| format!("messages[{index}].{field}");
        let is_tool = matches!(message.role, RequestRole::Tool | RequestRole::Function);
        let has_calls = message.tool_calls.as_ref().is_some_and(|it| !it.is_empty());
        if (is_tool || has_calls) && !engine.has_tools() {
            return Err(RequestFault::field(
                at("role"),
                "this model cannot call tools",
            ));
        }
        told.push(message.into_engine(&mut called, at)?);
    }
    Ok(told)
}

impl RequestMessage {
    fn into_engine(
        self,
        called: &mut HashMap<String, String>,
        at: impl Fn(&str) -> String,
    ) -> Result<ChatMessage, RequestFault> {
        let role = match self.role {
            RequestRole::System | RequestRole::Developer => Role::System,
            RequestRole::User => Role::User,
            RequestRole::Assistant => Role::Assistant,
            RequestRole::Tool | RequestRole::Function => Role::Tool,
        };
        let content = match self.content {
            Some(content) => content.text(&at("content"))?,
            None if role == Role::Assistant => String::new(),
            None => return Err(RequestFault::field(at("content"), "content is missing")),
        };
        let mut message = ChatMessage::new(role, content);
        if role == Role::Assistant {
            let reasoning = self.reasoning.or(self.reasoning_content);
            message.reasoning = reasoning.unwrap_or_default();
            for call in self.tool_calls.unwrap_or_default() {
                let RequestCall { id, function } = call;
                called.insert(id, function.name.clone());
                message.calls.push(FunctionCall {
                    name: function.name,
                    arguments: function.arguments.unwrap_or_default(),
                });
            }
        }
        if role == Role::Tool {
            let named = match (self.role, self.tool_call_id) {
                (RequestRole::Function, _) => self.name,
                (_, Some(id)) => called.get(&id).cloned(),
                (_, None) => None,
            };
            let message_text = "a tool answers a call of an earlier message, by its id";
            message.function =
                named.ok_or_else(|| RequestFault::field(at("tool_call_id"), message_text))?;
        }
        Ok(message)
    }
}

impl Content {
    fn text(self, param: &str) -> Result<String, RequestFault> {
        let parts = match self {
            Self::Text(text) => return Ok(text),
            Self::Parts(parts) => parts,
        };
        let text = |part: Part| match (part.kind.as_str(), part.text, part.refusal) {
            ("text" | "input_text" | "output_text", Some(text), _) | ("refusal", _, Some(text)) => {
                Ok(text)
            }
            ("text" | "input_text" | "output_text" | "refusal", ..) => Err(RequestFault::field(
                param,
                format!("{param}: a part of kind {} has no text", part.kind),
            )),
            (kind, ..) => Err(RequestFault {
                kind: FaultKind::Invalid,
                message: format!("{param}: models here read text, not {kind}"),
                param: Some(param.to_owned()),
            }),
        };
        let texts: Vec<String> = parts.into_iter().map(text).collect::<Result<_, _>>()?;
        Ok(texts.join("\n"))
    }
}

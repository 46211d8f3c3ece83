//! Functions that a caller offers, and which of them the model must call.

use hearth_engine::{handle::EngineHandle, harmony::conversation::FunctionTool};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::request_fault::RequestFault;

/// Longest name of a function, in characters.
const MAX_NAME: usize = 64;
const MAX_TOOLS: usize = 128;

/// A tool; functions are the only kind.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Tool {
    /// `function`.
    #[serde(rename = "type", default = "function_kind")]
    kind: String,
    function: Function,
}

/// A function as the model is told of it.
#[derive(Debug, Deserialize, ToSchema)]
struct Function {
    /// Letters, digits, `_` and `-`, at most 64.
    name: String,
    #[serde(default)]
    description: Option<String>,
    /// JSON schema of the arguments.
    #[serde(default)]
    parameters: Value,
}

/// Whether the model calls: `none`, `auto`, `required`, or a function by name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "none, auto, required or an object naming a function is expected"
)]
pub(super) enum ToolChoice {
    Word(ChoiceWord),
    Named { function: ChosenFunction },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChoiceWord {
    None,
    Auto,
    Required,
}

/// The function to call.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChosenFunction {
    name: String,
}

/// What the model is offered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) tools: Vec<FunctionTool>,
    pub(super) must_call: MustCall,
}

/// Whether the answer begins with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum MustCall {
    #[default]
    No,
    Any,
    Named(String),
}

fn function_kind() -> String {
    "function".to_owned()
}

/// Checks the tools and the choice.
pub(super) fn offer(
    tools: Vec<Tool>,
    choice: Option<ToolChoice>,
    engine: &EngineHandle,
) -> Result<Offer, RequestFault> {
    if tools.len() > MAX_TOOLS {
        return Err(RequestFault::range("tools", &tools.len(), "at most 128"));
    }
    let has_tools = !tools.is_empty();
    let tools: Vec<FunctionTool> = (0..).zip(tools).map(function).collect::<Result<_, _>>()?;
    let must_call = match choice {
        None | Some(ToolChoice::Word(ChoiceWord::Auto)) => MustCall::No,
        // The model calls none if it knows none.
        Some(ToolChoice::Word(ChoiceWord::None)) => return Ok(Offer::default()),
        Some(ToolChoice::Word(ChoiceWord::Required)) if has_tools => match tools.as_slice() {
            [only] => MustCall::Named(only.name.clone()),
            _ => MustCall::Any,
        },
        Some(ToolChoice::Named { function }) if has_tools => {
            if !tools.iter().any(|tool| tool.name == function.name) {
                let message = format!("there is no tool named {:?}", function.name);
                return Err(RequestFault::field("tool_choice", message));
            }
            MustCall::Named(function.name)
        }
        Some(_) => {
            let message = "tool_choice needs tools";
            return Err(RequestFault::field("tool_choice", message));
        }
    };
    if has_tools && !engine.has_tools() {
        return Err(RequestFault::field("tools", "this model cannot call tools"));
    }
    Ok(Offer { tools, must_call })
}

fn function((index, tool): (usize, Tool)) -> Result<FunctionTool, RequestFault> {
    if tool.kind != "function" {
        let message = format!(
            "{:?} is no kind of tool that is known: function is",
            tool.kind
        );
        return Err(RequestFault::field(format!("tools[{index}].type"), message));
    }
    let Function {
        name,
        description,
        parameters,
    } = tool.function;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_letter) {
        let param = format!("tools[{index}].function.name");
        let message = "a name has 1 to 64 letters, digits, _ and -";
        return Err(RequestFault::field(param, message));
    }
    if !(parameters.is_null() || parameters.is_object()) {
        let param = format!("tools[{index}].function.parameters");
        return Err(RequestFault::field(param, "a JSON schema is an object"));
    }
    Ok(FunctionTool {
        name,
        description: description.unwrap_or_default(),
        parameters,
    })
}

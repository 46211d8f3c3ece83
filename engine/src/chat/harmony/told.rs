//! An answer of an earlier turn, as a caller tells it: only its texts are known.

use crate::{
    harmony::conversation::{Message, ToolCall},
    request::ChatMessage,
};

/// Reasoning, then either what was said before the calls and the calls, or the answer.
pub(super) fn messages(message: &ChatMessage) -> Vec<Message> {
    let mut messages = Vec::new();
    if !message.reasoning.is_empty() {
        messages.push(Message::Analysis(message.reasoning.as_str().into()));
    }
    if message.calls.is_empty() {
        messages.push(Message::Final(message.content.as_str().into()));
        return messages;
    }
    if !message.content.is_empty() {
        messages.push(Message::Preamble(message.content.as_str().into()));
    }
    let calls = message.calls.iter();
    messages
        .extend(calls.map(|call| {
            Message::ToolCall(ToolCall::function(&call.name, call.arguments.as_str()))
        }));
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{FunctionCall, Role};

    #[test]
    fn what_is_said_before_a_call_is_no_answer() {
        let mut message = ChatMessage::new(Role::Assistant, "Let me see.");
        assert_eq!(messages(&message), [Message::Final("Let me see.".into())]);
        message.reasoning = "A sum.".to_owned();
        message.calls = vec![FunctionCall {
            name: "add".to_owned(),
            arguments: "{}".to_owned(),
        }];
        let expected = [
            Message::Analysis("A sum.".into()),
            Message::Preamble("Let me see.".into()),
            Message::ToolCall(ToolCall::function("add", "{}")),
        ];
        assert_eq!(messages(&message), expected);
    }
}

//! An answer of an earlier turn, read back from its ids.

use crate::{
    chat::PART_SEPARATOR,
    harmony::{
        Channel,
        conversation::{Message, ToolCall, ToolResult, Written},
        parser::Event,
        tool_chain::ChainEvent,
    },
    request::TokenId,
    tokenizer::Tokenizer,
};

/// The messages so far.
#[derive(Default)]
pub(super) struct Answered {
    messages: Vec<Message>,
    open: Option<Open>,
    /// A call that is complete and not answered yet.
    call: Option<ToolCall>,
}

struct Open {
    channel: Channel,
    recipient: Option<String>,
    token_ids: Vec<TokenId>,
}

impl Answered {
    pub(super) fn take(&mut self, event: ChainEvent, tokenizer: &Tokenizer) {
        match event {
            ChainEvent::Model(Event::MessageStarted { channel, recipient }) => {
                let token_ids = Vec::new();
                self.open = Some(Open {
                    channel,
                    recipient,
                    token_ids,
                });
            }
            ChainEvent::Model(Event::Text { token, .. }) => {
                if let Some(open) = &mut self.open {
                    open.token_ids.push(token);
                }
            }
            ChainEvent::Model(Event::MessageEnded) => {
                if let Some(open) = self.open.take() {
                    self.close(open, tokenizer);
                }
            }
            ChainEvent::ToolResult(token_ids) => {
                if let Some(call) = self.call.take() {
                    let author = call.recipient.clone();
                    let content = written(token_ids, tokenizer).text;
                    self.messages.push(Message::ToolCall(call));
                    self.messages
                        .push(Message::ToolResult(ToolResult { author, content }));
                }
            }
            ChainEvent::Model(Event::ToolCall { .. } | Event::Finished) => {}
        }
    }

    fn close(&mut self, open: Open, tokenizer: &Tokenizer) {
        let arguments = || written(open.token_ids.clone(), tokenizer);
        match (open.channel, open.recipient) {
            (_, Some(recipient)) => {
                let arguments = arguments();
                self.call = Some(ToolCall {
                    recipient,
                    arguments,
                });
            }
            (Channel::Analysis, None) => {}
            (Channel::Commentary, None) => self.messages.push(Message::Preamble(arguments())),
            (Channel::Final, None) => self.messages.push(Message::Final(arguments())),
        }
    }

    /// The messages, whose text together is `content`: what the person has seen counts. An answer
    /// that a stop string cut, or whose ids are another model's, becomes one final message.
    pub(super) fn messages(mut self, content: &str) -> Vec<Message> {
        let texts = self.messages.iter().filter_map(|message| match message {
            Message::Preamble(written) | Message::Final(written) => Some(written.text.as_str()),
            _ => None,
        });
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        let is_told = texts.join(PART_SEPARATOR) == content;
        let is_final = |message: &Message| matches!(message, Message::Final(_));
        if is_told && self.messages.last().is_some_and(is_final) {
            return self.messages;
        }
        self.messages
            .retain(|message| matches!(message, Message::ToolCall(_) | Message::ToolResult(_)));
        self.messages.push(Message::Final(content.into()));
        self.messages
    }
}

fn written(token_ids: Vec<TokenId>, tokenizer: &Tokenizer) -> Written {
    let bytes: Vec<u8> = token_ids
        .iter()
        .flat_map(|&id| tokenizer.text_bytes(id))
        .copied()
        .collect();
    Written {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        token_ids,
    }
}

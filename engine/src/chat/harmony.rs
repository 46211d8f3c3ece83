//! The harmony format, for conversations of plain messages.

mod answered;
mod told;

use answered::Answered;

use super::{ChatTemplateError, PromptTokens};
use crate::{
    harmony::{
        Channel, ControlIds, Spell,
        conversation::{
            DeveloperSettings, HarmonyConversation, Message, SystemSettings, ToolCall, ToolResult,
        },
        render::{Piece, answered_call, begun_call, begun_message, outlined, to_ids},
        tool_chain::{ChainEvent, ToolChainParser},
    },
    request::{ChatMessage, Conversation, Role, TokenId},
    tokenizer::Tokenizer,
};

/// Control tokens of a vocabulary that has the format's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harmony {
    ids: ControlIds,
}

impl Spell for Tokenizer {
    fn spell(&self, token: TokenId) -> &[u8] {
        self.text_bytes(token)
    }
}

impl Harmony {
    pub(super) fn new(tokenizer: &Tokenizer) -> Result<Self, ChatTemplateError> {
        let ids = ControlIds::resolve(|name| tokenizer.control(name));
        let ids = ids.map_err(|missing| ChatTemplateError::MissingToken(missing.0))?;
        Ok(Self { ids })
    }

    /// Reads an answer that begins where [`Self::prompt`] ends.
    pub(super) fn parser(&self) -> ToolChainParser {
        ToolChainParser::new(self.ids.clone())
    }

    /// System messages become the developer's instructions: they are those of people.
    pub(super) fn prompt(
        &self,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> PromptTokens {
        let (told, firsts) = self.told(conversation, tokenizer);
        let (pieces, outline) = outlined(&told);
        let mut ids = Vec::new();
        // Where every piece begins.
        let mut at = vec![0];
        for piece in &pieces {
            ids.extend(self.to_ids(std::slice::from_ref(piece), tokenizer));
            at.push(ids.len());
        }
        let messages = conversation.messages.iter().zip(firsts.windows(2));
        let messages = messages.map(|(message, firsts)| {
            let pieces = match message.role {
                Role::System => outline.developer.clone(),
                _ => outline.messages[firsts[0]]..outline.messages[firsts[1]],
            };
            at[pieces.start]..at[pieces.end]
        });
        let messages = messages.collect();
        PromptTokens::new(ids, messages, at[outline.answer()])
    }

    /// A conversation in the words of the format; of every message the number of the first that it
    /// became, and at last the number of all.
    fn told(
        &self,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> (HarmonyConversation, Vec<usize>) {
        let system = conversation.messages.iter();
        let instructions: Vec<&str> = system
            .filter(|message| message.role == Role::System)
            .map(|message| message.content.as_str())
            .collect();
        let (mut messages, mut firsts) = (Vec::new(), Vec::new());
        for message in &conversation.messages {
            firsts.push(messages.len());
            match message.role {
                Role::System => {}
                Role::User => messages.push(Message::User(message.content.clone())),
                Role::Assistant if message.token_ids.is_empty() => {
                    messages.extend(told::messages(message));
                }
                Role::Assistant => messages.extend(self.answered(message, tokenizer)),
                Role::Tool => {
                    let content = message.content.clone();
                    let result = ToolResult::function(&message.function, content);
                    messages.push(Message::ToolResult(result));
                }
            }
        }
        firsts.push(messages.len());
        let told = HarmonyConversation {
            system: SystemSettings {
                date: conversation.date.clone(),
                reasoning_effort: conversation.reasoning_effort,
                ..SystemSettings::default()
            },
            developer: DeveloperSettings {
                instructions: instructions.join("\n\n"),
                tools: conversation.tools.clone(),
                response_formats: conversation.response_format.iter().cloned().collect(),
            },
            messages,
        };
        (told, firsts)
    }

    /// Ids of an answer of which only the text is known.
    pub(super) fn answer(&self, text: &str, tokenizer: &Tokenizer) -> Vec<TokenId> {
        self.to_ids(&begun_message(Channel::Final, text), tokenizer)
    }

    /// Ids between a call and what the model writes after its result.
    pub(super) fn tool_result(
        &self,
        call: &ToolCall,
        content: &str,
        tokenizer: &Tokenizer,
    ) -> Vec<TokenId> {
        let result = ToolResult {
            author: call.recipient.clone(),
            content: content.to_owned(),
        };
        self.to_ids(&answered_call(&result), tokenizer)
    }

    /// Ids with which the model begins a call.
    pub(super) fn begun_call(&self, function: Option<&str>, tokenizer: &Tokenizer) -> Vec<TokenId> {
        self.to_ids(&begun_call(function), tokenizer)
    }

    fn to_ids(&self, pieces: &[Piece], tokenizer: &Tokenizer) -> Vec<TokenId> {
        to_ids(pieces, &self.ids, tokenizer, |text| {
            tokenizer.encode_text(text)
        })
    }

    /// The messages of an answer: calls that were answered, and its text with its own ids.
    /// Reasoning is left out.
    fn answered(&self, message: &ChatMessage, tokenizer: &Tokenizer) -> Vec<Message> {
        let mut parser = self.parser();
        let mut answer = Answered::default();
        for id in &message.token_ids {
            for event in parser.push(*id, tokenizer) {
                answer.take(event, tokenizer);
            }
        }
        for event in parser.finish() {
            answer.take(ChainEvent::Model(event), tokenizer);
        }
        answer.messages(&message.content)
    }
}

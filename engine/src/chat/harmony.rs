//! The harmony format, for conversations of plain messages.

use super::ChatTemplateError;
use crate::{
    harmony::{
        Channel, ControlIds, ControlToken, Spell,
        conversation::{DeveloperSettings, HarmonyConversation, Message, SystemSettings, Written},
        parser::{Event, HarmonyParser},
        render::{Ending, render, to_ids},
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
    pub(super) fn parser(&self) -> HarmonyParser {
        HarmonyParser::new(self.ids.clone())
    }

    /// System messages become the developer's instructions: they are those of people.
    pub(super) fn prompt(
        &self,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> Vec<TokenId> {
        let of_role = |role| {
            let messages = conversation.messages.iter();
            messages.filter(move |message| message.role == role)
        };
        let instructions: Vec<&str> = of_role(Role::System)
            .map(|message| message.content.as_str())
            .collect();
        let messages = conversation.messages.iter();
        let messages = messages.filter_map(|message| match message.role {
            Role::System => None,
            Role::User => Some(Message::User(message.content.clone())),
            Role::Assistant => Some(Message::Final(self.written(message, tokenizer))),
        });
        let conversation = HarmonyConversation {
            system: SystemSettings {
                date: conversation.date.clone(),
                reasoning_effort: conversation.reasoning_effort,
                ..SystemSettings::default()
            },
            developer: DeveloperSettings {
                instructions: instructions.join("\n\n"),
                ..DeveloperSettings::default()
            },
            messages: messages.collect(),
        };
        let pieces = render(&conversation, &Ending::NewMessage);
        to_ids(&pieces, &self.ids, tokenizer, |text| {
            tokenizer.encode_text(text)
        })
    }

    /// Ids of an answer of which only the text is known.
    pub(super) fn answer(&self, text: &str, tokenizer: &Tokenizer) -> Vec<TokenId> {
        let mut ids = vec![self.ids.id(ControlToken::Channel)];
        ids.extend(tokenizer.encode_text(Channel::Final.name()));
        ids.push(self.ids.id(ControlToken::Message));
        ids.extend(tokenizer.encode_text(text));
        ids
    }

    /// The answer with its own ids, those of the reasoning and of headers left out.
    fn written(&self, message: &ChatMessage, tokenizer: &Tokenizer) -> Written {
        let mut parser = self.parser();
        let events = message.token_ids.iter();
        let events = events.flat_map(|id| parser.push(*id, tokenizer));
        let token_ids = events.filter_map(|event| match event {
            Event::Text {
                channel: Channel::Final,
                token,
            } => Some(token),
            _ => None,
        });
        Written {
            text: message.content.clone(),
            token_ids: token_ids.collect(),
        }
    }
}

//! The harmony format of gpt-oss: conversations to prompts, tokens of an answer to messages.
//!
//! Both directions know control tokens and the order of what stands between them, nothing else:
//! no model, no clock and no tokenizer beyond [`Spell`]. Text that people, tools or the model
//! wrote never becomes a control token, and no malformed header loses a word.
//!
//! Reading order: [`conversation`] (what is said), [`render`] (how it is written down),
//! [`parser`] (how an answer is read while it is being written), [`tool_chain`] (answers in which
//! tools were called).
//!
//! Source: `docs/format.md` of openai/harmony.

mod control;
pub mod conversation;
pub mod parser;
pub mod render;
pub mod tool_chain;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_vocabulary;

pub use control::{ControlIds, ControlToken, MissingControlToken};
pub(crate) use parser::CONTENT_TYPES;

use crate::request::TokenId;

/// The part of an answer a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Reasoning, never shown as the answer.
    Analysis,
    /// Tool calls, and what the model says to the user before it calls tools.
    Commentary,
    /// The answer.
    Final,
}

/// What the format needs to know of a vocabulary.
pub trait Spell {
    /// Bytes of an ordinary token; empty for a control token and for an unknown id.
    fn spell(&self, token: TokenId) -> &[u8];
}

impl Channel {
    /// Every channel, in the order in which the system message names them.
    pub const ALL: [Self; 3] = [Self::Analysis, Self::Commentary, Self::Final];

    /// Name as it stands in a header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Commentary => "commentary",
            Self::Final => "final",
        }
    }
}

//! The control tokens of the format and their ids in one vocabulary.

use crate::request::TokenId;

/// A token that structures a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlToken {
    /// A header begins.
    Start,
    /// A message ends, the answer goes on.
    End,
    /// The header is over, the text begins.
    Message,
    /// A channel name follows.
    Channel,
    /// A content type follows.
    Constrain,
    /// The answer is complete.
    Return,
    /// A tool is called; the answer goes on after its result.
    Call,
    /// The text is over, as in models without the format.
    EndOfText,
}

/// The id of every [`ControlToken`] in the vocabulary of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlIds([TokenId; ControlToken::ALL.len()]);

/// The vocabulary is not one of the harmony format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the harmony format uses {0}, which the vocabulary does not have")]
pub struct MissingControlToken(pub &'static str);

impl ControlToken {
    /// Every control token, in the order of the enum.
    pub const ALL: [Self; 8] = [
        Self::Start,
        Self::End,
        Self::Message,
        Self::Channel,
        Self::Constrain,
        Self::Return,
        Self::Call,
        Self::EndOfText,
    ];

    /// Name in the vocabulary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "<|start|>",
            Self::End => "<|end|>",
            Self::Message => "<|message|>",
            Self::Channel => "<|channel|>",
            Self::Constrain => "<|constrain|>",
            Self::Return => "<|return|>",
            Self::Call => "<|call|>",
            Self::EndOfText => "<|endoftext|>",
        }
    }
}

impl ControlIds {
    /// Looks every name up in a vocabulary.
    ///
    /// # Errors
    /// [`MissingControlToken`] names the first one that is not there.
    pub fn resolve(
        id_of: impl Fn(&'static str) -> Option<TokenId>,
    ) -> Result<Self, MissingControlToken> {
        let mut ids = [TokenId(0); ControlToken::ALL.len()];
        for (id, token) in ids.iter_mut().zip(ControlToken::ALL) {
            *id = id_of(token.name()).ok_or(MissingControlToken(token.name()))?;
        }
        Ok(Self(ids))
    }

    /// Id of a control token.
    pub fn id(&self, token: ControlToken) -> TokenId {
        self.0[token as usize]
    }

    /// The control token of that id, if it is one of the format's.
    pub fn token(&self, id: TokenId) -> Option<ControlToken> {
        let position = self.0.iter().position(|&control| control == id)?;
        Some(ControlToken::ALL[position])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harmony::word_vocabulary::WordVocabulary;

    #[test]
    fn every_control_token_is_found_by_its_id() {
        let ids = WordVocabulary::control_ids();
        for token in ControlToken::ALL {
            assert_eq!(ids.token(ids.id(token)), Some(token));
        }
        assert_eq!(ids.token(TokenId(0)), None);
    }

    #[test]
    fn the_first_missing_token_is_named() {
        let id_of = |name| (name != "<|call|>" && name != "<|endoftext|>").then_some(TokenId(1));
        let error = ControlIds::resolve(id_of).unwrap_err();
        assert_eq!(error, MissingControlToken("<|call|>"));
    }
}

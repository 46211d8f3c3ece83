//! Text and tokens outside of conversations, for callers that speak of tokens.
//!
//! All of it is empty until the file is open: wait for [`EngineHandle::state`] to be ready.

use super::EngineHandle;
use crate::{request::TokenId, tokenizer::Tokenizer};

impl EngineHandle {
    /// Ids of a text in which the name of a control token is ordinary text.
    pub fn encode_text(&self, text: &str) -> Vec<TokenId> {
        self.tokenizer()
            .map(|tokenizer| tokenizer.encode_text(text))
            .unwrap_or_default()
    }

    /// Token that begins every prompt, where the model wants one.
    pub fn begin_token(&self) -> Option<TokenId> {
        self.tokenizer().and_then(Tokenizer::begin_token)
    }

    /// Text of these tokens, names of control tokens included; what is no character is replaced.
    pub fn decode_tokens(&self, ids: &[TokenId]) -> String {
        self.tokenizer()
            .map(|tokenizer| tokenizer.decode(ids))
            .unwrap_or_default()
    }

    /// Bytes of a token: of an ordinary one its own, of a control token those of its name.
    pub fn token_bytes(&self, id: TokenId) -> Vec<u8> {
        self.tokenizer()
            .map(|tokenizer| tokenizer.bytes_of(id).to_vec())
            .unwrap_or_default()
    }

    /// Whether a token is none of any text.
    pub fn is_control(&self, id: TokenId) -> bool {
        self.tokenizer()
            .is_some_and(|tokenizer| tokenizer.is_control(id))
    }

    /// Number of tokens of the vocabulary.
    pub fn vocab_size(&self) -> usize {
        self.tokenizer().map_or(0, Tokenizer::vocab_size)
    }

    /// Ids at the beginning of an answer that calls a function: this one, or one that the model
    /// chooses. Empty where no function can be called.
    pub fn begun_call(&self, function: Option<&str>) -> Vec<TokenId> {
        let opened = self.shared.opened();
        opened
            .map(|opened| opened.template.begun_call(function, &opened.tokenizer))
            .unwrap_or_default()
    }

    fn tokenizer(&self) -> Option<&Tokenizer> {
        self.shared.opened().map(|opened| &opened.tokenizer)
    }
}

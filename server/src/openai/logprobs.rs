//! Probabilities of tokens, in the shapes of chats and of completions.

use std::collections::BTreeMap;

use hearth_engine::{
    handle::EngineHandle,
    request::{TokenId, TokenLogprobs},
};
use serde::Serialize;
use utoipa::ToSchema;

/// JSON has no minus infinity; this is how OpenAI tells it.
const IMPOSSIBLE: f32 = -9999.0;

/// Of a chat's answer.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct ChatLogprobs {
    content: Vec<ChatToken>,
    refusal: Option<String>,
}

/// A token of the visible text.
#[derive(Debug, Serialize, ToSchema)]
struct ChatToken {
    #[serde(flatten)]
    token: AnyToken,
    /// The most probable ones, the best first.
    top_logprobs: Vec<AnyToken>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AnyToken {
    token: String,
    logprob: f32,
    /// A token may be a part of a character.
    bytes: Vec<u8>,
}

/// Of a completion. The lists have one place for each token.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct CompletionLogprobs {
    tokens: Vec<String>,
    /// Absent for tokens of an echoed prompt.
    token_logprobs: Vec<Option<f32>>,
    top_logprobs: Vec<Option<BTreeMap<String, f32>>>,
    /// Where each token begins, in characters of the text.
    text_offset: Vec<usize>,
    #[serde(skip)]
    num_chars: usize,
}

impl ChatLogprobs {
    pub(super) fn push(&mut self, tokens: &[TokenLogprobs], engine: &EngineHandle) {
        let any = |&(id, logprob): &(TokenId, f32)| {
            let bytes = engine.token_bytes(id);
            AnyToken {
                token: spelled(&bytes),
                logprob: finite(logprob),
                bytes,
            }
        };
        self.content.extend(tokens.iter().map(|it| ChatToken {
            token: any(&(it.id, it.logprob)),
            top_logprobs: it.top.iter().map(any).collect(),
        }));
    }

    pub(super) fn of(tokens: &[TokenLogprobs], engine: &EngineHandle) -> Self {
        let mut logprobs = Self::default();
        logprobs.push(tokens, engine);
        logprobs
    }
}

impl CompletionLogprobs {
    /// The next ones of the same answer, apart from these.
    pub(super) fn rest(&self) -> Self {
        Self {
            num_chars: self.num_chars,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, tokens: &[TokenLogprobs], engine: &EngineHandle) {
        for it in tokens {
            self.place(it.id, engine);
            self.token_logprobs.push(Some(finite(it.logprob)));
            let top = it.top.iter();
            let top = top.map(|&(id, logprob)| (spelled(&engine.token_bytes(id)), finite(logprob)));
            self.top_logprobs.push(Some(top.collect()));
        }
    }

    /// Tokens of an echoed prompt: their probabilities are not computed.
    pub(super) fn push_prompt(&mut self, ids: &[TokenId], engine: &EngineHandle) {
        for &id in ids {
            self.place(id, engine);
            self.token_logprobs.push(None);
            self.top_logprobs.push(None);
        }
    }

    fn place(&mut self, id: TokenId, engine: &EngineHandle) {
        let bytes = engine.token_bytes(id);
        self.text_offset.push(self.num_chars);
        // A byte that continues a character begins none.
        self.num_chars += bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        self.tokens.push(spelled(&bytes));
    }
}

fn finite(logprob: f32) -> f32 {
    logprob.max(IMPOSSIBLE)
}

/// A token's text; a part of a character as OpenAI writes it, `bytes:\xe4\xbd`.
fn spelled(bytes: &[u8]) -> String {
    use std::fmt::Write;
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = "bytes:".to_owned();
    for byte in bytes {
        write!(text, "\\x{byte:02x}").expect("invariant: a String takes every write");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_character_is_told_as_bytes() {
        assert_eq!(spelled("中".as_bytes()), "中");
        assert_eq!(spelled(&"中".as_bytes()[..2]), "bytes:\\xe4\\xb8");
        assert!((finite(f32::NEG_INFINITY) - IMPOSSIBLE).abs() < f32::EPSILON);
    }
}

//! Probabilities of tokens, in the shapes of chats and of completions.

use std::collections::BTreeMap;

use hearth_engine::{
    handle::EngineHandle,
    request::{TokenId, TokenLogprobs},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::completion_response::Echo;

/// JSON has no minus infinity; this is how OpenAI tells it.
const IMPOSSIBLE: f32 = -9999.0;
/// Bytes of a token with its probability as JSON: of a completion some 20, of a chat some 60.
const TOLD_BYTES: usize = 32;

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
    /// Absent for the first token of an echoed prompt: nothing stands before it.
    token_logprobs: Vec<Option<f32>>,
    top_logprobs: Vec<Option<BTreeMap<String, f32>>>,
    /// Where each token begins, in characters of the text.
    text_offset: Vec<usize>,
    #[serde(skip)]
    num_chars: usize,
}

/// About how long these are as JSON, in bytes.
pub(super) fn num_bytes(tokens: &[TokenLogprobs]) -> usize {
    let num_told = tokens.iter().map(|it| 1 + it.top.len());
    num_told.sum::<usize>() * TOLD_BYTES
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

    /// Tokens of an answer, whose text has no control tokens.
    pub(super) fn push_answer(&mut self, tokens: &[TokenLogprobs], engine: &EngineHandle) {
        for it in tokens {
            self.push(it, !engine.is_control(it.id), engine);
        }
    }

    /// An echoed prompt, and the probabilities of its tokens from the second one on.
    pub(super) fn push_prompt(
        &mut self,
        echo: &Echo,
        rest: &[TokenLogprobs],
        engine: &EngineHandle,
    ) {
        if let Some(&first) = echo.ids.first() {
            self.place(first, echo.num_hidden == 0, engine);
            self.token_logprobs.push(None);
            self.top_logprobs.push(None);
        }
        for it in rest {
            self.push(it, true, engine);
        }
    }

    fn push(&mut self, it: &TokenLogprobs, is_in_text: bool, engine: &EngineHandle) {
        self.place(it.id, is_in_text, engine);
        self.token_logprobs.push(Some(finite(it.logprob)));
        // The chosen one is told beside the most probable ones, as OpenAI does.
        let chosen = (it.id, it.logprob);
        let told = it.top.iter().chain([&chosen]);
        let told = told.map(|&(id, logprob)| (spelled(&engine.token_bytes(id)), finite(logprob)));
        self.top_logprobs.push(Some(told.collect()));
    }

    fn place(&mut self, id: TokenId, is_in_text: bool, engine: &EngineHandle) {
        let bytes = engine.token_bytes(id);
        self.text_offset.push(self.num_chars);
        if is_in_text {
            // A byte that continues a character begins none.
            self.num_chars += bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        }
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

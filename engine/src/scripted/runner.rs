//! Logits by script.

use super::{Certainty, ScriptedModel, Slept, sleep};
use crate::request::TokenId;

/// The bytes and two control tokens.
pub(crate) const VOCAB_SIZE: usize = 258;
const START: TokenId = TokenId(256);
const END: TokenId = TokenId(257);
/// Prompt tokens that take one prefill delay.
const PREFILL_UNIT: usize = 32;

/// A loaded scripted model. Its cache is the list of tokens computed.
#[derive(Debug)]
pub(crate) struct ScriptedRunner {
    model: ScriptedModel,
}

/// What a prompt says, and how much of the answer is there.
struct Situation {
    num_user_messages: usize,
    last_user_message: Vec<u8>,
    num_answer_tokens: usize,
}

impl ScriptedRunner {
    pub(super) fn new(model: ScriptedModel) -> Self {
        Self { model }
    }

    pub(crate) fn forward(
        &mut self,
        tokens: &[TokenId],
        history: &mut Vec<TokenId>,
        abort: &dyn Fn() -> bool,
    ) -> Option<Vec<f32>> {
        history.extend_from_slice(tokens);
        let situation = Situation::of(history);
        let is_decode = tokens.len() == 1 && situation.num_answer_tokens > 0;
        let delay = if is_decode {
            self.model.token_delay
        } else {
            let num_units = u32::try_from(tokens.len().div_ceil(PREFILL_UNIT)).unwrap_or(u32::MAX);
            self.model.prefill_delay.saturating_mul(num_units)
        };
        if sleep(delay, abort) == Slept::Interrupted {
            return None;
        }
        if let Some(limit) = self.model.panic_after {
            assert!(
                situation.num_answer_tokens < limit,
                "the script says to panic here"
            );
        }
        Some(self.logits(&situation))
    }

    /// `[258]`
    fn logits(&self, situation: &Situation) -> Vec<f32> {
        if self.model.certainty == Certainty::Broken {
            return vec![f32::NAN; VOCAB_SIZE];
        }
        let answer = match self.model.answers.as_slice() {
            [] => situation.last_user_message.as_slice(),
            answers => {
                let index = situation.num_user_messages.saturating_sub(1);
                answers[index.min(answers.len() - 1)].as_bytes()
            }
        };
        let next = answer
            .get(situation.num_answer_tokens)
            .map_or(END, |&byte| TokenId(u32::from(byte)));
        let mut logits = vec![f32::NEG_INFINITY; VOCAB_SIZE];
        if self.model.certainty == Certainty::None {
            logits[usize::from(b'a')..=usize::from(b'z')].fill(0.0);
        }
        // An end that is only probable would end answers at random.
        logits[next.0 as usize] = if next == END { 100.0 } else { 0.5 };
        logits
    }
}

impl Situation {
    /// Reads `ChatML` back. People's text holds no control tokens, so the turns are certain.
    fn of(history: &[TokenId]) -> Self {
        let mut situation = Self {
            num_user_messages: 0,
            last_user_message: Vec::new(),
            num_answer_tokens: 0,
        };
        for turn in history.split(|&id| id == START).skip(1) {
            let bytes: Vec<u8> = turn
                .iter()
                .map_while(|id| u8::try_from(id.0).ok())
                .collect();
            situation.num_answer_tokens = 0;
            if let Some(message) = bytes.strip_prefix(b"user\n") {
                situation.num_user_messages += 1;
                situation.last_user_message = message.to_vec();
            } else if let Some(answer) = bytes.strip_prefix(b"assistant\n") {
                situation.num_answer_tokens = answer.len();
            }
        }
        situation
    }
}

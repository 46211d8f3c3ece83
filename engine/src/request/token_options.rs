//! What few requests ask for: probabilities, and which tokens may come.

use std::time::Instant;

use serde_json::Value;

use super::TokenId;
use crate::answer_format::CompiledFormat;

/// Beside sampling; the default asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct TokenOptions {
    /// With every token its probability and that of so many most probable ones.
    pub top_logprobs: Option<usize>,
    /// The same of the tokens that are given, from the second one on; all of them are computed.
    pub scores_prompt: bool,
    /// Added to the logits of these tokens; minus infinity forbids one.
    pub logit_bias: Vec<(TokenId, f32)>,
    /// They end the answer, beside the model's own, and are not part of it.
    pub stop_tokens: Vec<TokenId>,
    /// The model's own end tokens are forbidden until there are so many new tokens.
    pub min_tokens: usize,
    /// The model's own end tokens are forbidden.
    pub ignores_end: bool,
    /// What the visible part of the answer must be.
    pub format: Option<CompiledFormat>,
    /// The answer is text as it comes, whatever the format of the model's chats.
    pub is_plain: bool,
    /// It fails if it is not complete by then.
    pub deadline: Option<Instant>,
}

/// Text that a program reads.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerFormat {
    /// One object of JSON.
    JsonObject,
    /// JSON of a schema.
    JsonSchema(Value),
}

/// The natural logarithms of the probabilities a token was chosen with, before temperature and
/// filters.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprobs {
    pub id: TokenId,
    pub logprob: f32,
    /// The most probable tokens, the best first.
    pub top: Vec<(TokenId, f32)>,
}

impl TokenLogprobs {
    /// Of the chosen token `id`, and of the `num_top` most probable ones. `logits`:
    /// `[vocab_size]`; NaN counts as impossible.
    ///
    /// # Panics
    /// If `id` is not below `vocab_size`.
    pub(crate) fn new(logits: &[f32], id: TokenId, num_top: usize) -> Self {
        let finite = |logit: f32| if logit.is_nan() { f32::MIN } else { logit };
        let largest = logits.iter().copied().map(finite).fold(f32::MIN, f32::max);
        let powers = logits
            .iter()
            .map(|logit| f64::from(finite(*logit) - largest).exp());
        let total = powers.sum::<f64>().ln();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a probability as others tell it"
        )]
        let logprob = |logit: f32| (f64::from(finite(logit) - largest) - total) as f32;
        let mut order: Vec<(u32, f32)> = if num_top == 0 {
            Vec::new()
        } else {
            (0..).zip(logits.iter().copied().map(finite)).collect()
        };
        let better = |left: &(u32, f32), right: &(u32, f32)| {
            right.1.total_cmp(&left.1).then(left.0.cmp(&right.0))
        };
        let num_top = num_top.min(order.len());
        if num_top > 0 && num_top < order.len() {
            order.select_nth_unstable_by(num_top - 1, better);
        }
        order.truncate(num_top);
        order.sort_unstable_by(better);
        Self {
            id,
            logprob: logprob(logits[id.0 as usize]),
            top: order
                .into_iter()
                .map(|(id, logit)| (TokenId(id), logprob(logit)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_and_the_best_come_first() {
        let logits = [1.0, f32::NAN, 3.0, 3.0, f32::NEG_INFINITY];
        let found = TokenLogprobs::new(&logits, TokenId(0), 3);
        let ids: Vec<u32> = found.top.iter().map(|(id, _)| id.0).collect();
        assert_eq!(ids, [2, 3, 0]);
        let total: f32 = found.top.iter().map(|(_, logprob)| logprob.exp()).sum();
        assert!((total - 1.0).abs() < 1e-6, "{total}");
        assert!((found.logprob - found.top[2].1).abs() < 1e-6);
        assert!(TokenLogprobs::new(&logits, TokenId(4), 0).top.is_empty());
        assert_eq!(TokenLogprobs::new(&logits, TokenId(4), 9).top.len(), 5);
    }
}

//! Computes logits position by position, and says how far they are from golden ones.

use crate::{
    model_runner::{Logits, ModelRunner},
    request::TokenId,
};

/// Tokens computed at once: bounds the memory that logits take.
const CHUNK: usize = 64;
/// Tokens whose log-probabilities are compared: the golden run's most likely ones.
pub(super) const TOP: usize = 20;

pub(super) fn for_each_position(
    runner: &mut ModelRunner,
    tokens: &[TokenId],
    mut look: impl FnMut(usize, &Logits),
) {
    let mut cache = runner.new_cache();
    let mut position = 0;
    for chunk in tokens.chunks(CHUNK) {
        let logits;
        (logits, cache) = runner.forward_all(chunk, cache);
        for logits in &logits {
            look(position, logits);
            position += 1;
        }
    }
}

/// Largest distance of a log-probability among the golden run's most likely tokens.
pub(super) fn top_distance(golden: &[f32], logits: &[f32]) -> f64 {
    let mut order: Vec<usize> = (0..golden.len()).collect();
    order.sort_unstable_by(|a, b| golden[*b].total_cmp(&golden[*a]));
    let (golden_total, total) = (log_total(golden), log_total(logits));
    let distance = |token: &usize| {
        let golden = f64::from(golden[*token]) - golden_total;
        (f64::from(logits[*token]) - total - golden).abs()
    };
    order.iter().take(TOP).map(distance).fold(0.0, f64::max)
}

/// Logarithm of the sum of exponentials.
pub(super) fn log_total(logits: &[f32]) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let total: f64 = logits
        .iter()
        .map(|logit| (f64::from(*logit) - largest).exp())
        .sum();
    largest + total.ln()
}

pub(super) fn argmax(logits: &[f32]) -> usize {
    let larger = |best: usize, index: usize| {
        if logits[index] > logits[best] {
            index
        } else {
            best
        }
    };
    (0..logits.len()).reduce(larger).unwrap_or(0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a report needs no more digits"
)]
pub(super) fn to_f32(value: f64) -> f32 {
    value as f32
}

/// Largest distance of a logit.
pub(super) fn logit_distance(golden: &[f32], logits: &[f32]) -> f32 {
    let pairs = golden.iter().zip(logits);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

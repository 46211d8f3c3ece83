//! How much the rounding of activations changes what a model predicts: the same weights with f32
//! activations, along the same text.

use std::path::Path;

use serde::Serialize;

use super::{
    VerifyError,
    distance::{argmax, for_each_position, log_total},
};
use crate::{
    loader::{ModelFile, WeightFormat},
    model_runner::{Logits, ModelRunner, RunnerConfig},
    request::TokenId,
};

/// Tokens of a text that are read together; the second half of them is scored.
const WINDOW: usize = 512;
/// A text that ends with a shorter window than this is cut there.
const SHORTEST_WINDOW: usize = 64;

/// Distance of two ways to compute one model, over the scored tokens of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgainstReport {
    /// Tokens that were scored.
    pub num_scored: usize,
    /// Mean Kullback-Leibler divergence of the rounded prediction from the exact one, in nats,
    /// over the whole vocabulary.
    pub mean_kl: f64,
    /// The largest of them.
    pub max_kl: f64,
    /// Share of tokens at which both have the same likeliest token.
    pub same_top: f64,
    /// Perplexity of the text with f32 activations.
    pub exact_perplexity: f64,
    /// The same with rounded activations.
    pub perplexity: f64,
}

/// Sums over scored tokens.
#[derive(Debug, Default)]
struct Sums {
    num_scored: usize,
    num_same_top: usize,
    kl: f64,
    max_kl: f64,
    exact_loss: f64,
    loss: f64,
}

/// Loads the model at `model` and reads `text` twice: with f32 activations and weights as they are
/// stored, then with rounded activations and `weights`. Where these differ, both models are in
/// memory.
///
/// # Errors
/// [`VerifyError`] if the model cannot be loaded or the text is too short to score.
pub fn verify_against_exact(
    model: &Path,
    text: &[TokenId],
    (num_threads, weights): (usize, WeightFormat),
) -> Result<AgainstReport, VerifyError> {
    let load = |weights: WeightFormat| {
        let config = RunnerConfig {
            num_threads,
            weights,
            ..RunnerConfig::default()
        };
        let runner = ModelRunner::load(ModelFile::open(model)?, &config, &mut |_| ())?;
        Ok::<_, VerifyError>(runner)
    };
    let mut runner = load(WeightFormat::AsStored)?;
    let mut other = match weights {
        WeightFormat::AsStored => None,
        WeightFormat::Q8 => Some(load(weights)?),
    };
    let window = WINDOW.min(runner.context_window());
    let mut sums = Sums::default();
    for tokens in text.chunks(window) {
        if tokens.len() >= SHORTEST_WINDOW.min(window) {
            sums.add(&mut runner, other.as_mut(), tokens);
        }
    }
    if sums.num_scored == 0 {
        return Err(VerifyError::TextTooShort {
            num_tokens: text.len(),
            least: SHORTEST_WINDOW,
        });
    }
    Ok(sums.report())
}

impl Sums {
    /// `other`: the model whose weights are kept otherwise, if there is one.
    fn add(
        &mut self,
        runner: &mut ModelRunner,
        other: Option<&mut ModelRunner>,
        tokens: &[TokenId],
    ) {
        let first = tokens.len() / 2;
        let last = tokens.len() - 1;
        let mut exact: Vec<Logits> = Vec::with_capacity(last - first);
        runner.set_exact(true);
        for_each_position(runner, tokens, |position, logits| {
            if (first..last).contains(&position) {
                exact.push(logits.clone());
            }
        });
        let runner = other.unwrap_or(runner);
        runner.set_exact(false);
        for_each_position(runner, tokens, |position, logits| {
            if (first..last).contains(&position) {
                let next = tokens[position + 1].0 as usize;
                self.compare(&exact[position - first], logits, next);
            }
        });
    }

    /// `next`: the token that follows in the text.
    fn compare(&mut self, exact: &[f32], rounded: &[f32], next: usize) {
        let (exact_total, total) = (log_total(exact), log_total(rounded));
        let terms = exact.iter().zip(rounded).map(|(exact, rounded)| {
            let exact = f64::from(*exact) - exact_total;
            exact.exp() * (exact - (f64::from(*rounded) - total))
        });
        let kl: f64 = terms.sum();
        self.num_scored += 1;
        self.kl += kl;
        self.max_kl = self.max_kl.max(kl);
        self.num_same_top += usize::from(argmax(exact) == argmax(rounded));
        self.exact_loss += exact_total - f64::from(exact[next]);
        self.loss += total - f64::from(rounded[next]);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "texts have some thousand tokens"
    )]
    fn report(&self) -> AgainstReport {
        let count = self.num_scored as f64;
        AgainstReport {
            num_scored: self.num_scored,
            mean_kl: self.kl / count,
            max_kl: self.max_kl,
            same_top: self.num_same_top as f64 / count,
            exact_perplexity: (self.exact_loss / count).exp(),
            perplexity: (self.loss / count).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_predictions_have_no_distance_and_others_have_theirs() {
        let mut sums = Sums::default();
        sums.compare(&[0.0, 1.0, 2.0], &[1.0, 2.0, 3.0], 2);
        let report = sums.report();
        assert!(report.mean_kl.abs() < 1e-12, "{report:?}");
        assert!((report.same_top - 1.0).abs() < 1e-12);
        assert!((report.perplexity - report.exact_perplexity).abs() < 1e-9);

        // Half and half against a quarter and three quarters.
        let mut sums = Sums::default();
        sums.compare(&[0.0, 0.0], &[0.0, 3.0_f32.ln()], 0);
        let report = sums.report();
        let expected = 0.5 * (0.5_f64 / 0.25).ln() + 0.5 * (0.5_f64 / 0.75).ln();
        assert!((report.mean_kl - expected).abs() < 1e-7, "{report:?}");
        assert!((report.exact_perplexity - 2.0).abs() < 1e-9);
        assert!((report.perplexity - 4.0).abs() < 1e-6);
    }
}

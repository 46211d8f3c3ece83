//! Makes tokens that already occurred less probable.
//!
//! The repetition penalty looks at prompt and answer and divides; presence and frequency look at
//! the answer alone and subtract.

use std::collections::HashMap;

use crate::request::{SamplingParams, TokenId};

#[derive(Clone, Debug)]
pub(super) struct Penalties {
    repetition: f32,
    presence: f32,
    frequency: f32,
    /// How often each token is in the answer; 0 for one of the prompt alone.
    occurrences: HashMap<u32, u16>,
}

impl Penalties {
    pub(super) fn new(params: &SamplingParams, prompt: &[TokenId]) -> Self {
        let mut penalties = Self {
            repetition: params.repetition_penalty,
            presence: params.presence_penalty,
            frequency: params.frequency_penalty,
            occurrences: HashMap::new(),
        };
        if penalties.are_asked_for() {
            penalties
                .occurrences
                .extend(prompt.iter().map(|token| (token.0, 0)));
        }
        penalties
    }

    pub(super) fn note(&mut self, token: TokenId) {
        if self.are_asked_for() {
            let count = self.occurrences.entry(token.0).or_insert(0);
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn apply(&self, logits: &mut [f32]) {
        for (&id, &count) in &self.occurrences {
            let Some(logit) = logits.get_mut(id as usize) else {
                continue;
            };
            if *logit > 0.0 {
                *logit /= self.repetition;
            } else {
                *logit *= self.repetition;
            }
            if count > 0 {
                *logit -= self.presence + self.frequency * f32::from(count);
            }
            // A small penalty makes a large logit infinite.
            *logit = super::below_infinity(*logit);
        }
    }

    #[expect(clippy::float_cmp, reason = "the neutral values are exact")]
    pub(super) fn are_asked_for(&self) -> bool {
        self.repetition != 1.0 || self.presence != 0.0 || self.frequency != 0.0
    }
}

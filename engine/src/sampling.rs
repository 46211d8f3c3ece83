//! Chooses the next token from the logits.
//!
//! Order: penalties, temperature, min-p, top-k, top-p, draw. The draw is a pure function of the
//! seed and of the token's position in its sequence, so that a continued answer goes on exactly
//! as it would have. Nothing here depends on the order in which candidates are looked at: they are
//! ordered by logit, then by id, and drawn in the order of ids.

mod candidates;
mod penalties;
mod random;

use candidates::Candidates;
use penalties::Penalties;

use crate::kernels::Draw;
use crate::request::{SamplingParams, TokenId};

/// The sampler of one sequence.
#[derive(Clone, Debug)]
pub struct Sampler {
    params: SamplingParams,
    penalties: Penalties,
}

impl Sampler {
    /// A sampler for a sequence that begins with `prompt`.
    pub fn new(params: SamplingParams, prompt: &[TokenId]) -> Self {
        Self {
            penalties: Penalties::new(&params, prompt),
            params,
        }
    }

    /// Notes a token of the answer, chosen here or before a pause.
    pub fn note(&mut self, token: TokenId) {
        self.penalties.note(token);
    }

    /// The draw at `position` for a device that does it by itself; `None` where penalties need the
    /// tokens before.
    pub fn draw(&self, position: usize) -> Option<Draw> {
        let SamplingParams {
            temperature,
            top_k,
            top_p,
            min_p,
            seed,
            ..
        } = self.params;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a device draws with 24 bits"
        )]
        let unit = random::unit(seed, position as u64) as f32;
        (!self.penalties.are_asked_for()).then_some(Draw {
            temperature,
            top_k,
            top_p,
            min_p,
            unit,
        })
    }

    /// The token at `position` of the sequence, counted from the prompt's first.
    ///
    /// # Shapes
    /// - `logits`: `[vocab_size]`, f32; changed in place. NaN counts as impossible.
    ///
    /// # Panics
    /// If `logits` is empty.
    pub fn sample(&self, logits: &mut [f32], position: usize) -> TokenId {
        assert!(!logits.is_empty(), "no logits to choose from");
        for logit in logits.iter_mut() {
            *logit = below_infinity(*logit);
        }
        self.penalties.apply(logits);
        let best = most_probable(logits);
        let maximum = logits[best.0 as usize];
        if self.params.temperature <= 0.0 || maximum == f32::NEG_INFINITY {
            return best;
        }
        let mut candidates = Candidates::new(logits, maximum, self.params.temperature);
        candidates.keep_min_p(self.params.min_p);
        candidates.keep_top_k(self.params.top_k as usize);
        candidates.keep_top_p(self.params.top_p);
        candidates.draw(random::unit(self.params.seed, position as u64))
    }
}

/// A logit that can be compared and subtracted; NaN is impossible.
fn below_infinity(logit: f32) -> f32 {
    if logit.is_nan() {
        f32::NEG_INFINITY
    } else {
        logit.min(f32::MAX)
    }
}

/// The highest logit; of equal ones the lowest id.
fn most_probable(logits: &[f32]) -> TokenId {
    let mut best = (0u32, logits[0]);
    for (id, &logit) in (0u32..).zip(logits) {
        if logit > best.1 {
            best = (id, logit);
        }
    }
    TokenId(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: TokenId = TokenId(2);

    fn params() -> SamplingParams {
        SamplingParams {
            temperature: 1.0,
            top_p: 1.0,
            ..SamplingParams::default()
        }
    }

    fn draws(params: &SamplingParams, logits: &[f32]) -> Vec<u32> {
        let sampler = Sampler::new(params.clone(), &[]);
        (0..2000)
            .map(|position| sampler.sample(&mut logits.to_vec(), position).0)
            .collect()
    }

    fn seen(params: &SamplingParams, logits: &[f32]) -> Vec<u32> {
        let mut ids = draws(params, logits);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    #[test]
    fn greedy_takes_the_lowest_id_of_equal_logits() {
        let sampler = Sampler::new(SamplingParams::greedy(), &[]);
        assert_eq!(
            sampler.sample(&mut [0.0, 3.0, 3.0, f32::NAN], 0),
            TokenId(1)
        );
        assert_eq!(
            sampler.sample(&mut [f32::NAN, f32::NEG_INFINITY], 0),
            TokenId(0)
        );
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let logits = [0.0, 0.0, (2.0f32).ln(), f32::NEG_INFINITY];
        let drawn = draws(&params(), &logits);
        let count = |id| drawn.iter().filter(|&&drawn| drawn == id).count();
        assert!(
            (900..1100).contains(&count(2)),
            "half of 2000, not {}",
            count(2)
        );
        assert!(
            (420..580).contains(&count(0)),
            "a quarter of 2000, not {}",
            count(0)
        );
        assert_eq!(count(3), 0);
    }

    #[test]
    fn temperature_sharpens() {
        let cold = SamplingParams {
            temperature: 0.01,
            ..params()
        };
        assert_eq!(seen(&cold, &[0.0, 0.0, 1.0]), [2]);
        let almost_zero = SamplingParams {
            temperature: f32::MIN_POSITIVE,
            ..params()
        };
        assert_eq!(seen(&almost_zero, &[0.0, f32::INFINITY, 1.0]), [1]);
    }

    #[test]
    fn top_k_top_p_and_min_p_keep_the_best() {
        let logits = [1.0, 2.0, 3.0, 2.0, 0.0];
        let check = |params: SamplingParams, expected: &[u32]| {
            assert_eq!(seen(&params, &logits), expected, "{params:?}");
        };
        check(
            SamplingParams {
                top_k: 1,
                ..params()
            },
            &[2],
        );
        check(
            SamplingParams {
                top_k: 2,
                ..params()
            },
            &[1, 2],
        );
        check(
            SamplingParams {
                top_k: 3,
                ..params()
            },
            &[1, 2, 3],
        );
        // Shares: 0.52 for id 2, 0.19 for ids 1 and 3, 0.07 for id 0, 0.03 for id 4.
        check(
            SamplingParams {
                top_p: 0.5,
                ..params()
            },
            &[2],
        );
        check(
            SamplingParams {
                top_p: 0.6,
                ..params()
            },
            &[1, 2],
        );
        check(
            SamplingParams {
                top_p: 0.95,
                ..params()
            },
            &[0, 1, 2, 3],
        );
        check(
            SamplingParams {
                min_p: 0.3,
                ..params()
            },
            &[1, 2, 3],
        );
        check(
            SamplingParams {
                min_p: 1.0,
                ..params()
            },
            &[2],
        );
    }

    #[test]
    fn top_p_over_a_large_flat_vocabulary_keeps_that_share() {
        let logits = vec![0.0; 5000];
        let half = SamplingParams {
            top_p: 0.5,
            ..params()
        };
        assert!(draws(&half, &logits).into_iter().max().unwrap() < 2501);
        assert!(draws(&half, &logits).into_iter().max().unwrap() > 2000);
    }

    #[test]
    fn penalties_turn_to_another_token() {
        let check = |params: SamplingParams, prompt: &[TokenId], answer: &[TokenId], expected| {
            let mut sampler = Sampler::new(params, prompt);
            for &token in answer {
                sampler.note(token);
            }
            assert_eq!(sampler.sample(&mut [0.5, -1.0, 1.0], 9), TokenId(expected));
        };
        let repetition = SamplingParams {
            repetition_penalty: 2.0,
            ..SamplingParams::greedy()
        };
        check(repetition.clone(), &[], &[], 2);
        check(repetition.clone(), &[TOP], &[TokenId(0)], 2);
        check(repetition, &[TOP, TokenId(1)], &[], 0);
        let presence = SamplingParams {
            presence_penalty: 0.6,
            ..SamplingParams::greedy()
        };
        check(presence.clone(), &[TOP], &[], 2);
        check(presence, &[], &[TOP], 0);
        let frequency = SamplingParams {
            frequency_penalty: 0.3,
            ..SamplingParams::greedy()
        };
        check(frequency.clone(), &[], &[TOP], 2);
        check(frequency, &[], &[TOP, TOP], 0);
    }

    #[test]
    fn the_seed_and_the_position_alone_decide() {
        let logits = vec![0.0; 100];
        let seeded = |seed| draws(&SamplingParams { seed, ..params() }, &logits);
        assert_eq!(seeded(1), seeded(1));
        assert_ne!(seeded(1), seeded(2));
        let sampler = Sampler::new(
            SamplingParams {
                seed: 1,
                ..params()
            },
            &[],
        );
        assert_eq!(sampler.sample(&mut logits.clone(), 1234).0, seeded(1)[1234]);
    }

    #[test]
    fn parameters_at_their_limits_choose_a_token_that_there_is() {
        let tiny = f32::MIN_POSITIVE;
        let extremes = [
            f32::MAX,
            f32::MIN,
            f32::INFINITY,
            f32::NAN,
            0.0,
            100.0,
            -tiny,
        ];
        let all: Vec<TokenId> = (0..7).map(TokenId).collect();
        for (temperature, repetition_penalty) in [
            (tiny, tiny),
            (2.0, tiny),
            (tiny, 2.0),
            (1.0, 1e-37),
            (1e-30, 1e-3),
        ] {
            for (top_p, min_p, top_k) in [(tiny, 1.0, 1), (1.0, 0.0, 0), (0.5, tiny, 3)] {
                let params = SamplingParams {
                    temperature,
                    repetition_penalty,
                    top_p,
                    min_p,
                    top_k,
                    presence_penalty: -2.0,
                    frequency_penalty: 2.0,
                    seed: 1,
                };
                params.validate().unwrap();
                let mut sampler = Sampler::new(params, &all);
                for position in 0..100 {
                    let token = sampler.sample(&mut extremes.to_vec(), position);
                    assert!(token.0 < 7 && token.0 != 3, "{token:?}");
                    sampler.note(token);
                }
            }
        }
    }
}

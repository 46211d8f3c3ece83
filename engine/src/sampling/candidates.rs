//! The tokens still in question, and their weights.

use std::cmp::Ordering;

use crate::request::TokenId;

/// Candidates of one draw. Never empty: every filter keeps the most probable token.
pub(super) struct Candidates {
    /// In order of ids.
    entries: Vec<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    id: u32,
    /// Probability relative to the best token's, at the temperature asked for.
    weight: f64,
}

/// How many candidates top-p puts in order first; it is rarely in need of more.
const FIRST_ORDERED: usize = 128;

impl Candidates {
    /// All tokens that are not impossible. `maximum` is the highest logit and is finite.
    pub(super) fn new(logits: &[f32], maximum: f32, temperature: f32) -> Self {
        let weight =
            |logit: f32| ((f64::from(logit) - f64::from(maximum)) / f64::from(temperature)).exp();
        let entries = (0u32..)
            .zip(logits)
            .map(|(id, &logit)| Candidate {
                id,
                weight: weight(logit),
            })
            .filter(|candidate| candidate.weight > 0.0)
            .collect();
        Self { entries }
    }

    /// Keeps tokens with at least `min_p` of the best token's probability.
    pub(super) fn keep_min_p(&mut self, min_p: f32) {
        if min_p > 0.0 {
            self.entries
                .retain(|candidate| candidate.weight >= f64::from(min_p));
        }
    }

    /// Keeps the `top_k` best; 0 keeps all.
    pub(super) fn keep_top_k(&mut self, top_k: usize) {
        if top_k > 0 && top_k < self.entries.len() {
            self.entries
                .select_nth_unstable_by(top_k - 1, Candidate::better_first);
            self.entries.truncate(top_k);
            self.put_in_order();
        }
    }

    /// Keeps the fewest best tokens that together have `top_p` of the probability.
    pub(super) fn keep_top_p(&mut self, top_p: f32) {
        if top_p >= 1.0 {
            return;
        }
        let enough = self.total() * f64::from(top_p);
        let (mut num_ordered, mut sum) = (0, 0.0);
        while num_ordered < self.entries.len() {
            let until = (num_ordered * 4).max(FIRST_ORDERED).min(self.entries.len());
            let rest = &mut self.entries[num_ordered..];
            let count = until - num_ordered;
            if count < rest.len() {
                rest.select_nth_unstable_by(count - 1, Candidate::better_first);
            }
            rest[..count].sort_unstable_by(Candidate::better_first);
            for index in num_ordered..until {
                sum += self.entries[index].weight;
                if sum >= enough {
                    self.entries.truncate(index + 1);
                    self.put_in_order();
                    return;
                }
            }
            num_ordered = until;
        }
        self.put_in_order();
    }

    /// The order of ids: the one in which a draw looks at candidates, here and on a card.
    fn put_in_order(&mut self) {
        self.entries.sort_unstable_by_key(|candidate| candidate.id);
    }

    /// The candidate at the share `unit` (from 0, below 1) of the summed weights.
    pub(super) fn draw(&self, unit: f64) -> TokenId {
        let mut rest = unit * self.total();
        let mut drawn = self.entries[0].id;
        for candidate in &self.entries {
            drawn = candidate.id;
            rest -= candidate.weight;
            if rest < 0.0 {
                break;
            }
        }
        TokenId(drawn)
    }

    fn total(&self) -> f64 {
        self.entries.iter().map(|candidate| candidate.weight).sum()
    }
}

impl Candidate {
    fn better_first(&self, other: &Self) -> Ordering {
        other
            .weight
            .total_cmp(&self.weight)
            .then(self.id.cmp(&other.id))
    }
}

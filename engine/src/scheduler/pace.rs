//! How many prompt tokens fit into a step, from what steps took so far.

use std::{ops::RangeInclusive, time::Duration};

/// Longest a step may keep running answers waiting.
const MAX_STEP_BESIDE: Duration = Duration::from_millis(100);
/// Longest step while nothing else runs; a stop request waits for a layer, not for this.
const MAX_STEP_ALONE: Duration = Duration::from_secs(1);
/// Tokens in a chunk, whatever they cost: fewer waste the weights that were read for them.
const BESIDE: RangeInclusive<usize> = 8..=256;
const ALONE: RangeInclusive<usize> = 32..=512;
/// Sizes while nothing is known.
const FIRST_BESIDE: usize = 32;
const FIRST_ALONE: usize = 128;
/// Weight of the newest measurement.
const NEWEST: f64 = 0.3;

/// Smoothed costs.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Of a prompt token in a chunk.
    seconds_per_token: Option<f64>,
    /// Of a step that computes single tokens alone.
    seconds_of_decode: Option<f64>,
}

impl Pace {
    /// Notes a step of `num_single` sequences with one token and chunks of `num_in_chunks` tokens.
    pub(super) fn note(&mut self, num_single: usize, num_in_chunks: usize, took: Duration) {
        let took = took.as_secs_f64();
        let Ok(num_in_chunks) = u32::try_from(num_in_chunks) else {
            return;
        };
        if num_in_chunks == 0 {
            smooth(&mut self.seconds_of_decode, took);
            return;
        }
        let of_others = if num_single == 0 {
            0.0
        } else {
            self.seconds_of_decode.unwrap_or(0.0)
        };
        // Weights are read once for all: a chunk may cost less than what it stands beside.
        let of_chunks = (took - of_others).max(took / 10.0);
        smooth(
            &mut self.seconds_per_token,
            of_chunks / f64::from(num_in_chunks),
        );
    }

    /// Tokens of chunks beside that many single ones.
    pub(super) fn chunk_tokens(&self, num_single: usize) -> usize {
        if num_single == 0 {
            return self
                .tokens(MAX_STEP_ALONE.as_secs_f64(), ALONE)
                .unwrap_or(FIRST_ALONE);
        }
        let rest = MAX_STEP_BESIDE.as_secs_f64() - self.seconds_of_decode.unwrap_or(0.0);
        self.tokens(rest.max(0.0), BESIDE).unwrap_or(FIRST_BESIDE)
    }

    fn tokens(&self, limit: f64, range: RangeInclusive<usize>) -> Option<usize> {
        let cost = self.seconds_per_token?;
        // Searched instead of divided: no float becomes an integer here.
        let sizes = range.clone().rev().step_by(8);
        let fits =
            |&size: &usize| u32::try_from(size).is_ok_and(|size| f64::from(size) * cost <= limit);
        Some(sizes.into_iter().find(fits).unwrap_or(*range.start()))
    }
}

fn smooth(value: &mut Option<f64>, newest: f64) {
    let before = value.unwrap_or(newest);
    *value = Some(before + (newest - before) * NEWEST);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_shrink_with_their_cost() {
        let check = |milliseconds_per_token: u64, beside: usize, alone: usize| {
            let mut pace = Pace::default();
            pace.note(0, 10, Duration::from_millis(10 * milliseconds_per_token));
            assert_eq!(
                (pace.chunk_tokens(1), pace.chunk_tokens(0)),
                (beside, alone)
            );
        };
        check(0, 256, 512);
        check(1, 96, 512);
        check(5, 16, 200);
        check(1000, 8, 32);
        assert_eq!(Pace::default().chunk_tokens(1), FIRST_BESIDE);
        assert_eq!(Pace::default().chunk_tokens(0), FIRST_ALONE);
    }

    #[test]
    fn what_others_decode_is_left_out_of_a_chunk_s_cost_and_out_of_its_time() {
        let mut pace = Pace::default();
        pace.note(3, 0, Duration::from_millis(40));
        pace.note(3, 20, Duration::from_millis(60));
        assert_eq!(pace.chunk_tokens(3), 56, "60 ms are left, at 1 ms a token");
        assert_eq!(pace.chunk_tokens(0), 512);
    }
}

//! How many prompt tokens fit into a step, from what they cost so far.

use std::{ops::RangeInclusive, time::Duration};

/// Longest a chunk may keep running answers waiting.
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

/// Smoothed cost of one prompt token.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seconds_per_token: Option<f64>,
}

impl Pace {
    pub(super) fn note(&mut self, num_tokens: usize, took: Duration) {
        let Ok(num_tokens) = u32::try_from(num_tokens) else {
            return;
        };
        if num_tokens == 0 {
            return;
        }
        let newest = (took / num_tokens).as_secs_f64();
        let before = self.seconds_per_token.unwrap_or(newest);
        self.seconds_per_token = Some(before + (newest - before) * NEWEST);
    }

    /// Tokens of a chunk while other sequences decode.
    pub(super) fn tokens_beside(&self) -> usize {
        self.tokens(MAX_STEP_BESIDE, BESIDE).unwrap_or(FIRST_BESIDE)
    }

    /// Tokens of a chunk that is computed alone.
    pub(super) fn tokens_alone(&self) -> usize {
        self.tokens(MAX_STEP_ALONE, ALONE).unwrap_or(FIRST_ALONE)
    }

    fn tokens(&self, limit: Duration, range: RangeInclusive<usize>) -> Option<usize> {
        let cost = self.seconds_per_token?;
        // Searched instead of divided: no float becomes an integer here.
        let sizes = std::iter::successors(Some(*range.end()), |size| Some(size / 2));
        let fits = |&size: &usize| {
            u32::try_from(size).is_ok_and(|size| f64::from(size) * cost <= limit.as_secs_f64())
        };
        Some(
            sizes
                .take_while(|size| range.contains(size))
                .find(fits)
                .unwrap_or(*range.start()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_shrink_with_their_cost() {
        let check = |milliseconds_per_token: u64, beside: usize, alone: usize| {
            let mut pace = Pace::default();
            pace.note(10, Duration::from_millis(10 * milliseconds_per_token));
            assert_eq!((pace.tokens_beside(), pace.tokens_alone()), (beside, alone));
        };
        check(0, 256, 512);
        check(1, 64, 512);
        check(5, 16, 128);
        check(1000, 8, 32);
        assert_eq!(Pace::default().tokens_beside(), FIRST_BESIDE);
    }
}

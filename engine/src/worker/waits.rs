//! How long a place in the queue takes, from how long answers took.

use std::time::Duration;

/// Weight of the newest answer.
const NEWEST: f64 = 0.3;
/// Estimates are told in steps of so many seconds: a finer one would only seem to be known.
const STEP: f64 = 5.0;

/// Smoothed time from an answer's first step to its last.
#[derive(Debug, Default)]
pub(super) struct Waits {
    seconds_per_answer: Option<f64>,
}

impl Waits {
    pub(super) fn note(&mut self, took: Duration) {
        let newest = took.as_secs_f64();
        let before = self.seconds_per_answer.unwrap_or(newest);
        self.seconds_per_answer = Some(before + (newest - before) * NEWEST);
    }

    /// How long a sequence waits behind `ahead` others for one of `num_places`; `None` while no
    /// answer was made.
    pub(super) fn estimate(&self, ahead: usize, num_places: usize) -> Option<Duration> {
        let per_answer = self.seconds_per_answer?;
        let (ahead, num_places) = (u32::try_from(ahead).ok()?, u32::try_from(num_places).ok()?);
        // On average half of an answer is left of those that run.
        let seconds = per_answer * (f64::from(ahead) + 0.5) / f64::from(num_places.max(1));
        Duration::try_from_secs_f64((seconds / STEP).ceil() * STEP).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_the_time_of_those_ahead_over_the_places() {
        let mut waits = Waits::default();
        assert_eq!(waits.estimate(3, 2), None);
        waits.note(Duration::from_secs(20));
        let seconds =
            |waits: &Waits, ahead, places| waits.estimate(ahead, places).map(|wait| wait.as_secs());
        assert_eq!(seconds(&waits, 0, 1), Some(10));
        assert_eq!(seconds(&waits, 3, 1), Some(70));
        assert_eq!(seconds(&waits, 3, 4), Some(20));
        waits.note(Duration::from_mins(2));
        assert_eq!(seconds(&waits, 0, 1), Some(25));
    }
}

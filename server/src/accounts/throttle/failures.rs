//! Failures of one person's kind: five are free, then each one doubles the wait.

use super::bounded::Rank;

/// Failures without a wait.
const FREE: u32 = 5;
/// First wait; doubled with each failure.
const FIRST_WAIT_MS: i64 = 15_000;
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Failures are forgotten this long after the last one (a day). With less, who comes back in time
/// for five free ones gets further than who waits for the next one.
const FORGET_MS: i64 = 24 * 60 * 60_000;

/// How often, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    count: u32,
    last_ms: i64,
}

impl Failures {
    /// What is not forgotten yet.
    pub(super) fn remembered(self, now_ms: i64) -> Self {
        if self.last_ms + FORGET_MS <= now_ms {
            Self::default()
        } else {
            self
        }
    }

    pub(super) fn is_none(self) -> bool {
        self.count == 0
    }

    /// Until the next attempt; 0 or less: none.
    pub(super) fn wait_ms(self, now_ms: i64) -> i64 {
        self.last_ms + wait_after(self.count) - now_ms
    }

    pub(super) fn one_more(self, now_ms: i64) -> Self {
        Self {
            count: self.count.saturating_add(1),
            last_ms: now_ms,
        }
    }

    /// As before the last one; nothing if it was the only one.
    pub(super) fn one_less(self) -> Option<Self> {
        let count = self.count.checked_sub(1).filter(|&count| count > 0)?;
        // When it began, the wait after the failures before it was over.
        let last_ms = self.last_ms - wait_after(count);
        Some(Self { count, last_ms })
    }
}

impl Rank for Failures {
    fn rank(self, now_ms: i64) -> (i64, i64) {
        (self.remembered(now_ms).count.into(), self.last_ms)
    }
}

fn wait_after(count: u32) -> i64 {
    match count.checked_sub(FREE) {
        None => 0,
        Some(beyond) => (FIRST_WAIT_MS << beyond.min(10)).min(LONGEST_WAIT_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_bounded() {
        let waits = [0, 4, 5, 6, 7, 11, 12, u32::MAX].map(wait_after);
        let expected = [0, 0, 15, 30, 60, 900, 900, 900].map(|seconds| seconds * 1000);
        assert_eq!(waits, expected);
    }

    #[test]
    fn failures_are_forgotten_a_day_after_the_last_one() {
        let failures = Failures::default().one_more(0).one_more(7);
        assert_eq!(failures.remembered(FORGET_MS), failures);
        assert_eq!(failures.remembered(FORGET_MS + 7), Failures::default());
    }
}

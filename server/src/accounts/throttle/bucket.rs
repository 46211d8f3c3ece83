//! A budget that fills up again evenly, kept as one moment: the generic cell rate algorithm.

use super::bounded::Rank;

/// So many at once, and then one in each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) burst: i64,
    pub(super) interval_ms: i64,
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    rate: Rate,
    /// When it is full again if nothing more is taken; in the past if it is full.
    full_at_ms: i64,
}

impl Bucket {
    pub(super) const fn full(rate: Rate) -> Self {
        Self {
            rate,
            full_at_ms: i64::MIN / 2,
        }
    }

    /// Until one can be taken.
    pub(super) fn wait_ms(self, now_ms: i64) -> i64 {
        let Rate { burst, interval_ms } = self.rate;
        (self.full_at_ms - (burst - 1) * interval_ms - now_ms).max(0)
    }

    /// One less, also where there is none; never so few that one has to wait much longer than
    /// `longest_wait_ms`.
    pub(super) fn take(self, now_ms: i64, longest_wait_ms: i64) -> Self {
        let Rate { burst, interval_ms } = self.rate;
        let taken = self.full_at_ms.max(now_ms) + interval_ms;
        let most = now_ms + burst * interval_ms + longest_wait_ms;
        Self {
            full_at_ms: taken.min(most),
            ..self
        }
    }

    /// Nothing is missing, as if nothing had ever been taken.
    pub(super) fn is_full(self, now_ms: i64) -> bool {
        self.full_at_ms <= now_ms
    }

    /// One more.
    pub(super) fn give_back(self) -> Self {
        Self {
            full_at_ms: self.full_at_ms - self.rate.interval_ms,
            ..self
        }
    }
}

impl Rank for Bucket {
    fn rank(self, now_ms: i64) -> (i64, i64) {
        let missing_ms = (self.full_at_ms - now_ms).max(0);
        let interval_ms = self.rate.interval_ms;
        (
            (missing_ms + interval_ms - 1) / interval_ms,
            self.full_at_ms,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        interval_ms: 100,
    };

    #[test]
    fn a_budget_is_spent_at_once_and_comes_back_one_by_one() {
        let mut bucket = Bucket::full(RATE);
        for _ in 0..3 {
            assert_eq!(bucket.wait_ms(1000), 0);
            bucket = bucket.take(1000, 0);
        }
        assert_eq!((bucket.wait_ms(1000), bucket.wait_ms(1060)), (100, 40));
        assert_eq!(bucket.wait_ms(1100), 0);
        bucket = bucket.take(1100, 0);
        assert_eq!(bucket.wait_ms(1100), 100);
        assert_eq!(bucket.give_back().wait_ms(1100), 0);
        assert!(!bucket.is_full(1399) && bucket.is_full(1400));
    }

    #[test]
    fn the_wait_stays_bounded_whatever_is_taken() {
        let mut bucket = Bucket::full(RATE);
        for _ in 0..1000 {
            bucket = bucket.take(0, 500);
        }
        assert_eq!(bucket.wait_ms(0), 600);
        assert_eq!(bucket.rank(0).0, 8);
        assert_eq!(bucket.rank(800).0, 0);
    }
}

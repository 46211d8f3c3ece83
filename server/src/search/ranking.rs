//! Which hits are shown, and in which order: how well a text fits, and how new it is.

use std::collections::HashMap;

use hearth_app::model::ConversationId;

const DAY_MS: f64 = 24.0 * 60.0 * 60.0 * 1000.0;
/// What is new counts so much more than what is very old, and half of that after so many days.
const NEW: f64 = 2.0;
const HALF_NEW_DAYS: f64 = 14.0;
/// Hits of one conversation: others have to be seen too.
const OF_ONE: usize = 3;

/// What tells the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) conversation: ConversationId,
    /// As `bm25` tells it: lower is better.
    pub(super) rank: f64,
    /// Milliseconds UTC.
    pub(super) at: i64,
}

impl Weight {
    fn value(self, now: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few years")]
        let age = (now.saturating_sub(self.at).max(0) as f64) / DAY_MS;
        -self.rank * (1.0 + NEW / (1.0 + age / HALF_NEW_DAYS))
    }
}

/// The best ones, at most `limit`, and few of each conversation. Equal ones keep their order.
pub(super) fn best<T>(
    mut found: Vec<T>,
    weight: impl Fn(&T) -> Weight,
    now: i64,
    limit: usize,
) -> Vec<T> {
    found.sort_by(|one, other| {
        let (one, other) = (weight(one).value(now), weight(other).value(now));
        other.total_cmp(&one)
    });
    let mut numbers: HashMap<ConversationId, usize> = HashMap::new();
    found.retain(|it| {
        let number = numbers.entry(weight(it).conversation).or_default();
        *number += 1;
        *number <= OF_ONE
    });
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(conversation: u128, rank: f64, age_days: i64) -> Weight {
        Weight {
            conversation: ConversationId::new(uuid::Uuid::from_u128(conversation)),
            rank,
            at: -age_days * 24 * 60 * 60 * 1000,
        }
    }

    fn ranks(found: Vec<Weight>) -> Vec<f64> {
        let found = best(found, |it| *it, 0, 4);
        found.into_iter().map(|it| it.rank).collect()
    }

    #[test]
    fn of_two_that_fit_alike_the_newer_one_comes_first_and_a_much_better_one_before_it() {
        let found = vec![
            weight(1, -1.0, 300),
            weight(2, -1.1, 0),
            weight(3, -9.0, 300),
        ];
        assert_eq!(ranks(found), [-9.0, -1.1, -1.0]);
    }

    #[test]
    fn one_conversation_does_not_take_all_places() {
        let mut found: Vec<_> = (0..9)
            .map(|it| weight(1, -20.0 + f64::from(it), 0))
            .collect();
        found.push(weight(2, -1.0, 0));
        assert_eq!(ranks(found), [-20.0, -19.0, -18.0, -1.0]);
    }
}

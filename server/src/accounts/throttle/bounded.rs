//! A map that stays small: what counts least makes room for what is new.

use std::{collections::HashMap, hash::Hash};

/// Bound of the memory that somebody can fill with invented names: at most 20 MiB in both maps.
pub(super) const MAX_KEYS: usize = 100_000;
/// So many stay when there is no more room, so that making it is rare.
const KEPT_KEYS: usize = MAX_KEYS / 4 * 3;

/// How much a value counts.
pub(super) trait Rank: Copy {
    /// How much is known, 0 if it is nothing any more, and since when: what is less goes first.
    fn rank(self, now_ms: i64) -> (i64, i64);
}

/// At most [`MAX_KEYS`] values.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    values: HashMap<K, V>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash, V: Rank> Bounded<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.values.get(key).copied()
    }

    pub(super) fn set(&mut self, key: K, value: V, now_ms: i64) {
        if self.values.len() >= MAX_KEYS && !self.values.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.values.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.values.remove(key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Bytes that the values take, with their keys and the map's own byte for each of its places,
    /// of which seven in eight are used at most.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize
    where
        K: Copy,
    {
        let num_places = self.values.capacity().div_ceil(7) * 8;
        num_places * (size_of::<(K, V)>() + 1)
    }

    /// Nobody gets rid of many failures by inventing names that have one each.
    fn make_room(&mut self, now_ms: i64) {
        self.values.retain(|_, value| value.rank(now_ms).0 > 0);
        let Some(mut excess) = self.values.len().checked_sub(KEPT_KEYS) else {
            return;
        };
        let mut ranks: Vec<_> = self.values.values().map(|it| it.rank(now_ms)).collect();
        let Some(last) = excess.checked_sub(1) else {
            return;
        };
        let (_, &mut highest, _) = ranks.select_nth_unstable(last);
        self.values.retain(|_, value| {
            let goes = excess > 0 && value.rank(now_ms) <= highest;
            excess -= usize::from(goes);
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Rank for i64 {
        fn rank(self, now_ms: i64) -> (i64, i64) {
            (self - now_ms, 0)
        }
    }

    /// More than there is room for.
    const NUM_KEYS: usize = 3 * MAX_KEYS;

    #[test]
    fn what_counts_most_is_kept_however_much_comes() {
        let mut bounded = Bounded::default();
        for key in 0..10 {
            bounded.set(key, 9_i64, 0);
        }
        for key in 10..NUM_KEYS {
            bounded.set(key, 1, 0);
            assert!(bounded.values.len() <= MAX_KEYS);
        }
        assert!((0..10).all(|key| bounded.get(&key) == Some(9)));
        assert!(bounded.values.len() >= KEPT_KEYS);
        // Nothing that is new is refused.
        assert_eq!(bounded.get(&(NUM_KEYS - 1)), Some(1));
    }

    #[test]
    fn what_is_over_goes_first() {
        let mut bounded = Bounded::default();
        for key in 0..MAX_KEYS {
            bounded.set(key, if key.is_multiple_of(2) { 1_i64 } else { 5 }, 0);
        }
        bounded.set(MAX_KEYS, 5, 1);
        assert_eq!(bounded.values.len(), MAX_KEYS / 2 + 1);
        assert_eq!((bounded.get(&0), bounded.get(&1)), (None, Some(5)));
    }
}

//! One at a time with one key: a second post of one press waits for the first, and for nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::{IdempotencyKey, UserId};
use tokio::sync::OwnedMutexGuard;

type Key = (UserId, IdempotencyKey);

/// The keys that posts are being handled with.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyLocks {
    locks: Arc<Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>>,
}

/// The right to handle a post with this key, until it is dropped.
#[derive(Debug)]
pub(super) struct KeyLock {
    locks: KeyLocks,
    key: Key,
    /// Absent: waiting, or given back.
    held: Option<OwnedMutexGuard<()>>,
}

impl KeyLocks {
    /// Waits until nobody else handles a post of this person with this key.
    pub(super) async fn lock(&self, user: UserId, key: IdempotencyKey) -> KeyLock {
        let key = (user, key);
        let lock = Arc::clone(self.map().entry(key).or_default());
        // It is there before the wait: one that gives up tidies up as well.
        let mut right = KeyLock {
            locks: self.clone(),
            key,
            held: None,
        };
        right.held = Some(lock.lock_owned().await);
        right
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Key, Arc<tokio::sync::Mutex<()>>>> {
        // No change is left half done by a panic.
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        let mut map = self.locks.map();
        self.held = None;
        // Whoever waits has a reference of its own.
        if map
            .get(&self.key)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            map.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::poll;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn posts_wait_for_their_own_key_only_and_nothing_is_left_behind() {
        let locks = KeyLocks::default();
        let user = UserId::new(Uuid::from_u128(1));
        let key = |number| IdempotencyKey::new(Uuid::from_u128(number));
        let first = locks.lock(user, key(1)).await;
        let mut second = Box::pin(locks.lock(user, key(1)));
        assert!(poll!(&mut second).is_pending());
        // One that gives up leaves the others alone.
        let mut third = Box::pin(locks.lock(user, key(1)));
        assert!(poll!(&mut third).is_pending());
        drop(third);
        drop(locks.lock(user, key(2)).await);
        drop(locks.lock(UserId::new(Uuid::from_u128(2)), key(1)).await);
        drop(first);
        let second = second.await;
        let mut leaves = Box::pin(locks.lock(user, key(1)));
        assert!(poll!(&mut leaves).is_pending());
        drop(second);
        // Its turn has come, and it never looks.
        drop(leaves);
        assert!(locks.map().is_empty());
    }
}

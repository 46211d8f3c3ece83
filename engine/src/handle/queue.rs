//! Counts the requests an engine has taken on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{request::SubmitError, scheduler::UserKey};

/// Places for running and for waiting requests together.
#[derive(Debug)]
pub(crate) struct Queue {
    capacity: usize,
    num_places: AtomicUsize,
    num_taken: AtomicUsize,
}

/// A place in the queue of an engine; free again when dropped.
#[derive(Debug)]
pub struct Permit {
    user: UserKey,
    queue: Arc<Queue>,
}

impl Queue {
    pub(crate) fn new(max_running: usize, capacity: usize) -> Arc<Self> {
        let num_places = max_running.saturating_add(capacity);
        Arc::new(Self {
            capacity,
            num_places: AtomicUsize::new(num_places),
            num_taken: AtomicUsize::new(0),
        })
    }

    pub(super) fn permit(self: &Arc<Self>, user: UserKey) -> Result<Permit, SubmitError> {
        let num_places = self.num_places.load(Ordering::Relaxed);
        let take = |taken| (taken < num_places).then_some(taken + 1);
        self.num_taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
            .map(|_| Permit {
                user,
                queue: Arc::clone(self),
            })
            .map_err(|_| SubmitError::QueueFull {
                capacity: self.capacity,
            })
    }

    /// More places, for more engines.
    pub(crate) fn add_places(&self, count: usize) {
        let add = |places: usize| Some(places.saturating_add(count));
        let _ = self
            .num_places
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Fewer places, for an engine less; those that are taken stay until they are given back.
    pub(crate) fn remove_places(&self, count: usize) {
        let remove = |places: usize| Some(places.saturating_sub(count));
        let _ = self
            .num_places
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, remove);
    }

    /// A place beyond all others, for what has had one before.
    pub(super) fn extra_permit(self: &Arc<Self>, user: UserKey) -> Permit {
        self.num_taken.fetch_add(1, Ordering::AcqRel);
        Permit {
            user,
            queue: Arc::clone(self),
        }
    }
}

impl Permit {
    pub(crate) fn user(&self) -> UserKey {
        self.user
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.num_taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_permit_is_dropped() {
        let queue = Queue::new(1, 1);
        let first = queue.permit(UserKey(1)).unwrap();
        let _second = queue.permit(UserKey(1)).unwrap();
        let full = queue.permit(UserKey(2)).unwrap_err();
        assert_eq!(full, SubmitError::QueueFull { capacity: 1 });
        let resumed = queue.extra_permit(UserKey(1));
        drop(first);
        queue.permit(UserKey(2)).unwrap_err();
        drop(resumed);
        queue.permit(UserKey(2)).unwrap();
    }
}

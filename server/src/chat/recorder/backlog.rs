//! How far the disk is behind what answers have.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What operators want to know of the recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecorderCondition {
    /// Since when the oldest unwritten text waits; nothing if all is written.
    pub(crate) lag: Duration,
    /// Tries that wrote nothing, or not everything, since the start.
    pub(crate) num_failures: u64,
}

/// What waits to be written. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    since: Option<Instant>,
    num_failures: u64,
}

impl Backlog {
    /// Something waits from now on, if nothing did.
    pub(super) fn begins(&self) {
        self.lock().since.get_or_insert_with(Instant::now);
    }

    /// Everything is written.
    pub(super) fn ends(&self) {
        self.lock().since = None;
    }

    /// Something was not written.
    pub(super) fn failed(&self) {
        self.lock().num_failures += 1;
    }

    pub(super) fn condition(&self) -> RecorderCondition {
        let waiting = self.lock();
        RecorderCondition {
            lag: waiting
                .since
                .map_or(Duration::ZERO, |since| since.elapsed()),
            num_failures: waiting.num_failures,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Each change is a single call: a panic leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

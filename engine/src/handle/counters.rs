//! What engines have done since they started.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted by workers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    preemptions: AtomicU64,
    prepared: AtomicU64,
}

/// The counts at one moment, of all engines behind a handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounters {
    /// Sequences halted because the cache was full, and computed again later.
    pub preemptions: u64,
    /// Prompts computed while there was nothing else to do.
    pub prepared: u64,
}

impl Counters {
    pub(crate) fn note_preemption(&self) {
        self.preemptions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_prepared(&self) {
        self.prepared.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> EngineCounters {
        EngineCounters {
            preemptions: self.preemptions.load(Ordering::Relaxed),
            prepared: self.prepared.load(Ordering::Relaxed),
        }
    }
}

//! What engines have done since they started, and how busy they are.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counted by workers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    preemptions: AtomicU64,
    prepared: AtomicU64,
    steps: AtomicU64,
    computed_tokens: AtomicU64,
    load: [AtomicU64; 4],
}

/// The counts at one moment, of all engines behind a handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounters {
    /// Sequences halted because the cache was full, and computed again later.
    pub preemptions: u64,
    /// Prompts computed while there was nothing else to do.
    pub prepared: u64,
    /// Forward passes.
    pub steps: u64,
    /// Tokens of prompts and answers in them.
    pub computed_tokens: u64,
    /// How busy the engines are now.
    pub load: EngineLoad,
}

/// What an engine has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineLoad {
    /// Sequences that are computed.
    pub running: u64,
    /// Sequences that wait for a place.
    pub waiting: u64,
    /// Blocks of layers that attend to everything, in use by sequences.
    pub used_blocks: u64,
    /// All of them.
    pub num_blocks: u64,
}

/// One engine's part of the load; nothing when dropped.
#[derive(Debug)]
pub(crate) struct LoadGauge<S: AsRef<Counters>> {
    counters: Arc<S>,
    shown: EngineLoad,
}

impl Counters {
    pub(crate) fn note_preemption(&self) {
        self.preemptions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_prepared(&self) {
        self.prepared.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_step(&self, num_tokens: usize) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.computed_tokens
            .fetch_add(num_tokens as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> EngineCounters {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [running, waiting, used_blocks, num_blocks] = self.load.each_ref().map(of);
        EngineCounters {
            preemptions: of(&self.preemptions),
            prepared: of(&self.prepared),
            steps: of(&self.steps),
            computed_tokens: of(&self.computed_tokens),
            load: EngineLoad {
                running,
                waiting,
                used_blocks,
                num_blocks,
            },
        }
    }
}

impl EngineLoad {
    fn values(&self) -> [u64; 4] {
        [
            self.running,
            self.waiting,
            self.used_blocks,
            self.num_blocks,
        ]
    }
}

impl<S: AsRef<Counters>> LoadGauge<S> {
    pub(crate) fn new(counters: Arc<S>) -> Self {
        let shown = EngineLoad::default();
        Self { counters, shown }
    }

    /// Several engines share the counts, so differences are added.
    pub(crate) fn show(&mut self, load: EngineLoad) {
        let (new, old) = (load.values(), self.shown.values());
        let gauges = (*self.counters).as_ref().load.iter();
        for (gauge, (new, old)) in gauges.zip(new.into_iter().zip(old)) {
            if new != old {
                gauge.fetch_add(new.wrapping_sub(old), Ordering::Relaxed);
            }
        }
        self.shown = load;
    }
}

impl<S: AsRef<Counters>> Drop for LoadGauge<S> {
    fn drop(&mut self) {
        self.show(EngineLoad::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl AsRef<Self> for Counters {
        fn as_ref(&self) -> &Self {
            self
        }
    }

    #[test]
    fn engines_add_up_and_one_that_ends_is_gone() {
        let counters = Arc::new(Counters::default());
        let load = |running| EngineLoad {
            running,
            num_blocks: 10,
            ..EngineLoad::default()
        };
        let mut first = LoadGauge::new(Arc::clone(&counters));
        let mut second = LoadGauge::new(Arc::clone(&counters));
        first.show(load(3));
        second.show(load(4));
        first.show(load(1));
        assert_eq!(counters.read().load.running, 5);
        drop(second);
        let found = counters.read().load;
        assert_eq!((found.running, found.num_blocks), (1, 10));
    }
}

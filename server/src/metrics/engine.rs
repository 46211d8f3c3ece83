//! What the engine tells of itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

use super::{Follower, Seen};

/// Of all devices together.
#[derive(Debug, Default)]
pub(super) struct EngineNumbers {
    is_ready: Gauge,
    running: Gauge<u64, AtomicU64>,
    waiting: Gauge<u64, AtomicU64>,
    used_blocks: Gauge<u64, AtomicU64>,
    blocks: Gauge<u64, AtomicU64>,
    preemptions: Follower,
    prepared: Follower,
    steps: Follower,
    computed_tokens: Follower,
}

impl EngineNumbers {
    pub(super) fn register(&self, registry: &mut Registry) {
        let is_ready = self.is_ready.clone();
        registry.register("model_ready", "1: the model is loaded", is_ready);
        for (name, help, gauge) in [
            ("running_sequences", "Answers being computed", &self.running),
            (
                "waiting_sequences",
                "Answers that wait for a place",
                &self.waiting,
            ),
            (
                "cache_blocks_used",
                "Blocks of the cache that running answers hold",
                &self.used_blocks,
            ),
            ("cache_blocks", "All blocks of the cache", &self.blocks),
        ] {
            registry.register(name, help, gauge.clone());
        }
        for (name, help, follower) in [
            (
                "preemptions",
                "Sequences halted because the cache was full",
                &self.preemptions,
            ),
            (
                "prepared_prompts",
                "Prompts computed while there was nothing else to do",
                &self.prepared,
            ),
            ("engine_steps", "Forward passes", &self.steps),
            (
                "engine_tokens",
                "Tokens of prompts and answers in forward passes",
                &self.computed_tokens,
            ),
        ] {
            registry.register(name, help, follower.counter.clone());
        }
    }

    pub(super) fn set(&mut self, seen: &Seen) {
        let (counters, load) = (seen.engine, seen.engine.load);
        self.is_ready.set(i64::from(seen.is_ready));
        self.running.set(load.running);
        self.waiting.set(load.waiting);
        self.used_blocks.set(load.used_blocks);
        self.blocks.set(load.num_blocks);
        self.preemptions.follow(counters.preemptions);
        self.prepared.follow(counters.prepared);
        self.steps.follow(counters.steps);
        self.computed_tokens.follow(counters.computed_tokens);
    }
}

//! `/metrics`: what the server has done, on the page and for programs, for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

use hearth_engine::{
    handle::{EngineCounters, EngineHandle, EngineState},
    request::Usage,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::{slow_work::SlowWork, store::TurnTokens};

/// Seconds until the first token: from a cached prompt on a card to a long one on a CPU.
const FIRST_TOKEN_S: [f64; 12] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
];
/// Seconds between tokens.
const NEXT_TOKEN_S: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// An answer of the API, by address and status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    path: String,
    status: u16,
}

/// Counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    prompt_tokens: Counter,
    cached_tokens: Counter,
    completion_tokens: Counter,
    first_token: Histogram,
    next_token: Histogram,
    is_ready: Gauge,
    engine: EngineGauges,
    slow_work: SlowWorkGauges,
}

/// A kind of slow work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// What is done beside serving, when it is asked.
#[derive(Debug, Default)]
struct SlowWorkGauges {
    running: Family<OfKind, Gauge<u64, AtomicU64>>,
    waiting: Family<OfKind, Gauge<u64, AtomicU64>>,
    refused: Family<OfKind, Counter>,
}

impl SlowWorkGauges {
    fn register(&self, registry: &mut Registry) {
        for (name, help, gauges) in [
            ("slow_work_running", "Pieces of slow work", &self.running),
            (
                "slow_work_waiting",
                "Pieces that wait for a place",
                &self.waiting,
            ),
        ] {
            registry.register(name, help, gauges.clone());
        }
        registry.register(
            "slow_work_refused",
            "Pieces that got no place, at once or in time",
            self.refused.clone(),
        );
    }

    fn set(&self, slow_work: &SlowWork) {
        for (kind, load) in slow_work.load() {
            let kind = OfKind {
                kind: kind.as_str(),
            };
            self.running.get_or_create(&kind).set(load.running);
            self.waiting.get_or_create(&kind).set(load.waiting);
            let refused = self.refused.get_or_create(&kind);
            refused.inner().store(load.refused, Ordering::Relaxed);
        }
    }
}

/// What the engine tells of itself, when it is asked.
#[derive(Debug, Default)]
struct EngineGauges {
    running: Gauge<u64, AtomicU64>,
    waiting: Gauge<u64, AtomicU64>,
    used_blocks: Gauge<u64, AtomicU64>,
    blocks: Gauge<u64, AtomicU64>,
    preemptions: Gauge<u64, AtomicU64>,
    prepared: Gauge<u64, AtomicU64>,
    steps: Gauge<u64, AtomicU64>,
    computed_tokens: Gauge<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hearth"),
            requests: Family::default(),
            prompt_tokens: Counter::default(),
            cached_tokens: Counter::default(),
            completion_tokens: Counter::default(),
            first_token: Histogram::new(FIRST_TOKEN_S),
            next_token: Histogram::new(NEXT_TOKEN_S),
            is_ready: Gauge::default(),
            engine: EngineGauges::default(),
            slow_work: SlowWorkGauges::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let requests = self.requests.clone();
        registry.register("api_requests", "Answered requests of programs", requests);
        for (name, help, counter) in [
            ("prompt_tokens", "Tokens of prompts", &self.prompt_tokens),
            (
                "cached_prompt_tokens",
                "Tokens of prompts that were not computed",
                &self.cached_tokens,
            ),
            (
                "completion_tokens",
                "Tokens of answers",
                &self.completion_tokens,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register_with_unit(
            "time_to_first_token",
            "From the submission of a request to its first token",
            Unit::Seconds,
            self.first_token.clone(),
        );
        registry.register_with_unit(
            "time_per_output_token",
            "Between tokens of an answer, its mean",
            Unit::Seconds,
            self.next_token.clone(),
        );
        let is_ready = self.is_ready.clone();
        registry.register("model_ready", "1: the model is loaded", is_ready);
        self.engine.register(registry);
        self.slow_work.register(registry);
    }

    /// A request was answered; `path` is one of the router's.
    pub(crate) fn request(&self, path: String, status: u16) {
        self.requests
            .get_or_create(&Answered { path, status })
            .inc();
    }

    /// An answer is complete.
    pub(crate) fn answered(&self, usage: &Usage) {
        if usage.completion_tokens > 0 {
            self.first_token
                .observe(usage.time_to_first_token.as_secs_f64());
        }
        let num_pauses = u32::try_from(usage.completion_tokens.saturating_sub(1));
        if let Ok(num_pauses @ 1..) = num_pauses {
            let pause = usage.decode_time / num_pauses;
            self.next_token.observe(pause.as_secs_f64());
        }
    }

    /// Tokens of a request, however it ended; so many of its prompt were not computed.
    pub(crate) fn spent(&self, tokens: TurnTokens, num_cached: usize) {
        self.cached_tokens.inc_by(num_cached as u64);
        self.prompt_tokens.inc_by(tokens.prompt.into());
        self.completion_tokens.inc_by(tokens.completion.into());
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn text(&self, engine: &EngineHandle, slow_work: &SlowWork) -> String {
        self.slow_work.set(slow_work);
        self.engine.set(engine.counters());
        self.is_ready
            .set(i64::from(engine.state() == EngineState::Ready));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("invariant: a String takes every write");
        text
    }
}

impl EngineGauges {
    fn register(&self, registry: &mut Registry) {
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
            (
                "preemptions",
                "Sequences halted because the cache was full, since the model was loaded",
                &self.preemptions,
            ),
            (
                "prepared_prompts",
                "Prompts computed while there was nothing else to do, since the model was loaded",
                &self.prepared,
            ),
            (
                "engine_steps",
                "Forward passes since the model was loaded",
                &self.steps,
            ),
            (
                "engine_tokens",
                "Tokens of prompts and answers in them",
                &self.computed_tokens,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    fn set(&self, counters: EngineCounters) {
        let load = counters.load;
        self.running.set(load.running);
        self.waiting.set(load.waiting);
        self.used_blocks.set(load.used_blocks);
        self.blocks.set(load.num_blocks);
        self.preemptions.set(counters.preemptions);
        self.prepared.set(counters.prepared);
        self.steps.set(counters.steps);
        self.computed_tokens.set(counters.computed_tokens);
    }
}

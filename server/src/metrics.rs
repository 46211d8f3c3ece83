//! `/metrics`: what the server has done, on the page and for programs, for Prometheus.
//!
//! What happens is counted where it happens; what only is, such as how full a queue is, is looked
//! at when somebody asks (`seen`). docs/metrics.md lists every name.

mod engine;
mod machine;
mod seen;
mod slow_work;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use hearth_engine::request::Usage;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::{error::RefusalKind, store::TurnTokens};
use engine::EngineNumbers;
use machine::MachineNumbers;
pub(crate) use seen::Seen;
use slow_work::SlowWorkNumbers;

/// Seconds until the first token: from a cached prompt on a card to a long one on a CPU.
const FIRST_TOKEN_S: [f64; 12] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
];
/// Seconds between tokens.
const NEXT_TOKEN_S: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
/// The route of what no route knows.
const NO_ROUTE: &str = "other";

/// An answer of the API, by address and status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    path: String,
    status: u16,
}

/// Any answer, by the router's pattern and the first digit of the status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnRoute {
    route: String,
    class: &'static str,
}

/// One of few kinds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// Counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    on_routes: Family<OnRoute, Counter>,
    refusals: Family<OfKind, Counter>,
    requests: Family<Answered, Counter>,
    prompt_tokens: Counter,
    cached_tokens: Counter,
    completion_tokens: Counter,
    first_token: Histogram,
    next_token: Histogram,
    /// Held while somebody reads: of two who do so at once, one is behind the other.
    looked_at: Mutex<LookedAt>,
}

/// What is written down when somebody asks.
#[derive(Debug, Default)]
struct LookedAt {
    engine: EngineNumbers,
    slow_work: SlowWorkNumbers,
    machine: MachineNumbers,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hearth"),
            on_routes: Family::default(),
            refusals: Family::default(),
            requests: Family::default(),
            prompt_tokens: Counter::default(),
            cached_tokens: Counter::default(),
            completion_tokens: Counter::default(),
            first_token: Histogram::new(FIRST_TOKEN_S),
            next_token: Histogram::new(NEXT_TOKEN_S),
            looked_at: Mutex::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let on_routes = self.on_routes.clone();
        registry.register("http_requests", "Answered requests of everybody", on_routes);
        // From the start: who watches for the first refusal needs a number before it.
        for kind in RefusalKind::ALL {
            let kind = kind.as_str();
            self.refusals.get_or_create(&OfKind { kind }).inc_by(0);
        }
        let refusals = self.refusals.clone();
        registry.register("refusals", "Requests that were refused", refusals);
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
        let looked_at = self.looked_at.get_mut();
        let looked_at = looked_at.unwrap_or_else(PoisonError::into_inner);
        looked_at.engine.register(registry);
        looked_at.slow_work.register(registry);
        looked_at.machine.register(registry);
    }

    /// Somebody was answered; `route` is the router's pattern, absent where none fits.
    pub(crate) fn answered_on(
        &self,
        route: Option<&str>,
        status: u16,
        refusal: Option<RefusalKind>,
    ) {
        let class = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        let route = route.unwrap_or(NO_ROUTE).to_owned();
        self.on_routes
            .get_or_create(&OnRoute { route, class })
            .inc();
        if let Some(refusal) = refusal {
            let kind = refusal.as_str();
            self.refusals.get_or_create(&OfKind { kind }).inc();
        }
    }

    /// A request of a program was answered; `path` is one of the router's.
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
    pub(crate) fn text(&self, seen: &Seen) -> String {
        let mut looked_at = self
            .looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        looked_at.engine.set(seen);
        looked_at.slow_work.set(&seen.slow_work);
        looked_at.machine.set(seen);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("invariant: a String takes every write");
        text
    }
}

/// Lets a counter follow a count that is kept elsewhere. That one may begin anew, such as that of a
/// model when another is loaded; a counter never falls.
#[derive(Debug, Default)]
struct Follower {
    counter: Counter,
    last: u64,
}

impl Follower {
    fn follow(&mut self, now: u64) {
        let risen = now.checked_sub(self.last).unwrap_or(now);
        self.counter.inc_by(risen);
        self.last = now;
    }
}

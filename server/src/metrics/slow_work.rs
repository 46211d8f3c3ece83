//! What is done beside serving.

use std::{collections::HashMap, sync::atomic::AtomicU64};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::OfKind;
use crate::slow_work::{Kind, Load};

/// By kind of work.
#[derive(Debug, Default)]
pub(super) struct SlowWorkNumbers {
    running: Family<OfKind, Gauge<u64, AtomicU64>>,
    waiting: Family<OfKind, Gauge<u64, AtomicU64>>,
    refused: Family<OfKind, Counter>,
    /// What was told of each kind before.
    last_refused: HashMap<Kind, u64>,
}

impl SlowWorkNumbers {
    pub(super) fn register(&self, registry: &mut Registry) {
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

    pub(super) fn set(&mut self, loads: &[(Kind, Load)]) {
        for &(kind, load) in loads {
            let of = OfKind {
                kind: kind.as_str(),
            };
            self.running.get_or_create(&of).set(load.running);
            self.waiting.get_or_create(&of).set(load.waiting);
            let last = self.last_refused.insert(kind, load.refused);
            let risen = load.refused.saturating_sub(last.unwrap_or_default());
            self.refused.get_or_create(&of).inc_by(risen);
        }
    }
}

//! The database, the recorder, the upkeep, and what the process takes of the machine.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::{Follower, Seen};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfJob {
    job: &'static str,
}

/// Of one process.
#[derive(Debug, Default)]
pub(super) struct MachineNumbers {
    database: Gauge<u64, AtomicU64>,
    log: Gauge<u64, AtomicU64>,
    lag: Gauge<f64, AtomicU64>,
    failed_writes: Follower,
    succeeded_at: Family<OfJob, Gauge>,
    memory: Gauge<u64, AtomicU64>,
    open_files: Gauge<u64, AtomicU64>,
}

impl MachineNumbers {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            (
                "database_size",
                "The database's file, without its log",
                &self.database,
            ),
            (
                "database_log_size",
                "What was written last and stands in the log beside the database",
                &self.log,
            ),
            (
                "process_resident_memory",
                "Main memory of the process",
                &self.memory,
            ),
        ] {
            registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
        }
        registry.register(
            "process_open_files",
            "Files and connections that the process has open",
            self.open_files.clone(),
        );
        registry.register_with_unit(
            "recorder_lag",
            "How long the oldest text of an answer waits to be on the disk",
            Unit::Seconds,
            self.lag.clone(),
        );
        registry.register(
            "recorder_failures",
            "Times that answers could not be written and were kept",
            self.failed_writes.counter.clone(),
        );
        registry.register_with_unit(
            "upkeep_last_success_timestamp",
            "When a job of the upkeep last did all it had to, since 1970",
            Unit::Seconds,
            self.succeeded_at.clone(),
        );
    }

    pub(super) fn set(&mut self, seen: &Seen) {
        self.database.set(seen.file.database_bytes);
        self.log.set(seen.file.log_bytes);
        self.lag.set(seen.recorder.lag.as_secs_f64());
        self.failed_writes.follow(seen.recorder.num_failures);
        for &(job, at_ms) in &seen.succeeded {
            let job = job.as_str();
            let seconds = at_ms.div_euclid(1000);
            self.succeeded_at.get_or_create(&OfJob { job }).set(seconds);
        }
        if let Some(process) = seen.process {
            self.memory.set(process.memory_bytes);
            self.open_files.set(process.num_files);
        }
    }
}

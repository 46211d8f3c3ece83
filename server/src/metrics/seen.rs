//! What is looked at when somebody asks.

use std::fs;

use hearth_app::model::UpkeepJob;
use hearth_engine::handle::{EngineCounters, EngineState};

use crate::{
    chat::{ChatServer, RecorderCondition},
    slow_work::{Kind, Load},
    store::{FileSizes, Store},
};

/// The server at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(super) engine: EngineCounters,
    pub(super) is_ready: bool,
    pub(super) slow_work: Vec<(Kind, Load)>,
    pub(super) recorder: RecorderCondition,
    pub(super) file: FileSizes,
    /// Jobs whose last run did what it had to, and when it ended, in milliseconds UTC.
    pub(super) succeeded: Vec<(UpkeepJob, i64)>,
    /// Absent: the system does not tell.
    pub(super) process: Option<Process>,
}

/// What the process takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) memory_bytes: u64,
    pub(super) num_files: u64,
}

impl Seen {
    /// Looks. A database that does not answer is no reason to tell nothing.
    pub(crate) async fn look(chat: &ChatServer, store: &Store) -> Self {
        let jobs = store.upkeep_jobs().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the upkeep cannot be told: {error}");
            Vec::new()
        });
        let succeeded = jobs.into_iter().filter(|it| it.last.error.is_none());
        let engine = chat.engine();
        Self {
            engine: engine.counters(),
            is_ready: engine.state() == EngineState::Ready,
            slow_work: chat.slow_work().load().collect(),
            recorder: chat.recorder_condition(),
            file: store.file_sizes(),
            succeeded: succeeded.map(|it| (it.last.job, it.last.ran_at)).collect(),
            process: process(),
        }
    }
}

/// As Linux tells it.
fn process() -> Option<Process> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    let files = fs::read_dir("/proc/self/fd").ok()?;
    // One of them is the list itself.
    let num_files = files.count().saturating_sub(1);
    Some(Process {
        memory_bytes: kilobytes << 10,
        num_files: num_files.try_into().ok()?,
    })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory_and_files() {
        let before = process().unwrap();
        assert!(before.memory_bytes > 1 << 20, "{before:?}");
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<_> = (0..100)
            .map(|number| fs::File::create(folder.path().join(number.to_string())).unwrap())
            .collect();
        // Other tests open and close some meanwhile.
        let during = process().unwrap();
        assert!(during.num_files + 50 > before.num_files + files.len() as u64);
    }
}

//! Pulls from a hub that runs in the test, and misbehaves where it is told to.

mod directory;
mod gguf;
mod pretend_hub;
mod recording;
mod refusal;
mod resumption;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    Hub, ModelName, ModelPull, Progress, PullError, PullEvent, PullRequest, Pulled, Revision,
};
use pretend_hub::PretendHub;

/// Silence after which a test's connection counts as dead.
const SILENCE: Duration = Duration::from_millis(300);

/// A models folder that is not there yet, and what was said about pulls into it.
struct Machine {
    folder: TempDir,
    events: Events,
}

#[derive(Default)]
struct Events {
    sentences: Vec<String>,
    /// `present_bytes` of the last start, plus what arrived, minus what was thrown away.
    present_bytes: u64,
    total_bytes: u64,
}

impl Progress for Events {
    fn on(&mut self, event: PullEvent<'_>) {
        match event {
            PullEvent::Checking { path } => {
                let name = path.file_name().unwrap().to_string_lossy();
                self.sentences.push(format!("checking {name}"));
            }
            PullEvent::Starting {
                num_files,
                present_bytes,
                total_bytes,
            } => {
                (self.present_bytes, self.total_bytes) = (present_bytes, total_bytes);
                let sentence = format!("{num_files} files, {present_bytes} of {total_bytes}");
                self.sentences.push(sentence);
            }
            PullEvent::Received { num_bytes } => self.present_bytes += num_bytes,
            PullEvent::Discarded { num_bytes } => {
                self.present_bytes -= num_bytes;
                self.sentences.push(format!("discarded {num_bytes}"));
            }
            PullEvent::Retrying { pause, .. } => {
                self.sentences.push(format!("retry after {pause:?}"));
            }
        }
    }
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            events: Events::default(),
        }
    }

    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    fn put(&self, path: &str, content: &[u8]) {
        let place = self.models().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }

    fn content(&self, path: &str) -> Vec<u8> {
        fs::read(self.models().join(path)).unwrap()
    }

    /// Every file below the models folder but records, sorted.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.models(), "", &mut found);
        found.retain(|name| !name.ends_with(".checksums"));
        found.sort();
        found
    }

    fn pull(&mut self, hub: &PretendHub) -> Result<Pulled, PullError> {
        self.pull_file(hub, None)
    }

    fn pull_file(&mut self, hub: &PretendHub, file: Option<&str>) -> Result<Pulled, PullError> {
        let pull = self.prepared(hub);
        pull.run(&request(file), &mut self.events)
    }

    fn prepared(&self, hub: &PretendHub) -> ModelPull {
        let hub = Hub::with_silence(&hub.endpoint(), "the-token", SILENCE).unwrap();
        let mut pull = ModelPull::new(hub, self.models());
        pull.first_pause = Duration::from_micros(100);
        pull
    }

    /// Why a pull failed, with all causes.
    fn refusal(&mut self, hub: &PretendHub) -> String {
        let error = self.pull(hub).unwrap_err();
        assert!(!format!("{error:?}").contains("the-token"), "{error:?}");
        told(&error)
    }
}

fn request(file: Option<&str>) -> PullRequest {
    PullRequest {
        model: ModelName::parse("someone/rose").unwrap(),
        revision: Revision::parse("refs/pr/1").unwrap(),
        file: file.map(str::to_owned),
    }
}

fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}

/// Bytes that differ everywhere, so that a part at the wrong place is noticed.
fn weights(num_bytes: usize) -> Vec<u8> {
    let letters = (0_u32..).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8);
    letters.take(num_bytes).collect()
}

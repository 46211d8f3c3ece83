//! Models that are fetched from a hub: `hearth model pull`.
//!
//! Reading order: `name` and `endpoint` (what a person sets, and addresses), `hub` (requests,
//! redirects, the token), `listing` (what a model consists of), `selection` (what of it is needed),
//! `checksum`, `part_file` (a file in the making), `download` (one file through broken
//! connections), `plan` (what is there already, and the disk), `record` (checksums that are kept).
//!
//! *Invariant:* a file or directory has its final name only when it is complete and its checksums
//! are right; a run that was killed leaves what the next run goes on from. Nothing is overwritten.
//! Everything blocks the calling thread and prints nothing.

mod checksum;
mod download;
mod endpoint;
mod hub;
mod listing;
mod name;
mod part_file;
mod plan;
mod record;
mod selection;

#[cfg(test)]
mod tests;

pub use checksum::Checksum;
pub use download::DownloadError;
pub use endpoint::{Endpoint, EndpointError};
pub use hub::{Hub, HubError};
pub use listing::{ListingError, RepositoryFile};
pub use name::{ModelName, NameError, Revision};
pub use part_file::PartFileError;
pub use plan::{Difference, PlanError};
pub(crate) use record::place as record_place;
pub use record::{Compared, RecordError, compare_with_record};
pub use selection::{Bytes, FileList, SelectionError};

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use download::Download;
use plan::{Plan, planned};
use record::Record;

/// Pause before the first retry of a broken connection.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What is fetched.
#[derive(Clone, Debug)]
pub struct PullRequest {
    pub model: ModelName,
    pub revision: Revision,
    /// Path of one GGUF file; without it the model's files are chosen.
    pub file: Option<String>,
}

/// What a pull says while it runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum PullEvent<'a> {
    /// A file that is there, whole or in part, is read for its checksum; this may take a minute.
    Checking { path: &'a Path },
    /// The download begins; `present_bytes` of `total_bytes` are there from an earlier run.
    Starting {
        num_files: usize,
        present_bytes: u64,
        total_bytes: u64,
    },
    /// Content arrived.
    Received { num_bytes: u64 },
    /// The hub sends from the beginning what was there in part.
    Discarded { num_bytes: u64 },
    /// A connection broke and is tried again after `pause`.
    Retrying {
        failure: &'a DownloadError,
        pause: Duration,
    },
}

/// Who is told about a pull.
pub trait Progress {
    /// Called from the thread that pulls, up to some thousand times a second.
    fn on(&mut self, event: PullEvent<'_>);
}

/// How a pull ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// Everything was there and had the right checksums.
    AlreadyThere { path: PathBuf },
    /// `size_bytes` are those of all files, whichever run brought them.
    Complete { path: PathBuf, size_bytes: u64 },
}

/// Why there is no model. What arrived is kept for the next run, unless it is damaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    #[error(transparent)]
    Listing(#[from] ListingError),
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Download(#[from] DownloadError),
}

/// A hub and the folder that its models go to.
#[derive(Debug)]
pub struct ModelPull {
    hub: Hub,
    models: PathBuf,
    first_pause: Duration,
    free_bytes: fn(&Path) -> io::Result<u64>,
}

impl ModelPull {
    /// Pulls from `hub` into `models`, which is made when something is pulled.
    pub fn new(hub: Hub, models: PathBuf) -> Self {
        Self {
            hub,
            models,
            first_pause: FIRST_PAUSE,
            free_bytes: crate::disk::free_bytes,
        }
    }

    /// Fetches a model: the files that are missing, each checked, then moved to its place.
    ///
    /// # Errors
    /// [`PullError`]; nothing has its final name then that was not there before.
    pub fn run(
        &self,
        request: &PullRequest,
        progress: &mut dyn Progress,
    ) -> Result<Pulled, PullError> {
        let PullRequest {
            model,
            revision,
            file,
        } = request;
        let files = listing::list(&self.hub, model, revision)?;
        let selection = selection::select(model, files, file.as_deref())?;
        let record = Record::of(&selection);
        let plan = match planned(selection, &self.models, progress)? {
            Plan::AlreadyThere { path } => {
                record.keep(&self.models);
                return Ok(Pulled::AlreadyThere { path });
            }
            Plan::Missing(missing) => missing,
        };
        let present_bytes = plan.present_bytes();
        plan.check_space(&self.models, self.free_bytes)?;
        progress.on(PullEvent::Starting {
            num_files: plan.files.len(),
            present_bytes,
            total_bytes: plan.total_bytes(),
        });
        let download = Download {
            hub: &self.hub,
            model,
            revision,
            first_pause: self.first_pause,
        };
        for file in plan.files.iter().filter(|file| !file.is_complete) {
            download.fetch(&file.wanted, &file.target, progress)?;
        }
        let size_bytes = plan.total_bytes();
        let path = plan.put_in_place(&self.models)?;
        record.keep(&self.models);
        Ok(Pulled::Complete { path, size_bytes })
    }
}

//! Copies of the database with proof, and the way back.
//!
//! A copy is made beside a running server, read whole before it is kept, and removed in time, so
//! that what somebody deletes is gone from every file. Nothing else is copied: models and
//! `hearth.toml` are the administrator's own files.

mod copying;
mod folder;
mod making;
mod restoring;
mod schedule;

#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

pub(crate) use copying::copy;
pub(crate) use folder::list;
pub use making::Backups;
pub(crate) use making::before_upgrade;
pub(crate) use restoring::{Restored, rehearse, restore};
pub use schedule::TimeOfDay;

use crate::{
    data_folder::FolderError,
    store::{OpenStoreError, Proof, ProofError, StoreError, program_schema},
};

/// A copy that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    pub(crate) path: PathBuf,
    pub(crate) proof: Proof,
}

/// Why there is no copy, or nothing was restored. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the database cannot be copied: {0}")]
    Copy(#[from] StoreError),
    #[error("the database cannot be copied: {0}")]
    Open(#[from] OpenStoreError),
    #[error("the path {} is no text that SQLite takes", .0.display())]
    Name(PathBuf),
    #[error("{} is no backup: {source}", file.display())]
    NoBackup { file: PathBuf, source: ProofError },
    #[error("the copy was not sound and is not kept: {0}")]
    Unsound(#[source] ProofError),
    #[error(
        "{} has schema {found}, and this program (Hearth {}) knows schemas up to {}: \
         a newer Hearth made it. Restore it with that one",
        file.display(), env!("CARGO_PKG_VERSION"), program_schema()
    )]
    Newer { file: PathBuf, found: i64 },
    #[error(
        "{} is the database itself. Name a copy of it, such as one of `backups`", .0.display()
    )]
    Itself(PathBuf),
    #[error(transparent)]
    Folder(#[from] Box<FolderError>),
}

impl BackupError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

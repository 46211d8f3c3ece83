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
pub(crate) use folder::{Listed, list};
pub use making::Backups;
pub(crate) use making::{before_upgrade, check_folder};
pub(crate) use restoring::{Restored, rehearse, restore, undo_unfinished};
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
    #[error(
        "a copy needs {needed_mb} MB in {}, where {free_mb} MB are free. Make room, or name \
         another folder for copies as backup.folder", folder.display()
    )]
    NoRoom {
        folder: PathBuf,
        free_mb: u64,
        needed_mb: u64,
    },
    #[error(
        "the folder for copies {} is not there. Is its disk mounted? If so, make the folder",
        .0.display()
    )]
    NoFolder(PathBuf),
    #[error(
        "{} has a log beside it ({}-wal), without which it is not whole: it cannot be looked at \
         where it is. A restore takes both", .0.display(), .0.display()
    )]
    HasLog(PathBuf),
    #[error(
        "the file system of {} cannot lock files, so nothing says whether a server runs. Stop it, \
         remove hearth.db-wal and hearth.db-shm, and copy the file to hearth.db yourself",
        .0.display()
    )]
    Unlocked(PathBuf),
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

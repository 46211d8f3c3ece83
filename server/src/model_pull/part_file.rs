//! A file that is being made: `.part` beside its place until size and checksum are right.
//!
//! *Invariant:* what is in the file has been taken into the checksum, and the final name is given
//! only to content that is complete, right and on the disk.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    checksum::{Checksum, RunningChecksum},
    listing::RepositoryFile,
};
use crate::data_folder::open_file;

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartFileError {
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("another program is downloading {}", path.display())]
    Busy { path: PathBuf },
    #[error(
        "{path} arrived damaged and was deleted: its checksum is {found}, the hub says {expected}"
    )]
    Checksum {
        path: String,
        expected: Checksum,
        found: Checksum,
    },
}

/// The beginning of a file, open for more.
pub(super) struct PartFile<'a> {
    wanted: &'a RepositoryFile,
    place: PathBuf,
    file: File,
    running: RunningChecksum,
    len: u64,
}

impl<'a> PartFile<'a> {
    /// Opens or creates the beginning of `target`. The content of an earlier run is read once.
    pub(super) fn open(wanted: &'a RepositoryFile, target: &Path) -> Result<Self, PartFileError> {
        let place = part_place(target);
        let file = open_alone(&place)?;
        let mut part = Self {
            wanted,
            place,
            file,
            running: RunningChecksum::new(wanted.checksum, wanted.size_bytes),
            len: 0,
        };
        let read = part.running.update_from(&mut part.file);
        part.len = read.map_err(|error| part.failed(error))?;
        if part.len > wanted.size_bytes {
            // The beginning of another file, such as that of another revision.
            part.restart()?;
        }
        Ok(part)
    }

    /// Bytes that are there.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that are not.
    pub(super) fn missing_bytes(&self) -> u64 {
        self.wanted.size_bytes - self.len
    }

    /// Adds bytes, at most as many as are missing.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), PartFileError> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| self.failed(error))?;
        self.running.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what is there.
    pub(super) fn restart(&mut self) -> Result<(), PartFileError> {
        let emptied = self.file.set_len(0);
        let emptied = emptied.and_then(|()| io::Seek::rewind(&mut self.file));
        emptied.map_err(|error| self.failed(error))?;
        self.running = RunningChecksum::new(self.wanted.checksum, self.wanted.size_bytes);
        self.len = 0;
        Ok(())
    }

    /// Gives a complete file its name, or deletes a damaged one.
    pub(super) fn finish(self, target: &Path) -> Result<(), PartFileError> {
        let found = self.running.clone().finish();
        if found != self.wanted.checksum {
            self.remove()?;
            return Err(PartFileError::Checksum {
                path: self.wanted.path.clone(),
                expected: self.wanted.checksum,
                found,
            });
        }
        // Renaming would replace what somebody put there in the meantime.
        if fs::symlink_metadata(target).is_ok() {
            let (path, source) = (target.to_owned(), io::ErrorKind::AlreadyExists.into());
            return Err(PartFileError::Write { path, source });
        }
        let kept = self.file.sync_all();
        let kept = kept.and_then(|()| fs::rename(&self.place, target));
        kept.map_err(|error| self.failed(error))
    }

    /// Deletes content that can never become right.
    pub(super) fn remove(&self) -> Result<(), PartFileError> {
        let removed = fs::remove_file(&self.place);
        removed.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> PartFileError {
        let path = self.place.clone();
        PartFileError::Write { path, source }
    }
}

/// Where the beginning of `target` is kept.
pub(super) fn part_place(target: &Path) -> PathBuf {
    let mut place = target.as_os_str().to_owned();
    place.push(".part");
    place.into()
}

/// Two programs that write one file would damage it, so the second is refused.
fn open_alone(place: &Path) -> Result<File, PartFileError> {
    let path = place.to_owned();
    let opened = open_file(place).and_then(|file| match file.try_lock() {
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => Ok(None),
        Ok(()) => Ok(Some(file)),
    });
    match opened {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(PartFileError::Busy { path }),
        Err(source) => Err(PartFileError::Write { path, source }),
    }
}

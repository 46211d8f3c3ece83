//! A model goes: itself, what is there of a download, and what was recorded of it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{FoundModel, PART, disk_bytes};
use crate::model_pull::record_place;

/// Why a model is still there, or a part of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemovalError {
    #[error("{} is being fetched just now: end that first", path.display())]
    BeingFetched { path: PathBuf },
    #[error("cannot remove {}", path.display())]
    Disk { path: PathBuf, source: io::Error },
}

/// Removes a model of this folder; gives the bytes that are free now.
pub(crate) fn remove(folder: &Path, model: &FoundModel) -> Result<u64, RemovalError> {
    for part in &model.parts {
        check_rest(part)?;
    }
    let record = record_place(folder, &model.name);
    let record = fs::symlink_metadata(&record).is_ok().then_some(record);
    let mut freed = 0;
    for place in model.path.iter().chain(&model.parts).chain(&record) {
        let num_bytes = disk_bytes(place);
        remove_whole(place).map_err(|source| RemovalError::Disk {
            path: place.clone(),
            source,
        })?;
        freed += num_bytes;
    }
    Ok(freed)
}

/// A link goes, not what it leads to.
fn remove_whole(place: &Path) -> io::Result<()> {
    if fs::symlink_metadata(place)?.is_dir() {
        fs::remove_dir_all(place)
    } else {
        fs::remove_file(place)
    }
}

/// Refuses a download that goes on: whoever writes a part holds a lock on it.
fn check_rest(part: &Path) -> Result<(), RemovalError> {
    let parts = if part.is_dir() {
        let entries = fs::read_dir(part).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|path| path.to_string_lossy().ends_with(PART))
            .collect()
    } else {
        vec![part.to_owned()]
    };
    for path in parts {
        let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        // What cannot be opened cannot be written either.
        let file = is_file.then(|| File::open(&path).ok()).flatten();
        let is_held = file.is_some_and(|it| matches!(it.try_lock(), Err(TryLockError::WouldBlock)));
        if is_held {
            return Err(RemovalError::BeingFetched { path });
        }
    }
    Ok(())
}

//! A copy of a database that is in use: whole, looked at, and only then kept.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use hearth_app::model::BackupKind;

use super::{
    Backup, BackupError,
    folder::{SUM_END, name_of, with_end},
};
use crate::{
    data_folder::{create_folder, create_own_file},
    disk::{self, LEFT_BYTES},
    store::{Proof, ProofError, Store},
};

/// At the end of the name of a file that is being made.
const PART: &str = ".part";

/// A file that is being made; removed if it is not kept.
pub(super) struct Part {
    pub(super) path: PathBuf,
    name: String,
    /// Says, while it is locked, that somebody is making it.
    file: File,
    /// SHA-256 of what was written, once that is everything.
    sum: Option<String>,
    is_kept: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left is removed by the next one.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Part {
    /// An empty file under a hidden name, with the permissions of everything else.
    pub(super) fn begin(folder: &Path, name: &str) -> Result<Self, BackupError> {
        let path = folder.join(format!(".{name}{PART}"));
        let failed = |source| BackupError::io(&path, source);
        let file = create_own_file(&path).map_err(failed)?;
        let part = Self {
            path: path.clone(),
            name: name.to_owned(),
            file,
            sum: None,
            is_kept: false,
        };
        if let Err(fs::TryLockError::Error(error)) = part.file.try_lock() {
            tracing::debug!(%error, "nothing says that a copy is being made: {error}");
        }
        Ok(part)
    }

    /// Gives it its name, on the disk when this returns.
    pub(super) fn finish(mut self, folder: &Path) -> io::Result<PathBuf> {
        let kept = folder.join(&self.name);
        self.file.sync_all()?;
        if let Some(sum) = &self.sum {
            write_sum(&kept, &self.name, sum)?;
        }
        fs::rename(&self.path, &kept)?;
        self.is_kept = true;
        disk::sync_folder(folder)?;
        Ok(kept)
    }
}

/// Copies a database into a folder, beside whoever uses it: what is in the copy is what was there
/// at one moment. Nobody who writes waits.
///
/// # Errors
/// What could not be read or written, or is wrong with the copy, which is not kept then.
pub(crate) async fn copy(
    store: &Store,
    folder: &Path,
    kind: BackupKind,
    now_ms: i64,
) -> Result<Backup, BackupError> {
    let part = write(store, folder, kind, now_ms).await?;
    let (path, proof) = keep(part, folder).await?;
    Ok(Backup { path, proof })
}

/// Everything is in the file when this returns; nobody has looked at it yet.
pub(super) async fn write(
    store: &Store,
    folder: &Path,
    kind: BackupKind,
    now_ms: i64,
) -> Result<Part, BackupError> {
    create_folder(folder).map_err(|source| BackupError::io(folder, source))?;
    remove_parts(folder)?;
    check_room(folder, store.num_bytes().await?)?;
    let mut part = Part::begin(folder, &name_of(kind, now_ms))?;
    let target = part.path.to_str();
    let target = target.ok_or_else(|| BackupError::Name(part.path.clone()))?;
    store.copy_into(target).await?;
    let path = part.path.clone();
    let sum = beside(move || disk::sha256(&path)).await;
    let sum = sum.map_err(|source| BackupError::io(&part.path, source))?;
    part.sum = Some(sum);
    Ok(part)
}

/// Reads the copy whole, and gives it its name once it is on the disk.
pub(super) async fn keep(part: Part, folder: &Path) -> Result<(PathBuf, Proof), BackupError> {
    let path = part.path.clone();
    // A large file may take seconds to reach the disk.
    let part = beside(move || disk::sync_and_forget(&part.file).map(|()| part)).await;
    let part = part.map_err(|source| BackupError::io(&path, source))?;
    let read = path.clone();
    let sum = beside(move || disk::sha256(&read)).await;
    let sum = sum.map_err(|source| BackupError::io(&path, source))?;
    if part.sum.as_ref() != Some(&sum) {
        let other = "what the disk gives back is not what was written".to_owned();
        return Err(BackupError::Unsound(ProofError::Damaged(other)));
    }
    let proof = Proof::of(&path).await.map_err(BackupError::Unsound)?;
    let within = folder.to_owned();
    let kept = beside(move || part.finish(&within)).await;
    let kept = kept.map_err(|source| BackupError::io(&path, source))?;
    Ok((kept, proof))
}

/// As `sha256sum` writes and reads it, beside the copy.
fn write_sum(kept: &Path, name: &str, sum: &str) -> io::Result<()> {
    let path = with_end(kept, SUM_END);
    remove_if_there(&path)?;
    let mut file = create_own_file(&path)?;
    writeln!(file, "{sum}  {name}")?;
    file.sync_all()
}

/// Work that waits for the disk.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Refuses to begin what would fill the disk: the database may lie there, too.
fn check_room(folder: &Path, needed: u64) -> Result<(), BackupError> {
    let free = disk::free_bytes(folder).map_err(|source| BackupError::io(folder, source))?;
    if free < needed.saturating_add(LEFT_BYTES) {
        return Err(BackupError::NoRoom {
            folder: folder.to_owned(),
            free_mb: free >> 20,
            needed_mb: (needed + LEFT_BYTES) >> 20,
        });
    }
    Ok(())
}

/// Removes a file; one that is not there is no error.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what a process left that ended in the middle of a copy.
pub(super) fn remove_parts(folder: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::io(folder, source);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        // SQLite may have put a journal beside it.
        let is_part = name.is_some_and(|name| name.starts_with(".hearth-") && name.contains(PART));
        if is_part && !is_being_made(&path) {
            remove_if_there(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether somebody holds a file, or the file whose journal it is.
fn is_being_made(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let owner = name
        .rfind(PART)
        .map_or(&*name, |end| &name[..end + PART.len()]);
    let file = File::open(owner);
    file.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

//! A copy of a database that is in use: whole, looked at, and only then kept.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use hearth_app::model::BackupKind;

use super::{Backup, BackupError, folder::name_of};
use crate::{
    data_folder::{create_folder, make_file},
    store::{Proof, Store},
};

/// At the end of the name of a file that is being made.
const PART: &str = ".part";
const ABANDONED_AFTER: Duration = Duration::from_hours(1);

/// A file that is being made; removed if it is not kept.
pub(super) struct Part {
    pub(super) path: PathBuf,
    name: String,
    is_kept: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_kept {
            // One that was never made need not be removed.
            let _ = fs::remove_file(&self.path);
        }
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
    let name = name_of(kind, now_ms);
    let path = folder.join(format!(".{name}{PART}"));
    // It is there before SQLite writes, with the permissions of everything else; and it is no other
    // process's that began within the same second.
    let made = if path.exists() {
        Err(io::ErrorKind::AlreadyExists.into())
    } else {
        make_file(&path)
    };
    made.map_err(|source| BackupError::io(&path, source))?;
    let part = Part {
        path,
        name,
        is_kept: false,
    };
    let target = part.path.to_str();
    let target = target.ok_or_else(|| BackupError::Name(part.path.clone()))?;
    store.copy_into(target).await?;
    Ok(part)
}

/// Reads the copy whole, and gives it its name once it is on the disk.
pub(super) async fn keep(mut part: Part, folder: &Path) -> Result<(PathBuf, Proof), BackupError> {
    let proof = Proof::of(&part.path).await.map_err(BackupError::Unsound)?;
    let kept = folder.join(&part.name);
    let (from, to, within) = (part.path.clone(), kept.clone(), folder.to_owned());
    // A large file may take seconds to reach the disk.
    let renaming = tokio::task::spawn_blocking(move || rename(&from, &to, &within));
    let renamed = renaming
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    renamed.map_err(|source| BackupError::io(&kept, source))?;
    part.is_kept = true;
    Ok((kept, proof))
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
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        // SQLite may have put a journal beside it.
        let is_part = name
            .to_str()
            .is_some_and(|name| name.starts_with(".hearth-") && name.contains(PART));
        if is_part && is_left(&entry) {
            remove_if_there(&entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether nobody has written to a file for an hour: a command may be making its copy.
fn is_left(entry: &fs::DirEntry) -> bool {
    let changed = entry.metadata().and_then(|file| file.modified());
    let age = changed.ok().and_then(|changed| changed.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED_AFTER)
}

/// It is on the disk before it has its name, and has its name on the disk when this returns.
fn rename(part: &Path, kept: &Path, folder: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, kept)?;
    File::open(folder)?.sync_all()
}

//! Files that people send to be imported. Each lies in a folder of its own under its id until it is
//! imported, another one takes its place, or a day has passed. Files that go with messages come the
//! same way, and go on into the database (`files`).
//!
//! A row of the database says whose a file is, and is there last and gone first: a file that no row
//! waits for is nobody's and is removed, whatever ended in between. No file is ever in memory.

mod incoming;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::{BusyReason, Refusal, UploadId, UserId};
use uuid::Uuid;

pub(crate) use incoming::Incoming;

use crate::{
    data_folder, disk,
    error::AppError,
    import::MAX_ARCHIVE_BYTES,
    store::{NewUpload, Store, StoreError},
};

/// At the end of the name of a file that is still coming.
const PART: &str = ".part";
/// What a form has around its file, at most.
const FORM_BYTES: u64 = 64 << 10;
/// A full disk is asked again after that long.
const RETRY_AFTER_S: u32 = 60;

/// The folder of the files.
#[derive(Debug)]
pub struct Uploads {
    store: Store,
    folder: PathBuf,
    /// Files without a row that are somebody's all the same.
    coming: Coming,
    free_bytes: fn(&Path) -> io::Result<u64>,
}

/// Ids of files that are on their way, until their rows are there.
type Coming = Arc<Mutex<HashSet<UploadId>>>;

/// How large a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    /// What its first bytes say that it is decides.
    ToImport,
    Bytes(u64),
}

impl Allowed {
    /// Whatever it is.
    const fn most(self) -> u64 {
        match self {
            Self::ToImport => MAX_ARCHIVE_BYTES,
            Self::Bytes(limit) => limit,
        }
    }
}

/// Why a file is not kept, or cannot be removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the file has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the disk of {} has no room for a file that somebody sends", .0.display())]
    NoRoom(PathBuf),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Uploads {
    /// The uploads of a store, in a folder.
    pub fn new(store: Store, folder: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            store,
            folder,
            coming: Coming::default(),
            free_bytes: disk::free_bytes,
        })
    }

    /// Begins to take a file. `announced`: how long the request says it is; 0: it does not say.
    pub(crate) async fn begin(&self, announced: u64) -> Result<Incoming, UploadError> {
        self.begin_within(announced, Allowed::ToImport).await
    }

    /// Begins to take a file of at most so many bytes, which nobody imports.
    pub(crate) async fn begin_file(
        &self,
        announced: u64,
        limit: u64,
    ) -> Result<Incoming, UploadError> {
        self.begin_within(announced, Allowed::Bytes(limit)).await
    }

    async fn begin_within(
        &self,
        announced: u64,
        allowed: Allowed,
    ) -> Result<Incoming, UploadError> {
        let limit = allowed.most();
        if announced > limit + FORM_BYTES {
            return Err(UploadError::TooLarge { limit });
        }
        let room = Room {
            folder: self.folder.clone(),
            free_bytes: self.free_bytes,
        };
        let (id, coming) = (UploadId::new(Uuid::now_v7()), Arc::clone(&self.coming));
        let begun = beside(&self.folder, move || {
            let folder = &room.folder;
            data_folder::create_folder_inside(folder).map_err(|source| failed(folder, source))?;
            room.check(announced)?;
            Incoming::begin(id, room, (allowed, coming))
        });
        begun.await
    }

    /// Keeps a file that has come, in place of the last one of its person.
    pub(crate) async fn keep(
        &self,
        user: UserId,
        file_name: &str,
        mut incoming: Incoming,
    ) -> Result<UploadId, UploadError> {
        incoming.finish().await?;
        let upload = NewUpload {
            id: incoming.id(),
            user,
            file_name,
            size: incoming.num_bytes(),
        };
        self.store.insert_upload(&upload).await?;
        incoming.keep();
        self.tidy().await;
        Ok(upload.id)
    }

    /// Where a file lies that waits to be imported.
    pub(crate) fn path(&self, id: UploadId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// As [`Uploads::sweep`]; a failure is logged, and the upkeep tries again.
    pub(crate) async fn tidy(&self) {
        if let Err(error) = self.sweep().await {
            tracing::warn!(%error, "uploaded files are removed later: {error}");
        }
    }

    /// Removes every file that no row waits for.
    pub(crate) async fn sweep(&self) -> Result<(), UploadError> {
        let folder = self.folder.clone();
        let mut found = beside(&self.folder, move || list(&folder)).await?;
        // In this order: what is not coming any more has its row by now, or never gets one.
        let coming = locked(&self.coming).clone();
        found.retain(|file| !coming.contains(&file.id));
        if found.is_empty() {
            return Ok(());
        }
        let waiting = self.store.waiting_uploads().await?;
        found.retain(|file| file.is_part || !waiting.contains(&file.id));
        beside(&self.folder, move || {
            found.iter().try_for_each(|file| remove(&file.path))
        })
        .await
    }
}

/// A file of the folder.
struct Listed {
    path: PathBuf,
    id: UploadId,
    is_part: bool,
}

/// The files of the folder. One that has another name is somebody else's business.
fn list(folder: &Path) -> Result<Vec<Listed>, UploadError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| failed(folder, source))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| failed(folder, source))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let stem = name.strip_suffix(PART);
        if let Ok(id) = stem.unwrap_or(name).parse::<UploadId>() {
            let is_part = stem.is_some();
            found.push(Listed { path, id, is_part });
        }
    }
    Ok(found)
}

/// How many files wait, and their bytes: for who looks at the folder from outside.
///
/// # Errors
/// Whatever the system says about the folder.
pub(crate) fn measure(folder: &Path) -> io::Result<(u64, u64)> {
    let (mut num_files, mut num_bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        num_files += 1;
        // One that is gone meanwhile has none.
        num_bytes += entry?.metadata().map_or(0, |file| file.len());
    }
    Ok((num_files, num_bytes))
}

/// Opens a file that waits. `None`: it is not there any more, or is not the one that came.
pub(crate) fn open(path: &Path, num_bytes: u64) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let is_whole = file.metadata()?.len() == num_bytes;
    Ok(is_whole.then_some(file))
}

/// Where a file has to find a place.
#[derive(Clone, Debug)]
struct Room {
    folder: PathBuf,
    free_bytes: fn(&Path) -> io::Result<u64>,
}

impl Room {
    /// Refuses what would leave too little of the disk: the database lies there, too.
    fn check(&self, num_bytes: u64) -> Result<(), UploadError> {
        let free = (self.free_bytes)(&self.folder);
        let free = free.map_err(|source| failed(&self.folder, source))?;
        if free < num_bytes.saturating_add(disk::LEFT_BYTES) {
            return Err(UploadError::NoRoom(self.folder.clone()));
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), UploadError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, source: io::Error) -> UploadError {
    let path = path.to_owned();
    UploadError::Io { path, source }
}

fn locked(coming: &Coming) -> MutexGuard<'_, HashSet<UploadId>> {
    coming.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work that waits for the disk.
async fn beside<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, UploadError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(failed(path, io::Error::other(error))))
}

impl From<UploadError> for AppError {
    fn from(error: UploadError) -> Self {
        let reason = match &error {
            UploadError::TooLarge { limit } => {
                return Self::Invalid(Refusal::FileTooLarge { limit: *limit });
            }
            UploadError::Store(error) => return Self::store(error),
            UploadError::NoRoom(_) => BusyReason::NoRoom,
            UploadError::Io { source, .. } if is_disk_full(source.kind()) => BusyReason::DiskFull,
            UploadError::Io { .. } => return Self::internal(&error),
        };
        tracing::error!(%error, "an upload was refused: {error}");
        Self::Busy {
            reason,
            retry_after_s: RETRY_AFTER_S,
        }
    }
}

/// Whether the disk takes nothing, whatever it is.
fn is_disk_full(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}

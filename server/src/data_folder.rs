//! The folder with the database and the models: one server to a folder, commands beside it, and
//! nobody else.
//!
//! A server takes the folder for itself before it does anything else. A command that writes does so
//! beside a server only if both know the same schema; where no server runs it keeps one from
//! starting, and may bring the database up to date. A command that only reads changes nothing.

mod lock;
mod permissions;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use lock::Presence;
pub use lock::{FolderLock, Holder};
pub(crate) use permissions::{
    create_file, create_folder, create_folder_inside, create_own_file, make_file, open_file,
    too_open,
};

use crate::{
    backup::{BackupError, before_upgrade, undo_unfinished},
    config::Config,
    store::{OpenStoreError, Store, now_ms, program_schema},
};
use lock::LockError;

/// Bytes that have to find a place before a database is opened for writing.
const PROBE_BYTES: usize = 64 * 1024;
/// A command may take a moment; a server that is there says so at once.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// What is being put in the place of the database, until it is there.
pub(crate) const COMING: &str = "hearth.db.restoring";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    #[error(
        "cannot write to the data folder {}: {source}. \
         Make it writable, or choose another one with --data", folder.display()
    )]
    Unwritable { folder: PathBuf, source: io::Error },
    #[error(
        "the data folder {} is in use by {holder}. \
         Stop that one first, or choose another folder with --data", folder.display()
    )]
    Served { folder: PathBuf, holder: Holder },
    #[error(
        "a command of Hearth is at work in the data folder {}. Try again when it has ended, \
         or choose another folder with --data", folder.display()
    )]
    Busy { folder: PathBuf },
    #[error(
        "the database in {} has {}, this program (Hearth {}) needs schema {}, and {}. \
         Use the program of that server, or start the server with this one first",
        folder.display(), shown_schema(*schema), env!("CARGO_PKG_VERSION"), program_schema(),
        shown_user(holder.as_ref())
    )]
    OtherSchema {
        folder: PathBuf,
        /// None: there is no database yet.
        schema: Option<i64>,
        /// None: it has not said its name, or the file system cannot lock.
        holder: Option<Holder>,
    },
    #[error(
        "there is no database in {}. `hearth serve` makes one; --data names another folder",
        folder.display()
    )]
    Missing { folder: PathBuf },
    #[error("{source}. {}", remedy(source, folder))]
    Store {
        folder: PathBuf,
        source: OpenStoreError,
    },
    #[error(
        "the database has to be brought up to date, which only goes forward, and no copy of it \
         could be made first: {0}. Nothing was changed. Make room, or name another folder for \
         copies as backup.folder"
    )]
    NoCopy(Box<BackupError>),
    #[error("a restore was cut off, and what it left cannot be put right: {0}")]
    Unfinished(Box<BackupError>),
}

/// A database that a command uses, and what keeps a server from changing it meanwhile.
#[derive(Debug)]
pub(crate) struct OpenFolder {
    pub(crate) store: Store,
    _lock: Option<FolderLock>,
}

/// Takes the folder for a server, before anything else is done.
///
/// # Errors
/// A sentence naming who uses it, or what is wrong with the folder.
pub async fn occupy(config: &Config) -> Result<FolderLock, FolderError> {
    let folder = &config.data;
    create_folder(folder).map_err(|source| unwritable(folder, source))?;
    let started = tokio::time::Instant::now();
    loop {
        match FolderLock::exclusive(folder) {
            Ok(lock) => {
                permissions::tighten(config);
                if lock.is_held() {
                    let undone = undo_unfinished(config);
                    undone.map_err(|error| FolderError::Unfinished(Box::new(error)))?;
                }
                return Ok(lock);
            }
            Err(LockError::Held(None)) if started.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(refused(folder, error)),
        }
    }
}

/// Opens the database for writing and brings it up to date: for who holds the folder.
///
/// # Errors
/// A sentence naming the folder or the file.
pub(crate) async fn open(config: &Config) -> Result<Store, FolderError> {
    let folder = &config.data;
    let own_copies = (!config.names_backups()).then(|| config.backups());
    let inner = [config.models(), config.uploads()];
    for inner in inner.into_iter().chain(own_copies) {
        let made = create_folder_inside(&inner);
        made.map_err(|source| unwritable(&inner, source))?;
    }
    check_writable(folder).map_err(|source| unwritable(folder, source))?;
    match before_upgrade(config, now_ms()).await {
        Ok(_) => {}
        Err(BackupError::Open(source)) => return Err(store_refused(folder, source)),
        Err(error) => return Err(FolderError::NoCopy(Box::new(error))),
    }
    let opened = Store::open(&config.database()).await;
    opened.map_err(|source| store_refused(folder, source))
}

/// Opens the database for a command that writes.
///
/// # Errors
/// A sentence: a server of another schema runs, or the folder cannot be used.
pub(crate) async fn open_for_writing(config: &Config) -> Result<OpenFolder, FolderError> {
    let folder = &config.data;
    create_folder(folder).map_err(|source| unwritable(folder, source))?;
    let (lock, holder) = match FolderLock::shared(folder) {
        Ok(lock) => (Some(lock), None),
        Err(LockError::Held(holder)) => (None, holder),
        Err(error) => return Err(refused(folder, error)),
    };
    let schema = Store::schema(&config.database(), lock.is_none()).await;
    let schema = schema.map_err(|source| store_refused(folder, source))?;
    if schema == Some(program_schema()) {
        let store = open(config).await?;
        return Ok(OpenFolder { store, _lock: lock });
    }
    if !lock.is_some_and(|lock| lock.is_held()) {
        let folder = folder.clone();
        return Err(FolderError::OtherSchema {
            folder,
            schema,
            holder,
        });
    }
    let lock = FolderLock::exclusive(folder).map_err(|error| refused(folder, error))?;
    let store = open(config).await?;
    let lock = Some(lock);
    Ok(OpenFolder { store, _lock: lock })
}

/// Opens the database for a command that changes nothing in it.
///
/// # Errors
/// A sentence: there is none, or it is of another schema.
pub(crate) async fn open_for_reading(config: &Config) -> Result<OpenFolder, FolderError> {
    let (lock, is_in_use) = look_in(config)?;
    let opened = Store::open_read_only(&config.database(), is_in_use).await;
    let store = opened.map_err(|source| store_refused(&config.data, source))?;
    Ok(OpenFolder { store, _lock: lock })
}

/// As [`open_for_reading`], of an older schema too: to count and to copy.
///
/// # Errors
/// A sentence: there is none, or it is of a newer schema.
pub(crate) async fn open_for_copying(config: &Config) -> Result<OpenFolder, FolderError> {
    let (lock, is_in_use) = look_in(config)?;
    let database = config.database();
    if is_in_use && !database.with_file_name("hearth.db-wal").exists() && lock.is_none() {
        // A server that starts or ends: until its log is there, nothing keeps the file as it is
        // while it is read.
        let folder = config.data.clone();
        return Err(FolderError::Busy { folder });
    }
    let opened = Store::open_unchanged(&database, is_in_use).await;
    let store = opened.map_err(|source| store_refused(&config.data, source))?;
    Ok(OpenFolder { store, _lock: lock })
}

/// What keeps a server from starting meanwhile, and whether one may be there.
fn look_in(config: &Config) -> Result<(Option<FolderLock>, bool), FolderError> {
    let folder = &config.data;
    if !config.database().is_file() {
        let folder = folder.clone();
        return Err(FolderError::Missing { folder });
    }
    // Who may read a folder need not be able to write into it, or to keep others out.
    match FolderLock::shared(folder) {
        Ok(lock) => {
            let is_in_use = !lock.is_held();
            Ok((Some(lock), is_in_use))
        }
        Err(LockError::Held(_)) => Ok((None, true)),
        Err(LockError::Io(_)) => Ok((None, false)),
    }
}

/// Keeps servers from starting in the folder, as far as its file system can.
pub(crate) fn hold_servers_off(config: &Config) -> Option<FolderLock> {
    FolderLock::shared(&config.data).ok()
}

/// Who is in the folder. Changes nothing.
pub(crate) fn look(config: &Config) -> Presence {
    lock::look(&config.data)
}

/// What to say where a file system cannot lock.
pub(crate) fn cannot_lock(config: &Config, error: &io::Error) -> String {
    lock::cannot_lock(&config.data, error)
}

/// Writes a little and removes it: an existing database may open on a disk that takes no more.
fn check_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".writable");
    let written = open_file(&probe).and_then(|mut file| file.write_all(&vec![0; PROBE_BYTES]));
    // What could not be written is not there.
    let _ = std::fs::remove_file(&probe);
    written
}

fn unwritable(folder: &Path, source: io::Error) -> FolderError {
    FolderError::Unwritable {
        folder: folder.to_owned(),
        source,
    }
}

fn store_refused(folder: &Path, source: OpenStoreError) -> FolderError {
    FolderError::Store {
        folder: folder.to_owned(),
        source,
    }
}

fn refused(folder: &Path, error: LockError) -> FolderError {
    let folder = folder.to_owned();
    match error {
        LockError::Held(Some(holder)) => FolderError::Served { folder, holder },
        LockError::Held(None) => FolderError::Busy { folder },
        LockError::Io(source) => FolderError::Unwritable { folder, source },
    }
}

fn shown_schema(schema: Option<i64>) -> String {
    schema.map_or_else(
        || "no schema yet".to_owned(),
        |schema| format!("schema {schema}"),
    )
}

fn shown_user(holder: Option<&Holder>) -> String {
    let unnamed = || "a server may be using it".to_owned();
    holder.map_or_else(unnamed, |holder| format!("{holder} uses it"))
}

/// What mends a database that does not open.
fn remedy(error: &OpenStoreError, folder: &Path) -> String {
    match error {
        OpenStoreError::Newer { .. } => {
            "Use the newer program, or restore the copy made before it was installed".to_owned()
        }
        OpenStoreError::Older { .. } => {
            "`hearth serve` brings it up to date; the older program reads it as it is".to_owned()
        }
        error if error.is_busy() => {
            "Another program holds it, such as a backup or sqlite3: end that one first".to_owned()
        }
        _ => format!(
            "Is the disk full, or the data folder {} read-only?",
            folder.display()
        ),
    }
}

#[cfg(test)]
mod tests;

//! The way back: a copy takes the place of the database, and what was there is kept.
//!
//! One rename decides. Before it, the database is as it was; after it, the copy is the database. A
//! log that belongs to the old one must never be read with the new one, so it is folded in or moved
//! away first, and that is on the disk before the rename.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use hearth_app::model::BackupKind;

use super::{
    BackupError, check_folder,
    copying::{Part, remove_if_there},
    folder::{LOG_ENDS, SUM_END, list, name_of, with_end},
};
use crate::{
    config::Config,
    data_folder::{COMING, create_folder, make_file, occupy, open_for_copying},
    disk::{sha256, sync_folder},
    store::{Proof, ProofError, fold_log, program_schema},
};

/// What a restore does, or would do.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    /// Rows of what is there now; absent: no database, or one that cannot be read.
    pub(crate) before: Option<Vec<(String, u64)>>,
    pub(crate) after: Proof,
    /// Where what was there is kept; absent: nothing was there, or nothing was changed.
    pub(crate) kept: Option<PathBuf>,
}

/// What a restore would do. Changes nothing, and a server may run.
///
/// # Errors
/// The file is damaged, another program's or of a newer schema, or has a log beside it.
pub(crate) async fn rehearse(config: &Config, file: &Path) -> Result<Restored, BackupError> {
    refuse_itself(config, file)?;
    if has_log(file) {
        return Err(BackupError::HasLog(file.to_owned()));
    }
    check_sum(file, file)?;
    let after = usable(file, file).await?;
    let before = match open_for_copying(config).await {
        Ok(folder) => {
            let tables = folder.store.tables().await.ok();
            folder.store.close().await;
            tables
        }
        Err(_) => None,
    };
    Ok(Restored {
        before,
        after,
        kept: None,
    })
}

/// Puts a copy, with a log that may lie beside it, in the place of the database.
///
/// # Errors
/// A server runs; the file is damaged, another program's or of a newer schema; the disk refuses.
/// The database is then as it was.
pub(crate) async fn restore(
    config: &Config,
    file: &Path,
    now_ms: i64,
) -> Result<Restored, BackupError> {
    // Held to the end: neither a server nor a command comes between.
    let lock = occupy(config).await.map_err(Box::new)?;
    if !lock.is_held() {
        return Err(BackupError::Unlocked(config.data.clone()));
    }
    refuse_itself(config, file)?;
    let database = real_database(config);
    let coming = database.with_file_name(COMING);
    if database.exists() {
        // What could not be put right again is not begun.
        list(&config.backups())?;
    }
    let outcome = replace(config, file, &database, &coming, now_ms).await;
    undo_unfinished(config)?;
    outcome
}

/// It may be a link to another disk: what it leads to is replaced.
fn real_database(config: &Config) -> PathBuf {
    let database = config.database();
    fs::canonicalize(&database).unwrap_or(database)
}

/// Makes the database what it was before a restore that did not get to its rename: gives it its log
/// back and the second name away, and removes what did not become the database, which holds all
/// that the copy held. For who holds the folder alone.
///
/// # Errors
/// What the disk refuses.
pub(crate) fn undo_unfinished(config: &Config) -> Result<(), BackupError> {
    let database = real_database(config);
    let coming = database.with_file_name(COMING);
    let copies = match list(&config.backups()) {
        // Nothing was cut off: another disk that is away keeps nobody from starting.
        Err(_) if !coming.exists() => Vec::new(),
        copies => copies?,
    };
    for copy in copies {
        if copy.kind != BackupKind::BeforeRestore || !is_same(&copy.path, &database) {
            continue;
        }
        let failed = |source| BackupError::io(&copy.path, source);
        for end in LOG_ENDS {
            move_log(&with_end(&copy.path, end), &with_end(&database, end)).map_err(failed)?;
        }
        // Whoever opened the database under that name would not see its log.
        remove_if_there(&copy.path).map_err(failed)?;
    }
    for path in with_logs(&coming) {
        remove_if_there(&path).map_err(|source| BackupError::io(&path, source))?;
    }
    Ok(())
}

async fn replace(
    config: &Config,
    file: &Path,
    database: &Path,
    coming: &Path,
    now_ms: i64,
) -> Result<Restored, BackupError> {
    file.metadata()
        .map_err(|source| BackupError::io(file, source))?;
    let failed = |source| BackupError::io(coming, source);
    for (from, to) in with_logs(file).into_iter().zip(with_logs(coming)) {
        remove_if_there(&to).map_err(failed)?;
        let is_shared_memory = from == with_end(file, "-shm");
        if from == *file || (from.exists() && !is_shared_memory) {
            write_copy(&from, &to).map_err(failed)?;
        }
    }
    check_sum(coming, file)?;
    if has_log(file) && !fold_log(coming).await {
        let source = ProofError::Damaged("its log cannot be read".to_owned());
        let file = file.to_owned();
        return Err(BackupError::NoBackup { file, source });
    }
    // What was written is what counts from now on: the disk may have failed in between.
    let after = usable(coming, file).await?;
    let before = if fold_log(database).await {
        Proof::of(database).await.ok().map(|proof| proof.tables)
    } else {
        None
    };
    let kept = put_aside(config, database, now_ms)?;
    exchange(coming, database).map_err(|source| BackupError::io(database, source))?;
    Ok(Restored {
        before,
        after,
        kept,
    })
}

/// Renames, after everything before it has reached the disk.
fn exchange(coming: &Path, database: &Path) -> io::Result<()> {
    let folder = database.parent().unwrap_or(Path::new("/"));
    File::open(coming)?.sync_all()?;
    sync_folder(folder)?;
    fs::rename(coming, database)?;
    sync_folder(folder)
}

/// The database can take everybody's place but its own, whatever name it is called by.
fn refuse_itself(config: &Config, file: &Path) -> Result<(), BackupError> {
    if is_same(file, &config.database()) {
        return Err(BackupError::Itself(file.to_owned()));
    }
    Ok(())
}

/// Whether two names lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let number = |path: &Path| path.metadata().map(|file| (file.dev(), file.ino())).ok();
    number(one).is_some_and(|one| number(other) == Some(one))
}

/// Whether the bytes of `copied` are those that were copied, where a sum lies beside `file`.
fn check_sum(copied: &Path, file: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::io(file, source);
    let told = match fs::read_to_string(with_end(file, SUM_END)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        told => told.map_err(failed)?,
    };
    let found = sha256(copied).map_err(failed)?;
    if told.split_whitespace().next() == Some(found.as_str()) {
        return Ok(());
    }
    let other = "its bytes are not those that were copied".to_owned();
    Err(BackupError::NoBackup {
        file: file.to_owned(),
        source: ProofError::Damaged(other),
    })
}

/// What a file is, if the database may become it; `shown` is what it is called.
async fn usable(file: &Path, shown: &Path) -> Result<Proof, BackupError> {
    let proof = Proof::of(file).await;
    let proof = proof.map_err(|source| BackupError::NoBackup {
        file: shown.to_owned(),
        source,
    })?;
    if proof.schema > program_schema() {
        return Err(BackupError::Newer {
            file: shown.to_owned(),
            found: proof.schema,
        });
    }
    Ok(proof)
}

/// Whether a database has something in a log that is not in its file.
fn has_log(file: &Path) -> bool {
    let has_some = |end: &str| {
        let log = with_end(file, end).metadata();
        log.is_ok_and(|log| log.len() > 0)
    };
    has_some("-wal") || has_some("-journal")
}

/// A database's file and what `SQLite` puts beside it.
fn with_logs(file: &Path) -> Vec<PathBuf> {
    let beside = LOG_ENDS.iter().map(|end| with_end(file, end));
    std::iter::once(file.to_owned()).chain(beside).collect()
}

fn write_copy(from: &Path, to: &Path) -> io::Result<()> {
    make_file(to)?;
    let mut target = fs::OpenOptions::new().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

/// Keeps what is there under another name, its log too where it could not be folded in.
fn put_aside(
    config: &Config,
    database: &Path,
    now_ms: i64,
) -> Result<Option<PathBuf>, BackupError> {
    let failed = |source| BackupError::io(database, source);
    if !database.metadata().is_ok_and(|file| file.len() > 0) {
        // An empty file is no database; the log of one that is gone belongs to nothing.
        for end in LOG_ENDS {
            remove_if_there(&with_end(database, end)).map_err(failed)?;
        }
        return Ok(None);
    }
    let folder = config.backups();
    check_folder(&folder, config.names_backups())?;
    create_folder(&folder).map_err(|source| BackupError::io(&folder, source))?;
    let name = name_of(BackupKind::BeforeRestore, now_ms);
    let kept = folder.join(&name);
    // The same file under two names, until the copy takes one of them; on another disk, a copy.
    if fs::hard_link(database, &kept).is_err() {
        let part = Part::begin(&folder, &name)?;
        let written = fs::copy(database, &part.path).and_then(|_| part.finish(&folder));
        written.map_err(|source| BackupError::io(&kept, source))?;
    }
    for end in LOG_ENDS {
        move_log(&with_end(database, end), &with_end(&kept, end))
            .map_err(|source| BackupError::io(&kept, source))?;
    }
    sync_folder(&folder).map_err(|source| BackupError::io(&folder, source))?;
    Ok(Some(kept))
}

fn move_log(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) => {
            write_copy(from, to)?;
            fs::remove_file(from)
        }
        Ok(()) => Ok(()),
    }
}

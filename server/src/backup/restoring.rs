//! The way back: a copy takes the place of the database, and what was there is kept.
//!
//! One rename decides. Before it, the database is as it was; after it, the copy is the database. A
//! log that belongs to the old one must never be read with the new one, so it is folded in or moved
//! away first.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use hearth_app::model::BackupKind;

use super::{
    BackupError,
    copying::remove_if_there,
    folder::{LOG_ENDS, name_of, with_end},
};
use crate::{
    config::Config,
    data_folder::{create_folder, make_file, occupy, open_for_copying},
    store::{Proof, fold_log, program_schema},
};

/// What is being put in the place of the database, until it is there.
const COMING: &str = "hearth.db.restoring";

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
/// The file is damaged, another program's or of a newer schema.
pub(crate) async fn rehearse(config: &Config, file: &Path) -> Result<Restored, BackupError> {
    let after = usable(config, file).await?;
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

/// Puts a copy in the place of the database.
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
    let _lock = occupy(config).await.map_err(Box::new)?;
    let database = config.database();
    usable(config, file).await?;
    let coming = config.data.join(COMING);
    let outcome = replace(config, file, &coming, now_ms).await;
    // What is still there under this name did not become the database.
    remove_if_there(&coming).map_err(|source| BackupError::io(&coming, source))?;
    let (before, after, kept) = outcome?;
    let synced = File::open(&config.data).and_then(|folder| folder.sync_all());
    synced.map_err(|source| BackupError::io(&database, source))?;
    Ok(Restored {
        before,
        after,
        kept,
    })
}

type Replaced = (Option<Vec<(String, u64)>>, Proof, Option<PathBuf>);

async fn replace(
    config: &Config,
    file: &Path,
    coming: &Path,
    now_ms: i64,
) -> Result<Replaced, BackupError> {
    let database = config.database();
    let written = write_copy(file, coming);
    written.map_err(|source| BackupError::io(coming, source))?;
    // What was written is what counts from now on: the disk may have failed in between.
    let after = usable(config, coming).await?;
    let before = if fold_log(&database).await {
        Proof::of(&database).await.ok().map(|proof| proof.tables)
    } else {
        None
    };
    let kept = put_aside(config, &database, now_ms);
    let kept = kept.map_err(|source| BackupError::io(&config.backups(), source))?;
    fs::rename(coming, &database).map_err(|source| BackupError::io(&database, source))?;
    Ok((before, after, kept))
}

/// What a file is, if the database may become it.
async fn usable(config: &Config, file: &Path) -> Result<Proof, BackupError> {
    let is_itself = fs::canonicalize(file).ok().is_some_and(|path| {
        fs::canonicalize(config.database()).is_ok_and(|database| database == path)
    });
    if is_itself {
        return Err(BackupError::Itself(file.to_owned()));
    }
    let proof = Proof::of(file).await;
    let proof = proof.map_err(|source| BackupError::NoBackup {
        file: file.to_owned(),
        source,
    })?;
    if proof.schema > program_schema() {
        return Err(BackupError::Newer {
            file: file.to_owned(),
            found: proof.schema,
        });
    }
    Ok(proof)
}

fn write_copy(from: &Path, to: &Path) -> io::Result<()> {
    remove_if_there(to)?;
    make_file(to)?;
    let mut target = fs::OpenOptions::new().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

/// Keeps what is there under another name, its log too where it could not be folded in.
fn put_aside(config: &Config, database: &Path, now_ms: i64) -> io::Result<Option<PathBuf>> {
    if !database.metadata().is_ok_and(|file| file.len() > 0) {
        // An empty file is no database; the log of one that is gone belongs to nothing.
        for end in LOG_ENDS {
            remove_if_there(&with_end(database, end))?;
        }
        return Ok(None);
    }
    let folder = config.backups();
    create_folder(&folder)?;
    let kept = folder.join(name_of(BackupKind::BeforeRestore, now_ms));
    // The same file under two names, until the copy takes one of them; on another disk, a copy.
    fs::hard_link(database, &kept).or_else(|_| write_copy(database, &kept))?;
    for end in LOG_ENDS {
        let (from, to) = (with_end(database, end), with_end(&kept, end));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => {
                write_copy(&from, &to)?;
                fs::remove_file(&from)?;
            }
            Ok(()) => {}
        }
    }
    File::open(&folder)?.sync_all()?;
    Ok(Some(kept))
}

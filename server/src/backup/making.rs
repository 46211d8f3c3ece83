//! Who makes copies in a running server: the upkeep every night, and an administrator at any time.
//! One at a time.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use hearth_app::model::BackupKind;
use jiff::tz::TimeZone;

use super::{
    Backup, BackupError, copy,
    copying::remove_parts,
    folder::{Listed, is_of_the_future, list, rotate, with_end},
    schedule::TimeOfDay,
};
use crate::{
    config::Config,
    store::{Store, program_schema},
};

/// The copies of a running server's database.
#[derive(Debug)]
pub struct Backups {
    store: Store,
    folder: PathBuf,
    /// Somebody has named the folder: it is not made here, its disk may not be mounted.
    is_named: bool,
    /// Nightly copies; 0: none is made.
    keep: usize,
    at: TimeOfDay,
    zone: TimeZone,
    one_at_a_time: tokio::sync::Mutex<()>,
    is_asked: AtomicBool,
    last: Mutex<Option<Outcome>>,
}

/// How the last copy of this server's life went.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) kind: BackupKind,
    /// Milliseconds UTC.
    pub(crate) begun_at: i64,
    /// The copy, or why there is none.
    pub(crate) made: Result<Backup, String>,
}

impl Backups {
    /// Copies of a store, as the settings want them, in a time zone. None is made by itself.
    pub fn new(store: Store, config: &Config, zone: TimeZone) -> Arc<Self> {
        Arc::new(Self {
            store,
            folder: config.backups(),
            is_named: config.names_backups(),
            keep: config.backup.keep,
            at: config.backup.at,
            zone,
            one_at_a_time: tokio::sync::Mutex::default(),
            is_asked: AtomicBool::new(false),
            last: Mutex::default(),
        })
    }

    /// Where the copies are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many nightly ones are kept (0: none is made), and when each is made.
    pub(crate) fn schedule(&self) -> (u64, TimeOfDay) {
        (self.keep as u64, self.at)
    }

    /// The next moment after `now_ms` at which a nightly one is due.
    pub(crate) fn next_due(&self, now_ms: i64) -> i64 {
        self.at.first_after(now_ms, &self.zone)
    }

    /// All copies, the newest first.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, BackupError> {
        list(&self.folder)
    }

    /// How the last one went, since the server started.
    pub(crate) fn last(&self) -> Option<Outcome> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a copy is being made that somebody asked for.
    pub(crate) fn is_being_made(&self) -> bool {
        self.is_asked.load(Ordering::SeqCst)
    }

    /// Makes a copy beside whatever else is done; [`Backups::last`] tells how it went. Of two
    /// wishes at once, one copy comes.
    pub(crate) fn ask(self: &Arc<Self>, now_ms: i64) {
        if self.is_asked.swap(true, Ordering::SeqCst) {
            return;
        }
        let backups = Arc::clone(self);
        tokio::spawn(async move {
            // Told by `last` and by the log.
            let _ = backups.make(BackupKind::Asked, now_ms).await;
            backups.is_asked.store(false, Ordering::SeqCst);
        });
    }

    /// Makes tonight's copy, if it is due and not there. Returns whether it made one.
    pub(crate) async fn make_if_due(&self, now_ms: i64) -> Result<bool, BackupError> {
        if self.keep == 0 {
            return Ok(false);
        }
        let due_since = self.at.last_before(now_ms, &self.zone);
        // A folder that cannot be read takes no copy either: that is told as of every copy.
        let listed = self.list().unwrap_or_default();
        let mut nightly = listed
            .iter()
            .filter(|copy| copy.kind == BackupKind::Nightly);
        let is_there =
            |copy: &Listed| copy.made_at >= due_since && !is_of_the_future(copy.made_at, now_ms);
        if nightly.any(is_there) {
            return Ok(false);
        }
        self.make(BackupKind::Nightly, now_ms).await.map(|_| true)
    }

    /// Removes copies whose time is over. Returns how many.
    pub(crate) async fn rotate(&self, now_ms: i64) -> Result<u64, BackupError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        remove_parts(&self.folder)?;
        rotate(&self.folder, self.keep, now_ms)
    }

    async fn make(&self, kind: BackupKind, now_ms: i64) -> Result<Backup, BackupError> {
        let _one_at_a_time = self.one_at_a_time.lock().await;
        let made = match check_folder(&self.folder, self.is_named) {
            Ok(()) => copy(&self.store, &self.folder, kind, now_ms).await,
            Err(error) => Err(error),
        };
        match &made {
            Ok(Backup { path, proof, .. }) => tracing::info!(
                kind = kind.as_str(),
                bytes = proof.num_bytes,
                "the database was copied to {}",
                path.display()
            ),
            Err(error) => tracing::error!(
                kind = kind.as_str(),
                "no copy of the database was made: {error}"
            ),
        }
        let outcome = Outcome {
            kind,
            begun_at: now_ms,
            made: made
                .as_ref()
                .map(Backup::clone)
                .map_err(ToString::to_string),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        made
    }
}

/// Copies a database that is of an older schema, before it is changed: for who holds the folder
/// alone. None: there is none, or it is up to date.
///
/// # Errors
/// It does not open, is of a newer schema, or the copy cannot be made or is not sound.
pub(crate) async fn before_upgrade(
    config: &Config,
    now_ms: i64,
) -> Result<Option<Backup>, BackupError> {
    let database = config.database();
    let Some((store, schema)) = Store::open_as_it_is(&database).await? else {
        return Ok(None);
    };
    // A first start that was cut off leaves a file without anything in it.
    let is_older = (1..program_schema()).contains(&schema);
    let made = if is_older && !is_copied(config)? {
        tracing::info!("the database has schema {schema} and is copied before it is changed");
        copy_older(config, &store, now_ms).await.map(Some)
    } else {
        Ok(None)
    };
    store.close().await;
    if let Ok(Some(Backup { path, .. })) = &made {
        tracing::info!("the database was copied to {}", path.display());
    }
    made
}

async fn copy_older(config: &Config, store: &Store, now_ms: i64) -> Result<Backup, BackupError> {
    let folder = config.backups();
    check_folder(&folder, config.names_backups())?;
    copy(store, &folder, BackupKind::BeforeUpgrade, now_ms).await
}

/// Whether there is a copy since the database was last written: a migration that fails is tried
/// again with every start, and needs no other one.
fn is_copied(config: &Config) -> Result<bool, BackupError> {
    let database = config.database();
    let copies = list(&config.backups())?;
    let mut copies = copies
        .iter()
        .filter(|it| it.kind == BackupKind::BeforeUpgrade);
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let Some(copied) = copies.next().and_then(|copy| changed(&copy.path)) else {
        return Ok(false);
    };
    let log = with_end(&database, "-wal");
    let has_log = log.metadata().is_ok_and(|file| file.len() > 0);
    Ok(!has_log && changed(&database).is_some_and(|changed| changed < copied))
}

/// Refuses a folder that somebody has named and that is not there.
pub(crate) fn check_folder(folder: &Path, is_named: bool) -> Result<(), BackupError> {
    if is_named && !folder.is_dir() {
        return Err(BackupError::NoFolder(folder.to_owned()));
    }
    Ok(())
}

//! How a database is opened: for writing, which brings its schema up to date, or for reading, which
//! changes nothing on the disk.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use url::Url;

use super::{Store, primary_code};
use crate::{data_folder, days::Days};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How long a statement waits for another program to be done.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages that each of the five connections keeps in memory, as `pragma cache_size` takes it: 8 MiB,
/// where SQLite's own is 2. A long list and its index fit.
const CACHE_SIZE: &str = "-8192";

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    #[error("cannot make the database {path}: {source}")]
    Create {
        path: String,
        source: std::io::Error,
    },
    #[error("cannot open the database {path}: {source}")]
    Open { path: String, source: sqlx::Error },
    #[error("cannot bring the database {path} up to date: {source}")]
    Migrate { path: String, source: MigrateError },
    #[error(
        "the database {path} has schema {found}, and this program (Hearth {}) knows schemas up to \
         {known}: a newer Hearth has used it", env!("CARGO_PKG_VERSION")
    )]
    Newer {
        path: String,
        found: i64,
        known: i64,
    },
    #[error(
        "the database {path} has schema {found}, and this program (Hearth {}) needs schema {known}",
        env!("CARGO_PKG_VERSION")
    )]
    Older {
        path: String,
        found: i64,
        known: i64,
    },
}

impl OpenStoreError {
    /// Whether another program keeps the database for itself.
    pub(crate) fn is_busy(&self) -> bool {
        let error = match self {
            Self::Open { source, .. } => source,
            Self::Migrate {
                source: MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
                ..
            } => error,
            _ => return false,
        };
        // SQLITE_BUSY and SQLITE_LOCKED.
        matches!(error, sqlx::Error::PoolTimedOut) || matches!(primary_code(error), Some(5 | 6))
    }
}

/// The schema that this program works with: the number of its newest migration.
pub fn program_schema() -> i64 {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}

impl Store {
    /// Opens or creates the database and brings its schema up to date.
    ///
    /// # Errors
    /// Names the file and what `SQLite` said, or a schema that this program does not know.
    pub async fn open(path: &Path) -> Result<Self, OpenStoreError> {
        let shown = path.display().to_string();
        let open = cannot_open(&shown);
        // What SQLite puts beside it gets its permissions.
        data_folder::make_file(path).map_err(|source| OpenStoreError::Create {
            path: shown.clone(),
            source,
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged message survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", CACHE_SIZE);
        // What is deleted is overwritten, and space goes back to the disk in small pieces.
        let writing = options.clone().pragma("secure_delete", "on");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(writing.auto_vacuum(SqliteAutoVacuum::Incremental))
            .await
            .map_err(open)?;
        let applied = applied(&writer).await.map_err(open)?;
        if let Err(refused) = refuse_newer(&shown, &applied) {
            writer.close().await;
            return Err(refused);
        }
        let migrated = MIGRATIONS.run(&writer).await;
        migrated.map_err(|source| OpenStoreError::Migrate {
            path: shown.clone(),
            source,
        })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true))
            .await
            .map_err(open)?;
        let days = Days::of_system();
        let store = Self {
            writer,
            readers,
            days,
        };
        store.fill_name_keys().await.map_err(open)?;
        Ok(store)
    }

    /// Opens a database of this program's schema so that nothing on the disk changes.
    ///
    /// # Errors
    /// As [`Store::open`], and an older schema.
    pub(crate) async fn open_read_only(
        path: &Path,
        is_in_use: bool,
    ) -> Result<Self, OpenStoreError> {
        let (store, found) = Self::unchanged(path, is_in_use).await?;
        if found < program_schema() {
            return Err(OpenStoreError::Older {
                path: path.display().to_string(),
                found,
                known: program_schema(),
            });
        }
        Ok(store)
    }

    /// As [`Store::open_read_only`], of an older schema too: to count and to copy.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) async fn open_unchanged(
        path: &Path,
        is_in_use: bool,
    ) -> Result<Self, OpenStoreError> {
        Ok(Self::unchanged(path, is_in_use).await?.0)
    }

    /// With its schema.
    async fn unchanged(path: &Path, is_in_use: bool) -> Result<(Self, i64), OpenStoreError> {
        let shown = path.display().to_string();
        let open = cannot_open(&shown);
        let pool = connect_read_only(path, is_in_use).await.map_err(open)?;
        Self::known(pool, &shown).await
    }

    /// The one pool of a database whose schema this program knows, with that schema.
    async fn known(pool: SqlitePool, shown: &str) -> Result<(Self, i64), OpenStoreError> {
        let applied = applied(&pool).await.map_err(cannot_open(shown))?;
        if let Err(refused) = refuse_newer(shown, &applied) {
            pool.close().await;
            return Err(refused);
        }
        let store = Self {
            writer: pool.clone(),
            readers: pool,
            days: Days::of_system(),
        };
        Ok((store, applied.last().copied().unwrap_or_default()))
    }

    /// Opens a database for who holds its folder alone, with what a server that was killed left in
    /// its log, and says its schema. None: it is missing or empty.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) async fn open_as_it_is(path: &Path) -> Result<Option<(Self, i64)>, OpenStoreError> {
        if !path.metadata().is_ok_and(|file| file.len() > 0) {
            return Ok(None);
        }
        let shown = path.display().to_string();
        let open = cannot_open(&shown);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.map_err(open)?;
        Self::known(pool, &shown).await.map(Some)
    }

    /// The schema of a database, and none of one that is missing or empty. Changes nothing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) async fn schema(
        path: &Path,
        is_in_use: bool,
    ) -> Result<Option<i64>, OpenStoreError> {
        if !path.metadata().is_ok_and(|file| file.len() > 0) {
            return Ok(None);
        }
        let shown = path.display().to_string();
        let open = cannot_open(&shown);
        let readers = connect_read_only(path, is_in_use).await.map_err(open)?;
        let found = applied(&readers).await;
        readers.close().await;
        let found = found.map_err(open)?;
        refuse_newer(&shown, &found)?;
        Ok(found.last().copied())
    }
}

/// What `SQLite` said of a file that does not open.
fn cannot_open(path: &str) -> impl Fn(sqlx::Error) -> OpenStoreError + Copy + use<'_> {
    move |source| OpenStoreError::Open {
        path: path.to_owned(),
        source,
    }
}

/// Connections that write nothing, not even into the file that `SQLite` shares memory with. Where
/// nobody uses the database and its log is empty, that file is not needed.
async fn connect_read_only(path: &Path, is_in_use: bool) -> Result<SqlitePool, sqlx::Error> {
    let path = std::path::absolute(path)?;
    let mut address = Url::from_file_path(&path)
        .map_err(|()| sqlx::Error::Configuration("the path is not absolute".into()))?;
    // A program that uses the database keeps its log there.
    let log = write_ahead_log(&path).metadata().map(|log| log.len());
    let is_quiet = log.map_or(true, |len| len == 0 && !is_in_use);
    address.set_query(Some(if is_quiet {
        "immutable=1"
    } else {
        "readonly_shm=1"
    }));
    let options = SqliteConnectOptions::new()
        .filename(address.as_str())
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(2);
    pool.connect_with(options).await
}

/// The log that `SQLite` keeps beside a database.
pub(super) fn write_ahead_log(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Numbers of the migrations that a database has seen, in their order.
async fn applied(pool: &SqlitePool) -> Result<Vec<i64>, sqlx::Error> {
    let tables: i64 =
        sqlx::query_scalar("select count(*) from sqlite_schema where name = '_sqlx_migrations'")
            .fetch_one(pool)
            .await?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("select version from _sqlx_migrations order by version")
        .fetch_all(pool)
        .await
}

fn refuse_newer(path: &str, applied: &[i64]) -> Result<(), OpenStoreError> {
    let unknown = applied
        .iter()
        .rfind(|&&version| !MIGRATIONS.iter().any(|known| known.version == version));
    match unknown {
        Some(&found) => Err(OpenStoreError::Newer {
            path: path.to_owned(),
            found,
            known: program_schema(),
        }),
        None => Ok(()),
    }
}

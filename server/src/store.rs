//! The only place with SQL: one SQLite file, one writer connection, a pool of readers.
//!
//! Ownership stands inside every statement, so "not yours" and "not there" are the same answer.

mod session;
mod user;

use std::path::Path;

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub(crate) use session::NewSession;
pub use user::{Account, Credentials, InsertUserError};

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: writes queue here and never meet `SQLITE_BUSY`.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    #[error("cannot open the database {path}: {source}")]
    Open { path: String, source: sqlx::Error },
    #[error("cannot bring the database {path} up to date: {source}")]
    Migrate {
        path: String,
        source: sqlx::migrate::MigrateError,
    },
}

impl Store {
    /// Opens or creates the database and brings its schema up to date.
    ///
    /// # Errors
    /// Names the file and what SQLite said.
    pub async fn open(path: &Path) -> Result<Self, OpenStoreError> {
        let shown = path.display().to_string();
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged message survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(5));
        let open = |source| OpenStoreError::Open {
            path: shown.clone(),
            source,
        };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        sqlx::migrate!("../migrations")
            .run(&writer)
            .await
            .map_err(|source| OpenStoreError::Migrate {
                path: shown.clone(),
                source,
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(open)?;
        Ok(Self { writer, readers })
    }
}

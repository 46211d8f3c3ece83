//! The only place with SQL: one `SQLite` file, one writer connection, a pool of readers.
//!
//! Ownership stands inside every statement, so "not yours" and "not there" are the same answer.

mod account;
mod answer_tokens;
mod api_keys;
mod audit;
mod chosen_model;
mod conversation;
mod conversation_settings;
mod conversation_tree;
mod export;
mod import;
mod message;
mod message_chunk;
mod one_time_link;
mod own_account;
mod session;
mod setting;
mod tool_steps;
mod turn;
mod upload;
mod usage;
mod user;

use std::{path::Path, time::SystemTime};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub(crate) use account::{AccountChanged, AccountState};
pub(crate) use api_keys::NewApiKey;
pub(crate) use audit::Change;
pub(crate) use conversation::ListedConversation;
pub(crate) use conversation_tree::{StoredTree, TreeMessage};
pub(crate) use export::{KeptExport, NewExport, StoredExport};
pub(crate) use import::ImportedNode;
pub(crate) use message::{StoredMessage, tokens_per_second};
pub(crate) use message_chunk::Chunk;
pub(crate) use session::NewSession;
pub(crate) use setting::SettingRow;
pub(crate) use turn::{AnswerStart, FinishedAnswer, InsertedTurn, NewTurn};
pub(crate) use upload::StoredUploadState;
pub(crate) use usage::{TurnTokens, day_of, rest_of_day_ms};
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

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("the database answered: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the column {column} holds a value nobody wrote")]
    Corrupt { column: &'static str },
}

impl StoreError {
    /// Whether nothing can be written just now: disk full, read-only, or broken.
    pub(crate) fn is_write_refused(&self) -> bool {
        // SQLITE_READONLY, SQLITE_IOERR and SQLITE_FULL, extended codes included.
        const REFUSALS: [i32; 3] = [8, 10, 13];
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        let code = error.code().and_then(|code| code.parse::<i32>().ok());
        code.is_some_and(|code| REFUSALS.contains(&(code & 0xff)))
    }
}

/// Now, in integer milliseconds UTC.
pub(crate) fn now_ms() -> i64 {
    let elapsed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

impl Store {
    /// Opens or creates the database and brings its schema up to date.
    ///
    /// # Errors
    /// Names the file and what `SQLite` said.
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

    /// Begins a transaction that will write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        match self.writer.begin_with("begin immediate").await {
            // SQLite rolls back by itself when the disk is full or broken, and the connection
            // believes for ever that it is inside of that transaction: take a new one.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with("begin immediate").await?)
            }
            begun => Ok(begun?),
        }
    }
}

//! The only place with SQL: one `SQLite` file, one writer connection, a pool of readers.
//!
//! Ownership stands inside every statement, so "not yours" and "not there" are the same answer.

mod account;
mod account_removal;
mod answer_tokens;
mod api_keys;
mod arrangement;
mod attachment;
mod audit;
mod branch_removal;
mod chosen_model;
mod condemned;
mod conversation;
mod conversation_list;
mod conversation_settings;
mod conversation_tree;
mod database_file;
mod export;
mod file;
mod folder;
mod fork;
mod import;
mod import_plan;
mod import_staging;
mod made_title;
mod message;
mod message_chunk;
mod name_key;
mod one_time_link;
mod opening;
mod outline;
mod own_account;
mod personal_instructions;
mod proof;
mod purge;
mod rating;
mod search;
mod search_index;
mod session;
mod setting;
mod share;
mod token_limit;
mod tool_steps;
mod trash;
mod tree_files;
mod turn;
mod unread;
mod upkeep_job;
mod upload;
mod usage;
mod user;

use std::time::SystemTime;

use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::days::Days;

pub(crate) use account::AccountChanged;
pub(crate) use api_keys::NewApiKey;
pub(crate) use arrangement::{ArrangeOutcome, Destination};
pub(crate) use attachment::FileText;
pub(crate) use audit::{Author, Change};
pub(crate) use branch_removal::DoomedBranch;
pub(crate) use conversation::StoredConversation;
pub(crate) use conversation_list::ListedConversation;
pub(crate) use conversation_tree::{StoredTree, TreeMessage, TreePlace};
pub(crate) use database_file::{FileSizes, FileState};
pub(crate) use export::{KeptExport, NewExport, StoredExport};
pub(crate) use file::{InsertedFile, NewFile, PIECE_BYTES};
pub(crate) use folder::{FolderSaved, StoredFolder};
pub(crate) use fork::Forked;
pub(crate) use import::{BesideChats, Decision, RunningImport};
pub(crate) use import_plan::MergePlan;
pub(crate) use import_staging::{IncomingConversation, Room, Staged};
pub(crate) use made_title::Untitled;
pub(crate) use message::{StoredMessage, Window, tokens_per_second};
pub(crate) use message_chunk::Chunk;
pub(crate) use name_key::{is_overlong_name, name_key};
pub use opening::{OpenStoreError, program_schema};
pub use proof::ProofError;
pub(crate) use proof::{Proof, fold_log, rows_of};
pub(crate) use purge::Progress;
pub(crate) use rating::KeptRating;
pub(crate) use search::{FoundFile, FoundMessage, FoundTitle, SearchScope, Wanted};
pub(crate) use session::{LiveSession, NewSession};
pub(crate) use setting::SettingRow;
pub(crate) use share::{BranchCounts, ListedShare, NewShare, ReadShare, ShareMade, StoredShare};
pub(crate) use tree_files::TreeFile;
pub(crate) use turn::{AnswerStart, FinishedAnswer, InsertedTurn, NewTurn};
pub(crate) use upkeep_job::{JobRun, StoredJob};
pub(crate) use upload::{NewUpload, StoredUploadState};
pub(crate) use usage::TurnTokens;
pub use user::{Account, Credentials, InsertUserError};

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: writes queue here and never meet `SQLITE_BUSY`.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    days: Days,
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
        // SQLITE_READONLY, SQLITE_IOERR and SQLITE_FULL.
        [8, 10, 13].map(Some).contains(&self.code())
    }

    /// Whether another program, or a long piece of work of this one, keeps the database for itself.
    pub(crate) fn is_busy(&self) -> bool {
        // SQLITE_BUSY and SQLITE_LOCKED.
        matches!(self, Self::Database(sqlx::Error::PoolTimedOut))
            || [5, 6].map(Some).contains(&self.code())
    }

    fn code(&self) -> Option<i32> {
        let Self::Database(error) = self else {
            return None;
        };
        primary_code(error)
    }
}

/// What `SQLite` said, without the extension of its code.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}

/// Now, in integer milliseconds since 1970, UTC.
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

impl Store {
    /// The days by which usage is counted.
    pub(crate) const fn days(&self) -> &Days {
        &self.days
    }

    /// As if the machine were in another time zone.
    #[cfg(test)]
    pub(crate) fn in_zone(mut self, name: &str) -> Self {
        self.days = Days::of_zone(name);
        self
    }

    /// The writer, which from now on refuses to write, as on a full disk.
    #[cfg(test)]
    pub(crate) async fn refusing_writer(&self) -> sqlx::pool::PoolConnection<Sqlite> {
        let mut writer = self.writer.acquire().await.unwrap();
        let pragma = sqlx::query("pragma query_only = 1");
        pragma.execute(&mut *writer).await.unwrap();
        writer
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

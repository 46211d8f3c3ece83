//! What the server does by itself, as an administrator sees it.

use serde::{Deserialize, Serialize};

use super::LocalTime;

/// A job that is done every hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpkeepJob {
    /// Deleted conversations go for good.
    Conversations,
    /// Removed accounts go with all that was theirs.
    Accounts,
    /// Sessions and one-time links that have ended.
    Sessions,
    /// Content of old exports.
    Exports,
    /// Files that nobody imported or sent, and those whose last message has gone.
    Uploads,
    /// Keys that tell a message sent twice from two messages.
    Keys,
    /// Space of the database's file.
    File,
    /// Tonight's copy of the database, and old copies.
    Backups,
}

impl UpkeepJob {
    /// In the order in which they are done.
    pub const ALL: [Self; 8] = [
        Self::Conversations,
        Self::Accounts,
        Self::Sessions,
        Self::Exports,
        Self::Uploads,
        Self::Keys,
        Self::File,
        Self::Backups,
    ];

    /// Its word in the database and in `/metrics`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Accounts => "accounts",
            Self::Sessions => "sessions",
            Self::Exports => "exports",
            Self::Uploads => "uploads",
            Self::Keys => "keys",
            Self::File => "file",
            Self::Backups => "backups",
        }
    }
}

/// A job with its last run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpkeepReport {
    pub job: UpkeepJob,
    /// Absent: it has not run yet.
    pub last: Option<UpkeepRun>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpkeepRun {
    pub time: LocalTime,
    pub num_removed: u64,
    /// By all runs so far.
    pub total_removed: u64,
    /// What stopped it, as the database told it.
    pub error: Option<String>,
}

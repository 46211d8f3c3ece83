//! Copies of the database, as an administrator sees them.

use serde::{Deserialize, Serialize};

use super::LocalTime;

/// Why a copy was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    /// By the server, every night.
    Nightly,
    /// Somebody asked for it.
    Asked,
    /// A newer program was about to change the schema.
    BeforeUpgrade,
    /// What was there when another copy took its place.
    BeforeRestore,
}

impl BackupKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Nightly,
        Self::Asked,
        Self::BeforeUpgrade,
        Self::BeforeRestore,
    ];

    /// In file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nightly => "nightly",
            Self::Asked => "asked",
            Self::BeforeUpgrade => "before-upgrade",
            Self::BeforeRestore => "before-restore",
        }
    }
}

/// A copy that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    pub kind: BackupKind,
    pub time: LocalTime,
    /// Name of its file.
    pub file: String,
    pub num_bytes: u64,
}

/// How the last copy went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupOutcome {
    pub kind: BackupKind,
    pub time: LocalTime,
    /// What is in the copy, or why there is none: for administrators, in English.
    pub made: Result<BackupCounts, String>,
}

/// What was counted in a copy that was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCounts {
    pub num_accounts: u64,
    pub num_conversations: u64,
    pub num_messages: u64,
}

/// All that is known of copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Where they are on the server.
    pub folder: String,
    /// How many nightly ones are kept; 0: none is made.
    pub num_nights: u64,
    /// When they are made, such as `03:00`, in the server's time zone.
    pub at: String,
    /// One that somebody asked for is being made.
    pub is_being_made: bool,
    /// Absent: none was made since the server started.
    pub last: Option<BackupOutcome>,
    /// The newest first.
    pub copies: Vec<BackupSummary>,
    /// Why the folder cannot be read; for administrators, in English.
    pub problem: Option<String>,
}

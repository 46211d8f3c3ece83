//! Exports and imports, as the settings show them.

use serde::{Deserialize, Serialize};

use super::{ConversationId, ExportId, ImportProblem, LocalTime, UploadId};

/// How one conversation is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Markdown,
    /// The document with all branches; the only one that can be imported.
    Json,
    Text,
    Html,
}

impl ExportFormat {
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Json, Self::Text, Self::Html];

    /// Name in forms and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Text => "text",
            Self::Html => "html",
        }
    }
}

/// What an export of one conversation is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportChoice {
    pub format: ExportFormat,
    /// What models thought, and what tools did, beside their answers.
    pub with_reasoning: bool,
    /// All branches, where the format can do with or without: in Markdown.
    pub with_branches: bool,
}

/// What was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportSubject {
    Conversation {
        format: ExportFormat,
        /// Absent: it was removed for good since.
        id: Option<ConversationId>,
    },
    /// All conversations, as a ZIP.
    All,
}

/// A line of the list of exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub id: ExportId,
    pub subject: ExportSubject,
    pub file_name: String,
    /// Bytes.
    pub size: u64,
    /// The server still has the file.
    pub is_kept: bool,
    pub time: LocalTime,
}

/// What an import adds and what it leaves as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    pub new_conversations: u32,
    /// They are there already, and get messages they did not have.
    pub extended_conversations: u32,
    /// They were deleted, and are shown again.
    pub restored_conversations: u32,
    pub unchanged_conversations: u32,
    pub new_messages: u32,
    pub unchanged_messages: u32,
}

impl ImportCounts {
    /// Whether an import would change nothing.
    pub const fn is_nothing_new(&self) -> bool {
        self.new_conversations == 0
            && self.extended_conversations == 0
            && self.restored_conversations == 0
    }
}

/// What can be said of an uploaded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Nothing was changed yet; this is what an import would do.
    Ready(ImportCounts),
    /// Nothing was and nothing will be imported.
    Refused {
        problems: Vec<ImportProblem>,
        /// There are more than the ones named.
        num_more: u32,
    },
    Imported(ImportCounts),
}

/// A file that was uploaded to be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub id: UploadId,
    pub file_name: String,
    pub state: UploadState,
}

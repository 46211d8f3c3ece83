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

/// Another program whose chats can be brought here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatProgram {
    ChatGpt,
    OpenWebUi,
    LibreChat,
    LlamaCpp,
}

impl ChatProgram {
    pub const ALL: [Self; 4] = [
        Self::ChatGpt,
        Self::OpenWebUi,
        Self::LibreChat,
        Self::LlamaCpp,
    ];

    /// As it calls itself, in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatGpt => "ChatGPT",
            Self::OpenWebUi => "Open WebUI",
            Self::LibreChat => "LibreChat",
            Self::LlamaCpp => "llama.cpp",
        }
    }
}

/// What a file of another program holds, and what of it stays behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    pub program: ChatProgram,
    pub conversations: u32,
    /// As they are here: what the program keeps in several pieces is one message.
    pub messages: u32,
    /// Ends of conversations beside the one that is shown.
    pub branches: u32,
    /// Their names stand in the text, in their place.
    pub pictures: u32,
    /// As pictures.
    pub files: u32,
    /// System prompts that are longer than ours may be.
    pub prompts: u32,
    /// Conversations in which nobody said anything.
    pub empty: u32,
    /// Conversations that cannot be read, and are left out if somebody wants that.
    pub unreadable: u32,
}

impl Brought {
    /// Nothing yet.
    pub const fn new(program: ChatProgram) -> Self {
        Self {
            program,
            conversations: 0,
            messages: 0,
            branches: 0,
            pictures: 0,
            files: 0,
            prompts: 0,
            empty: 0,
            unreadable: 0,
        }
    }
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
    /// Where the file is another program's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought: Option<Brought>,
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
    /// Nothing was changed yet. Some conversations of another program cannot be read; an import
    /// that is told so does this with the others.
    Partly {
        counts: ImportCounts,
        problems: Vec<ImportProblem>,
        /// There are more than the ones named.
        num_more: u32,
    },
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

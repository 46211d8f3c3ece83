//! The text of a file that somebody else made.
//!
//! Such a file is never read in the process that serves: readers of foreign formats are large, and
//! the server has everybody's chats in its memory. It is read by this same program started once
//! more (`hearth extract`), which gives up what it does not need before it reads a byte, and whose
//! end, whatever it is, is a sentence to whoever sent the file.
//!
//! Reading order: this file (what is asked and what comes back), `extractor` (the server's side),
//! `answer` (what the two say to each other), `confine` (what a child gives up), `reading` (one
//! file in the child), `recognise` (what a file is), then a file for each format: `encoding`
//! (texts), `html`, `archive` and `xml` (of which the next two are made), `docx`, `spreadsheet`,
//! `pdf`; `written` is where their texts go.

mod answer;
mod archive;
mod confine;
mod docx;
mod encoding;
mod extractor;
mod html;
mod pdf;
mod reading;
mod recognise;
mod spreadsheet;
mod table;
mod written;
mod xml;

#[cfg(test)]
mod tests;

use std::{str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

pub use extractor::Extractor;
pub use hearth_app::model::ExtractError;

pub(crate) use answer::Answer;
pub(crate) use reading::in_this_process;

/// Bytes of a text that a person may still read in a chat, and no model has as much room for.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// What a file turned out to be, by its bytes first and its name second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Text,
    Markdown,
    Code,
    /// CSV or TSV, as it is.
    Table,
    Json,
    Html,
    Pdf,
    /// DOCX.
    Document,
    /// XLSX, XLSB, XLS or ODS.
    Spreadsheet,
}

/// A word that names no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the kinds of files")]
pub struct UnknownFileKind;

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Markdown,
        Self::Code,
        Self::Table,
        Self::Json,
        Self::Html,
        Self::Pdf,
        Self::Document,
        Self::Spreadsheet,
    ];

    /// Its name for programs: in JSON, in the database. It never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Code => "code",
            Self::Table => "table",
            Self::Json => "json",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Document => "document",
            Self::Spreadsheet => "spreadsheet",
        }
    }
}

impl FromStr for FileKind {
    type Err = UnknownFileKind;

    fn from_str(text: &str) -> Result<Self, UnknownFileKind> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownFileKind)
    }
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extracted {
    pub kind: FileKind,
    /// Lines end in `\n`, and there is no control character beside that and `\t`. Of a document,
    /// Markdown; of a spreadsheet, CSV below the name of each sheet; of a PDF, the lines of each
    /// page below its number.
    pub text: String,
    /// Pages of a PDF, or sheets, also those whose text is not here any more.
    pub num_pages: Option<u32>,
    /// There is more than the limits let through.
    pub is_cut: bool,
}

/// What reading one file may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file. 64 MiB: what a request of a browser may have.
    pub max_bytes: u64,
    /// Size of the text; what follows is cut off. 4 MiB.
    pub max_text_bytes: usize,
    /// Memory of the child, beside the program itself; also what an archive may unpack to. 512 MiB.
    pub memory_bytes: u64,
    /// On the clock of the wall, and of the processor. 30 s.
    pub time: Duration,
    /// Pages or sheets that are read; what follows is cut off. 2,000.
    pub max_pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_text_bytes: MAX_TEXT_BYTES,
            memory_bytes: 512 << 20,
            time: Duration::from_secs(30),
            max_pages: 2000,
        }
    }
}

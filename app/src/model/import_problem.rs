//! What is wrong with a file that somebody wants to import, and where.
//!
//! The sentences here are for logs and the command line, in English.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MessageId, Refusal};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    /// Names and numbers from the outside in, such as `messages/17/parent_id`; the first number
    /// of a list is 0. Empty: the whole file.
    pub place: String,
    pub fault: ImportFault,
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "{}", self.fault),
            place => write!(f, "{place}: {}", self.fault),
        }
    }
}

/// What is wrong at a place. A `detail` is what a reader of JSON or ZIP files says, in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ImportFault {
    #[error("this is not JSON: {detail}")]
    NotJson { detail: String },
    #[error("this file was not made by Hearth: a document of the kind {schema:?} is expected")]
    NotOurs { schema: String },
    #[error("is {found}; this server reads version {read}")]
    OtherVersion { found: String, read: u32 },
    #[error("something else is expected here: {detail}")]
    Unexpected { detail: String },
    #[error("something follows the document: {detail}")]
    SomethingFollows { detail: String },
    #[error("is empty")]
    Empty,
    #[error("has {chars} characters, at most {limit} are accepted")]
    TooManyChars { chars: usize, limit: usize },
    #[error("has {bytes} bytes, at most {limit} are accepted")]
    TooManyBytes { bytes: u64, limit: u64 },
    #[error("are more than {limit}")]
    TooMany { limit: usize },
    #[error("there is no message {id}")]
    NoSuchMessage { id: MessageId },
    #[error("no message {id} stands before this one")]
    NoParentBefore { id: MessageId },
    #[error("an answer needs a person's message as its parent")]
    ParentIsNoQuestion,
    #[error("{id} stands here twice")]
    Twice { id: MessageId },
    #[error("only answers have this")]
    OnlyInAnswers,
    #[error("a person's message is always finished")]
    NotFinished,
    #[error("{0}")]
    Refused(Refusal),
    #[error("does not fit the content: it was changed or damaged after the export")]
    Changed,
    #[error("the ZIP file is damaged or incomplete: {detail}")]
    DamagedArchive { detail: String },
    #[error("the ZIP file is damaged, or holds more than {limit} bytes")]
    TooMuchUnpacked { limit: u64 },
    #[error("cannot be read from the ZIP file: {detail}")]
    DamagedEntry { detail: String },
    #[error("is another conversation than the one the manifest names")]
    OtherThanListed,
    #[error("is not the number of conversations that are listed")]
    OtherNumber,
    #[error("is the same conversation as {place}")]
    SameAs { place: String },
    #[error(
        "something that belongs to it was removed while the file was being imported, and nothing \
         was imported: try again"
    )]
    ChangedMeanwhile,
    #[error("conversation {number} {title:?}: {problem}")]
    InConversation {
        /// Its place in the file; the first is 1.
        number: u32,
        /// Empty: it has none.
        title: String,
        problem: Box<ImportProblem>,
    },
    #[error("the file ends in the middle: it is incomplete")]
    CutOff,
    #[error("the messages lead in a circle")]
    Circle,
    #[error("the id {id:?} stands here twice")]
    SameId { id: String },
    #[error("is no time: {found}")]
    NoTime { found: String },
    #[error("this file comes from {program}, whose files are not read here")]
    OtherProgram { program: String },
    #[error("there is no conversation with a message in it")]
    NothingInIt,
}

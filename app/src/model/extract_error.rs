//! Why there is no text of a file.
//!
//! The sentences here are for logs and the command line, in English; those of the page are
//! `ExtractError::sentence`.

use serde::{Deserialize, Serialize};

/// What a file is instead of something with text, or what went wrong while it was read.
///
/// As JSON `{"error": code}`, of a damaged file with a `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", content = "detail", rename_all = "snake_case")]
pub enum ExtractError {
    #[error("this is a picture: there is no text in it that could be read here")]
    Picture,
    #[error("this is a sound: there is no text in it that could be read here")]
    Sound,
    #[error("this is a video: there is no text in it that could be read here")]
    Video,
    #[error("this is an archive: unpack it, and choose the files in it")]
    Archive,
    #[error("this file has an old format that is not read here: save it as DOCX or PDF")]
    OldFormat,
    #[error("this file is protected by a password")]
    Encrypted,
    #[error("this file is empty")]
    Empty,
    #[error("no text was found in this file; pages that were scanned are pictures")]
    NoText,
    /// What a reader of this format says, in English.
    #[error("this file is damaged or incomplete: {0}")]
    Damaged(String),
    #[error("this file, or what is packed in it, is too large")]
    TooLarge,
    #[error("reading this file took too long")]
    TooLong,
    #[error("reading this file took too much memory")]
    TooMuchMemory,
    #[error("the program that reads files ended in the middle of this one")]
    Crashed,
    /// It is not about the file: the cause stands in the log.
    #[error("files cannot be read at the moment")]
    Unavailable,
}

impl ExtractError {
    /// Its name for programs: in JSON, in the database, in `/metrics`. It never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Video => "video",
            Self::Archive => "archive",
            Self::OldFormat => "old_format",
            Self::Encrypted => "encrypted",
            Self::Empty => "empty",
            Self::NoText => "no_text",
            Self::Damaged(_) => "damaged",
            Self::TooLarge => "too_large",
            Self::TooLong => "too_long",
            Self::TooMuchMemory => "too_much_memory",
            Self::Crashed => "crashed",
            Self::Unavailable => "unavailable",
        }
    }
}

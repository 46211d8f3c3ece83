//! Conversations that leave: as documents for programs, as text and pages for people.
//!
//! Reading order: `document` (what an export says, and its hashes), `format` (one conversation as
//! Markdown, JSON, text or a page), `archive` (all of them as one ZIP), `service` (rows in the
//! database, and who may have them). Formats are pure functions of a document.

mod archive;
mod base64;
mod belongings;
mod canonical;
mod document;
mod file_document;
mod file_name;
mod folders;
mod format;
mod hashed;
mod html;
mod labels;
mod markdown;
mod pipe;
mod plain_text;
mod rating;
mod service;
mod settings;
mod shared;
mod timestamp;

#[cfg(test)]
mod tests;

pub(crate) use archive::{ARCHIVE_SCHEMA, INSTRUCTIONS_VERSION, MANIFEST, Manifest};
pub use archive::{ArchiveError, ArchiveReport, write_archive, write_archive_with};
pub use belongings::{Belongings, InstructionsDocument, stored_belongings};
pub use document::{
    ConversationDocument, MessageDocument, ModelDocument, SCHEMA, UsageDocument, VERSION,
};
pub(crate) use document::{EXTENDED_VERSION, ORDERED_VERSION};
pub use file_document::FileDocument;
pub use file_name::FileName;
pub(crate) use file_name::content_disposition;
pub use folders::FolderDocument;
pub use format::{content_type, extension, render, render_branches};
pub use labels::Language;
pub use rating::RatingDocument;
pub use service::{ExportServer, StoredConversations};
pub use settings::SettingsDocument;
pub use shared::{ShareDocument, SharedMessage};
pub use timestamp::Timestamp;

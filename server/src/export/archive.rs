//! All conversations as one ZIP, written as it is read: JSON for programs, Markdown for people,
//! and a manifest that tells whether anything is missing.
//!
//! One conversation is in memory at a time; what stays is a line of the manifest and of the ZIP's
//! own directory for each. Described in `docs/export-format.md`.

use std::io::{self, Write};

use hearth_app::model::{ConversationId, ExportFormat};
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    ConversationDocument, FileName, Language, Timestamp, document::hash_without, extension, render,
};

/// What `schema` of the manifest says.
pub(crate) const ARCHIVE_SCHEMA: &str = "hearth.archive";
/// What `version` of the manifest says.
pub(crate) const ARCHIVE_VERSION: u32 = 1;
/// Where the manifest lies.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Where the conversations lie.
const FOLDER: &str = "conversations";

/// What an archive holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: String,
    pub(crate) version: u32,
    /// Outside of the hash.
    pub(crate) exported_at: Timestamp,
    pub(crate) num_conversations: usize,
    pub(crate) num_messages: usize,
    pub(crate) conversations: Vec<ListedConversation>,
    /// Of the manifest without this member and `exported_at`.
    pub(crate) sha256: String,
}

/// A conversation of an archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedConversation {
    /// Path of the JSON file; the Markdown file lies beside it.
    pub(crate) file: String,
    pub(crate) id: ConversationId,
    pub(crate) num_messages: usize,
    /// What the document says of itself.
    pub(crate) sha256: String,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveReport {
    pub num_conversations: usize,
    pub num_messages: usize,
}

/// Why an archive is not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    #[error("a conversation could not be read: {0}")]
    Read(#[from] crate::store::StoreError),
    #[error("the archive could not be written: {0}")]
    Write(#[from] io::Error),
    #[error("the archive could not be written: {0}")]
    Zip(#[from] ZipError),
}

impl Manifest {
    /// What `sha256` has to say.
    pub(crate) fn content_hash(&self) -> String {
        hash_without(self, &["exported_at", "sha256"])
    }
}

/// Writes an archive. If this fails, so must `out` from then on: what ends a ZIP is written even
/// when its writer is dropped in the middle.
///
/// # Errors
/// [`ArchiveError`]: the conversations could not be read, or `out` takes no more.
///
/// # Panics
/// Never: manifests have no maps with keys other than strings.
pub fn write_archive(
    out: impl Write,
    conversations: impl Iterator<Item = Result<ConversationDocument, crate::store::StoreError>>,
    language: Language,
    exported_at: Timestamp,
) -> Result<ArchiveReport, ArchiveError> {
    let mut zip = ZipWriter::new_stream(out);
    let mut manifest = Manifest {
        schema: ARCHIVE_SCHEMA.to_owned(),
        version: ARCHIVE_VERSION,
        exported_at,
        num_conversations: 0,
        num_messages: 0,
        conversations: Vec::new(),
        sha256: String::new(),
    };
    for document in conversations {
        let document = document?;
        let name = FileName::new(&document.title, extension(ExportFormat::Json));
        // Titles repeat, ids do not.
        let path = format!("{FOLDER}/{} {}", name.stem(), document.id);
        for format in [ExportFormat::Json, ExportFormat::Markdown] {
            let content = render(&document, format, language);
            add(&mut zip, &format!("{path}.{}", extension(format)), &content)?;
        }
        manifest.num_conversations += 1;
        manifest.num_messages += document.messages.len();
        manifest.conversations.push(ListedConversation {
            file: format!("{path}.{}", extension(ExportFormat::Json)),
            id: document.id,
            num_messages: document.messages.len(),
            sha256: document.sha256,
        });
    }
    manifest.sha256 = manifest.content_hash();
    let json = serde_json::to_string_pretty(&manifest);
    let json = json.expect("invariant: a manifest is plain JSON");
    add(&mut zip, MANIFEST, &(json + "\n"))?;
    zip.finish()?.into_inner().flush()?;
    Ok(ArchiveReport {
        num_conversations: manifest.num_conversations,
        num_messages: manifest.num_messages,
    })
}

fn add<W: Write + io::Seek>(
    zip: &mut ZipWriter<W>,
    path: &str,
    content: &str,
) -> Result<(), ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644);
    zip.start_file(path, options)?;
    zip.write_all(content.as_bytes())?;
    Ok(())
}

//! All conversations as one ZIP, written as it is read: JSON for programs, Markdown for people,
//! and a manifest that tells whether anything is missing.
//!
//! One conversation is in memory at a time; what stays is a line of the manifest and of the ZIP's
//! own directory for each. Described in `docs/export-format.md`.

use std::io::{self, BufWriter, Write};

use hearth_app::model::{ConversationId, ExportFormat};
use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    Belongings, ConversationDocument, FileName, FolderDocument, InstructionsDocument, Language,
    Timestamp, canonical, extension, render,
};
use crate::store::StoreError;

/// What `schema` of the manifest says.
pub(crate) const ARCHIVE_SCHEMA: &str = "hearth.archive";
/// What `version` of the manifest says.
const ARCHIVE_VERSION: u32 = 1;
/// What it says where there are folders: an older program refuses such an archive, rather than lose
/// what models are told in them.
const FOLDERS_VERSION: u32 = 2;
/// What it says where models are told something in every chat, for the same reason.
pub(crate) const INSTRUCTIONS_VERSION: u32 = 3;
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
    /// By name, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) folders: Vec<FolderDocument>,
    /// What its person wants models to know in every chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instructions: Option<InstructionsDocument>,
    pub(crate) conversations: Vec<ListedConversation>,
    /// Of the manifest without this member and `exported_at`.
    pub(crate) sha256: String,
}

/// What the hash of a manifest covers. Members are sorted, here as in [`ListedConversation`], so
/// that this is the canonical form, and a long manifest need not be copied to be hashed.
#[derive(Serialize)]
struct HashedManifest<'a> {
    conversations: &'a [ListedConversation],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    folders: &'a [FolderDocument],
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a InstructionsDocument>,
    num_conversations: usize,
    num_messages: usize,
    schema: &'a str,
    version: u32,
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
    Read(#[from] StoreError),
    #[error("the archive could not be written: {0}")]
    Write(#[from] io::Error),
    #[error("the archive could not be written: {0}")]
    Zip(#[from] ZipError),
}

impl Manifest {
    /// Of an archive that holds no conversation yet.
    fn new(belongings: Belongings, exported_at: Timestamp) -> Self {
        let Belongings {
            folders,
            instructions,
        } = belongings;
        Self {
            schema: ARCHIVE_SCHEMA.to_owned(),
            version: match (&instructions, folders.as_slice()) {
                (Some(_), _) => INSTRUCTIONS_VERSION,
                (None, []) => ARCHIVE_VERSION,
                (None, _) => FOLDERS_VERSION,
            },
            exported_at,
            num_conversations: 0,
            num_messages: 0,
            folders,
            instructions,
            conversations: Vec::new(),
            sha256: String::new(),
        }
    }

    /// What `sha256` has to say.
    pub(crate) fn content_hash(&self) -> String {
        let hashed = HashedManifest {
            conversations: &self.conversations,
            folders: &self.folders,
            instructions: self.instructions.as_ref(),
            num_conversations: self.num_conversations,
            num_messages: self.num_messages,
            schema: &self.schema,
            version: self.version,
        };
        canonical::sha256(&hashed)
    }
}

/// Writes an archive of nothing but conversations. If this fails, so must `out` from then on: what
/// ends a ZIP is written even when its writer is dropped in the middle.
///
/// # Errors
/// [`ArchiveError`]: the conversations could not be read, or `out` takes no more.
pub fn write_archive(
    out: impl Write,
    conversations: impl Iterator<Item = Result<ConversationDocument, StoreError>>,
    language: Language,
    exported_at: Timestamp,
) -> Result<ArchiveReport, ArchiveError> {
    let nothing = Belongings::default();
    write_archive_with(out, nothing, conversations, language, exported_at)
}

/// Writes an archive, with what its person has beside the conversations.
///
/// # Errors
/// As [`write_archive`].
pub fn write_archive_with(
    out: impl Write,
    belongings: Belongings,
    conversations: impl Iterator<Item = Result<ConversationDocument, StoreError>>,
    language: Language,
    exported_at: Timestamp,
) -> Result<ArchiveReport, ArchiveError> {
    let mut zip = ZipWriter::new_stream(out);
    let mut manifest = Manifest::new(belongings, exported_at);
    for document in conversations {
        let document = document?;
        let name = FileName::new(&document.title, extension(ExportFormat::Json));
        // Titles repeat, ids do not.
        let path = format!("{FOLDER}/{} {}", name.stem(), document.id);
        for format in [ExportFormat::Json, ExportFormat::Markdown] {
            let content = render(&document, format, language);
            let path = format!("{path}.{}", extension(format));
            add(&mut zip, &path, &content, document.updated_at)?;
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
    zip.start_file(MANIFEST, options(exported_at))?;
    let mut out = BufWriter::new(&mut zip);
    serde_json::to_writer_pretty(&mut out, &manifest).map_err(io::Error::from)?;
    out.flush()?;
    drop(out);
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
    changed_at: Timestamp,
) -> Result<(), ArchiveError> {
    zip.start_file(path, options(changed_at))?;
    zip.write_all(content.as_bytes())?;
    Ok(())
}

fn options(changed_at: Timestamp) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip_time(changed_at))
        .unix_permissions(0o644)
}

/// The time of a file: a ZIP knows the years 1980 to 2107, and no time zone.
fn zip_time(moment: Timestamp) -> zip::DateTime {
    let civil = moment.civil();
    let year = u16::try_from(civil.year()).unwrap_or_default();
    let [month, date, hour, minute, second] = [
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
    ]
    .map(i8::unsigned_abs);
    zip::DateTime::from_date_and_time(year, month, date, hour, minute, second).unwrap_or_default()
}

//! A file to import: one document, or an archive of many. One conversation is in memory at a time.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use bytes::Bytes;
use hearth_app::model::{ImportFault, ImportProblem};
use zip::{ZipArchive, result::ZipError};

use super::{
    check,
    problem::{Problems, problem, within},
};
use crate::export::{ARCHIVE_SCHEMA, ARCHIVE_VERSION, ConversationDocument, MANIFEST, Manifest};

/// Largest conversation, as a file or within an archive (64 MiB).
pub const MAX_DOCUMENT_BYTES: usize = 64 << 20;
/// Most bytes of an archive once it is unpacked (4 GiB): a few bytes can stand for very many.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;
/// How every ZIP begins (APPNOTE 4.3.7), an empty one included.
const ZIP_BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// A file whose beginning was understood.
pub struct ImportFile(Content);

enum Content {
    Document(Bytes),
    Archive {
        entries: Box<Entries>,
        manifest: Manifest,
    },
}

/// The files of an archive.
struct Entries {
    zip: ZipArchive<Cursor<Bytes>>,
    /// Places in its directory of names that are not in UTF-8 there: to find one of them, the ZIP
    /// itself would read through all of its names.
    other_names: HashMap<String, usize>,
}

impl ImportFile {
    /// Looks at what a file is.
    ///
    /// # Errors
    /// If it is too large, or an archive that we did not make.
    pub fn open(content: Bytes) -> Result<Self, Problems> {
        if !ZIP_BEGINNINGS.iter().any(|it| content.starts_with(it)) {
            check_size(content.len() as u64)?;
            return Ok(Self(Content::Document(content)));
        }
        let zip = ZipArchive::new(Cursor::new(content)).map_err(|error| {
            let detail = error.to_string();
            problem("", ImportFault::DamagedArchive { detail })
        })?;
        check_unpacked_size(&zip)?;
        let mut entries = Box::new(Entries::new(zip));
        let manifest = read_manifest(&mut entries).map_err(|it| within(it, MANIFEST))?;
        check_listed(&manifest)?;
        Ok(Self(Content::Archive { entries, manifest }))
    }

    /// How many conversations there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Content::Document(_) => 1,
            Content::Archive { manifest, .. } => manifest.conversations.len(),
        }
    }

    /// Whether there is no conversation.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a conversation stands in the file; nowhere in particular if it is the file.
    pub(super) fn place(&self, index: usize) -> &str {
        match &self.0 {
            Content::Document(_) => "",
            Content::Archive { manifest, .. } => &manifest.conversations[index].file,
        }
    }

    /// Reads and checks one conversation.
    ///
    /// # Errors
    /// Everything that is wrong with it; places are seen from within the conversation.
    ///
    /// # Panics
    /// If there are not that many.
    pub(super) fn read(&mut self, index: usize) -> Result<ConversationDocument, Problems> {
        let (entries, listed) = match &mut self.0 {
            Content::Document(json) => return check::read(json),
            Content::Archive { entries, manifest } => (entries, &manifest.conversations[index]),
        };
        let document = check::read(&entries.unpack(&listed.file)?)?;
        if document.id != listed.id || document.sha256 != listed.sha256 {
            return Err(problem("", ImportFault::OtherThanListed).into());
        }
        Ok(document)
    }
}

impl Entries {
    fn new(zip: ZipArchive<Cursor<Bytes>>) -> Self {
        let names = zip.file_names().zip(zip.file_names_raw()).enumerate();
        let other_names = names.filter_map(|(index, (name, raw))| {
            let name = name.ok()?;
            (name.as_bytes() != raw).then(|| (name.into_owned(), index))
        });
        Self {
            other_names: other_names.collect(),
            zip,
        }
    }

    /// A file, decompressed; its checksum is compared on the way.
    fn unpack(&mut self, name: &str) -> Result<Vec<u8>, ImportProblem> {
        let index = self.zip.index_for_name_raw(name.as_bytes());
        let file = match index.or_else(|| self.other_names.get(name).copied()) {
            Some(index) => self.zip.by_index(index),
            None => Err(ZipError::FileNotFound),
        };
        let file = file.map_err(|error| damaged(&error.to_string()))?;
        let size = file.size();
        check_size(size)?;
        let mut content = Vec::new();
        // What the directory says about the size may be a lie.
        let read = file.take(size + 1).read_to_end(&mut content);
        read.map_err(|error| damaged(&error.to_string()))?;
        if content.len() as u64 != size {
            return Err(damaged("it is longer than it says"));
        }
        Ok(content)
    }
}

fn read_manifest(entries: &mut Entries) -> Result<Manifest, ImportProblem> {
    let json = entries.unpack(MANIFEST)?;
    check::check_header(&json, ARCHIVE_SCHEMA, ARCHIVE_VERSION)?;
    let manifest: Manifest = check::parse(&json)?;
    if manifest.sha256 != manifest.content_hash() {
        return Err(problem("sha256", ImportFault::Changed));
    }
    if manifest.num_conversations != manifest.conversations.len() {
        return Err(problem("num_conversations", ImportFault::OtherNumber));
    }
    Ok(manifest)
}

/// Each conversation is listed once. What an archive unpacks to was added up by its directory: a
/// file that is listed again and again would be unpacked again and again.
fn check_listed(manifest: &Manifest) -> Result<(), Problems> {
    let (mut files, mut ids) = (HashMap::new(), HashMap::new());
    let mut problems = Problems::default();
    for (index, listed) in manifest.conversations.iter().enumerate() {
        let same_file = *files.entry(listed.file.as_str()).or_insert(index);
        let same_id = *ids.entry(listed.id).or_insert(index);
        let (member, first) = if same_file < index {
            ("file", same_file)
        } else {
            ("id", same_id)
        };
        if first < index {
            let place = format!("{MANIFEST}/conversations/{first}");
            let fault = ImportFault::SameAs { place };
            let place = format!("{MANIFEST}/conversations/{index}/{member}");
            problems.push(problem(place, fault));
        }
    }
    problems.into_result()
}

fn damaged(detail: &str) -> ImportProblem {
    let detail = detail.to_owned();
    problem("", ImportFault::DamagedEntry { detail })
}

fn check_size(size: u64) -> Result<(), ImportProblem> {
    if size > MAX_DOCUMENT_BYTES as u64 {
        let (bytes, limit) = (size, MAX_DOCUMENT_BYTES as u64);
        return Err(problem("", ImportFault::TooManyBytes { bytes, limit }));
    }
    Ok(())
}

/// Adds up what the directory says; [`Entries::unpack`] holds each file to it, and [`check_listed`]
/// has each of them read once.
fn check_unpacked_size(zip: &ZipArchive<Cursor<Bytes>>) -> Result<(), ImportProblem> {
    let mut unpacked = 0_u64;
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index);
        let size = entry.map_or(u64::MAX, |entry| entry.size());
        unpacked = unpacked.saturating_add(size);
    }
    if unpacked > MAX_UNPACKED_BYTES {
        let limit = MAX_UNPACKED_BYTES;
        return Err(problem("", ImportFault::TooMuchUnpacked { limit }));
    }
    Ok(())
}

//! A file to import: one document, or an archive of many. One conversation is in memory at a time.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use hearth_app::model::{ImportFault, ImportProblem};
use zip::{ZipArchive, result::ZipError};

use super::{
    ImportError, check,
    directory::{self, Bounded},
    folders,
    problem::{Problems, problem, within},
};
use crate::export::{
    ARCHIVE_SCHEMA, ConversationDocument, FOLDERS_VERSION, FolderDocument, MANIFEST, Manifest,
};

/// Largest conversation, as a file or within an archive (64 MiB).
pub const MAX_DOCUMENT_BYTES: u64 = 64 << 20;
/// Largest archive, as it is (4 GiB).
pub const MAX_ARCHIVE_BYTES: u64 = 4 << 30;
/// Most bytes of an archive once it is unpacked (4 GiB): a few bytes can stand for very many.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;
/// How every ZIP begins (APPNOTE 4.3.7), an empty one included.
const ZIP_BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// As much of a file tells what it is.
const BEGINNING_BYTES: u64 = 4;

/// Most bytes of a file that begins like this.
pub(crate) fn max_bytes(beginning: &[u8]) -> u64 {
    if ZIP_BEGINNINGS.iter().any(|it| beginning.starts_with(it)) {
        MAX_ARCHIVE_BYTES
    } else {
        MAX_DOCUMENT_BYTES
    }
}

/// A file whose beginning was understood. It stays where it is; of an archive, its directory and
/// its manifest are in memory.
pub struct ImportFile<R>(Content<R>);

enum Content<R> {
    Document(R),
    Archive {
        entries: Box<Entries<R>>,
        manifest: Manifest,
    },
}

/// The files of an archive.
struct Entries<R> {
    zip: ZipArchive<Bounded<BufReader<R>>>,
    /// Places in its directory of names that are not in UTF-8 there: to find one of them, the ZIP
    /// itself would read through all of its names.
    other_names: HashMap<String, usize>,
}

impl<R: Read + Seek> ImportFile<R> {
    /// Looks at what a file is.
    ///
    /// # Errors
    /// If it cannot be read, is too large, or an archive that we did not make.
    pub fn open(mut content: R) -> Result<Self, ImportError> {
        let num_bytes = content.seek(SeekFrom::End(0))?;
        let beginning = read_first(&mut content, BEGINNING_BYTES)?;
        let limit = max_bytes(&beginning);
        let checked = check_size(num_bytes, limit);
        checked.map_err(|problem| ImportError::Refused(problem.into()))?;
        if limit == MAX_ARCHIVE_BYTES {
            return Ok(Self::open_archive(content, num_bytes)?);
        }
        Ok(Self(Content::Document(content)))
    }

    fn open_archive(content: R, num_bytes: u64) -> Result<Self, Problems> {
        let zip = directory::open(BufReader::new(content), num_bytes)?;
        check_unpacked_size(&zip)?;
        let mut entries = Box::new(Entries::new(zip));
        let manifest = read_manifest(&mut entries).map_err(|it| within(it, MANIFEST))?;
        check_listed(&manifest)?;
        folders::check_listed(&manifest)?;
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

    /// The folders that it lists; one document lists none.
    pub(super) fn folders(&self) -> &[FolderDocument] {
        match &self.0 {
            Content::Document(_) => &[],
            Content::Archive { manifest, .. } => &manifest.folders,
        }
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
            Content::Document(content) => return check::read(&read_document(content)?),
            Content::Archive { entries, manifest } => (entries, &manifest.conversations[index]),
        };
        let document = check::read(&entries.unpack(&listed.file)?)?;
        if document.id != listed.id || document.sha256 != listed.sha256 {
            return Err(problem("", ImportFault::OtherThanListed).into());
        }
        Ok(document)
    }
}

impl<R: Read + Seek> Entries<R> {
    fn new(zip: ZipArchive<Bounded<BufReader<R>>>) -> Self {
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
        check_size(size, MAX_DOCUMENT_BYTES)?;
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

/// So many first bytes of a file, or all that there are.
fn read_first(content: &mut (impl Read + Seek), num_bytes: u64) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    content.rewind()?;
    content.take(num_bytes).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// The whole of a document; its size was looked at, and may have changed since.
fn read_document(content: &mut (impl Read + Seek)) -> Result<Vec<u8>, ImportProblem> {
    let json = read_first(content, MAX_DOCUMENT_BYTES + 1).map_err(|error| {
        let detail = error.to_string();
        problem("", ImportFault::NotJson { detail })
    })?;
    check_size(json.len() as u64, MAX_DOCUMENT_BYTES)?;
    Ok(json)
}

fn read_manifest<R: Read + Seek>(entries: &mut Entries<R>) -> Result<Manifest, ImportProblem> {
    let json = entries.unpack(MANIFEST)?;
    check::check_header(&json, ARCHIVE_SCHEMA, FOLDERS_VERSION)?;
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

fn check_size(bytes: u64, limit: u64) -> Result<(), ImportProblem> {
    if bytes > limit {
        return Err(problem("", ImportFault::TooManyBytes { bytes, limit }));
    }
    Ok(())
}

/// Adds up what the directory says; [`Entries::unpack`] holds each file to it, and [`check_listed`]
/// has each of them read once.
fn check_unpacked_size<R: Read + Seek>(zip: &ZipArchive<R>) -> Result<(), ImportProblem> {
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

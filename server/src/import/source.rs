//! A file to import: one document, an archive of many, or what another program exported. One
//! conversation is in memory at a time.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::ControlFlow,
};

use hearth_app::model::{Brought, ChatProgram, ImportFault, ImportProblem};
use zip::{ZipArchive, result::ZipError};

use super::{
    ImportError, check,
    directory::{self, Bounded},
    folders,
    foreign::{self, ForeignConversation, ForeignFile, Kind, Source},
    problem::{Problems, problem, within},
};
use crate::{
    export::{
        ARCHIVE_SCHEMA, ConversationDocument, FolderDocument, INSTRUCTIONS_VERSION,
        InstructionsDocument, MANIFEST, Manifest,
    },
    personal::instruction_faults,
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
/// With it some editors begin a text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Most bytes of a file that begins like this. A list is what other programs write, and has as many
/// conversations as an archive.
pub(crate) fn max_bytes(beginning: &[u8]) -> u64 {
    let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(beginning);
    if is_zip(beginning) || text.trim_ascii_start().starts_with(b"[") {
        MAX_ARCHIVE_BYTES
    } else {
        MAX_DOCUMENT_BYTES
    }
}

fn is_zip(beginning: &[u8]) -> bool {
    ZIP_BEGINNINGS.iter().any(|it| beginning.starts_with(it))
}

/// A file whose beginning was understood. It stays where it is; of an archive, its directory and
/// its manifest are in memory.
pub struct ImportFile<R>(Content<R>);

enum Content<R> {
    Own(OwnFile<R>),
    Foreign(ForeignFile<R>),
}

/// A file that our exports wrote.
enum OwnFile<R> {
    Document(R),
    Archive {
        entries: Box<Entries<R>>,
        manifest: Manifest,
    },
}

/// A conversation of a file, checked.
pub(super) enum Incoming {
    Own(ConversationDocument),
    Foreign(ForeignConversation),
}

impl Incoming {
    pub(super) const fn document(&self) -> &ConversationDocument {
        match self {
            Self::Own(document) => document,
            Self::Foreign(foreign) => &foreign.document,
        }
    }

    /// Adds what is told of a conversation of another program.
    pub(super) fn count(&self, brought: &mut Brought) {
        if let Self::Foreign(foreign) = self {
            foreign.count(brought);
        }
    }

    pub(super) fn into_document(self) -> ConversationDocument {
        match self {
            Self::Own(document) => document,
            Self::Foreign(foreign) => foreign.document,
        }
    }
}

/// What stands next in a file: a conversation, none where nobody said anything, or what is wrong
/// with it, seen from the file.
pub(super) type Found = Result<Option<Incoming>, Problems>;

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
    /// If it cannot be read, is too large, or of a program whose files are not read here.
    pub fn open(mut content: R) -> Result<Self, ImportError> {
        let num_bytes = content.seek(SeekFrom::End(0))?;
        let beginning = read_first(&mut content, BEGINNING_BYTES)?;
        let checked = check_size(num_bytes, max_bytes(&beginning));
        checked.map_err(|problem| ImportError::Refused(problem.into()))?;
        if is_zip(&beginning) {
            return Ok(Self::open_archive(content, num_bytes)?);
        }
        content.rewind()?;
        match foreign::kind_of(&mut content)? {
            Some(Kind::Read(program)) => {
                let source = Source::File(content);
                Ok(Self(Content::Foreign(ForeignFile { program, source })))
            }
            Some(Kind::Named(program)) => {
                let problem = foreign::other_program(program);
                Err(ImportError::Refused(problem.into()))
            }
            // Whatever else it is: the reader of documents says what is wrong with it.
            Some(Kind::Hearth | Kind::Unknown) | None => {
                Ok(Self(Content::Own(OwnFile::Document(content))))
            }
        }
    }

    fn open_archive(content: R, num_bytes: u64) -> Result<Self, Problems> {
        let mut zip = directory::open(BufReader::new(content), num_bytes)?;
        if let Some((program, files)) = foreign::choose(&mut zip)? {
            let zip = Box::new(zip);
            let source = Source::Archive { zip, files };
            return Ok(Self(Content::Foreign(ForeignFile { program, source })));
        }
        check_unpacked_size(&zip, 0..zip.len())?;
        let mut entries = Box::new(Entries::new(zip));
        let manifest = read_manifest(&mut entries).map_err(|it| within(it, MANIFEST))?;
        check_listed(&manifest)?;
        folders::check_listed(&manifest)?;
        check_instructions(&manifest)?;
        Ok(Self(Content::Own(OwnFile::Archive { entries, manifest })))
    }

    /// The program that wrote the file, if it was another one.
    pub(super) const fn program(&self) -> Option<ChatProgram> {
        match &self.0 {
            Content::Foreign(file) => Some(file.program),
            Content::Own(_) => None,
        }
    }

    /// The folders that it lists; only an archive of ours lists any.
    pub(super) fn folders(&self) -> &[FolderDocument] {
        match &self.0 {
            Content::Own(OwnFile::Archive { manifest, .. }) => &manifest.folders,
            Content::Own(OwnFile::Document(_)) | Content::Foreign(_) => &[],
        }
    }

    /// What its person wants models to know in every chat; only an archive of ours says so.
    pub(super) const fn instructions(&self) -> Option<&InstructionsDocument> {
        match &self.0 {
            Content::Own(OwnFile::Archive { manifest, .. }) => manifest.instructions.as_ref(),
            Content::Own(OwnFile::Document(_)) | Content::Foreign(_) => None,
        }
    }

    /// Shows every conversation, in the order of the file, until `see` has seen enough.
    ///
    /// # Errors
    /// If the file cannot be read on, or whatever `see` says.
    pub(super) fn walk(
        &mut self,
        mut see: impl FnMut(Found) -> Result<ControlFlow<()>, ImportError>,
    ) -> Result<(), ImportError> {
        match &mut self.0 {
            // Of a file of others all is looked at: it says how much cannot be read.
            Content::Foreign(file) => {
                file.walk(|found| see(found.map(|found| found.map(Incoming::Foreign))).map(|_| ()))
            }
            Content::Own(file) => {
                for index in 0..file.len() {
                    let found = file.read(index).map_err(|wrong| {
                        let mut problems = Problems::default();
                        problems.append(wrong, file.place(index));
                        problems
                    });
                    if see(found.map(|document| Some(Incoming::Own(document))))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

impl<R: Read + Seek> OwnFile<R> {
    /// How many conversations there are.
    fn len(&self) -> usize {
        match self {
            Self::Document(_) => 1,
            Self::Archive { manifest, .. } => manifest.conversations.len(),
        }
    }

    /// Where a conversation stands in the file; nowhere in particular if it is the file.
    fn place(&self, index: usize) -> &str {
        match self {
            Self::Document(_) => "",
            Self::Archive { manifest, .. } => &manifest.conversations[index].file,
        }
    }

    /// Reads and checks one conversation.
    ///
    /// # Errors
    /// Everything that is wrong with it; places are seen from within the conversation.
    ///
    /// # Panics
    /// If there are not that many.
    fn read(&mut self, index: usize) -> Result<ConversationDocument, Problems> {
        let (entries, listed) = match self {
            Self::Document(content) => return check::read(&read_document(content)?),
            Self::Archive { entries, manifest } => (entries, &manifest.conversations[index]),
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
    check::check_header(&json, ARCHIVE_SCHEMA, INSTRUCTIONS_VERSION)?;
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

/// They are as a form may give them.
fn check_instructions(manifest: &Manifest) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let told = manifest.instructions.clone();
    let told = told.map(InstructionsDocument::into_instructions);
    for (member, refusal) in told.iter().flat_map(instruction_faults) {
        let place = format!("{MANIFEST}/instructions/{member}");
        problems.push(problem(place, ImportFault::Refused(refusal)));
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

/// Adds up what the directory says of the files that will be read, by their places in it. Whoever
/// reads them holds each to that and reads it once: [`Entries::unpack`] and [`check_listed`], or
/// [`ForeignFile::walk`].
pub(super) fn check_unpacked_size<R: Read + Seek>(
    zip: &ZipArchive<R>,
    files: impl Iterator<Item = usize>,
) -> Result<(), ImportProblem> {
    let sizes = files.map(|index| {
        let entry = zip.by_index_data(index);
        entry.map_or(u64::MAX, |entry| entry.size())
    });
    if sizes.fold(0, u64::saturating_add) > MAX_UNPACKED_BYTES {
        let limit = MAX_UNPACKED_BYTES;
        return Err(problem("", ImportFault::TooMuchUnpacked { limit }));
    }
    Ok(())
}

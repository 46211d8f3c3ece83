//! A file of another program, or a ZIP of such files, read one conversation at a time.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek},
};

use hearth_app::model::{ChatProgram, ConversationId, ImportFault, ImportProblem};
use zip::ZipArchive;

use super::{
    ForeignConversation, Kind, conversation, named_by_file, read, recognise,
    records::Records,
    title_of,
    values::{Broken, MAX_SIGNS, MAX_VALUE_BYTES, Next, Values},
};
use crate::{
    export::{MANIFEST, SCHEMA},
    import::{
        ImportError,
        directory::Bounded,
        problem::{Problems, problem},
        source::check_unpacked_size,
    },
};

/// So many of the first conversations are looked at, until one says whose they are.
const PROBED: usize = 10;

/// A file of a ZIP: its place there, and its name.
pub(in crate::import) type Entry = (usize, String);

/// A conversation, `None` where nobody said anything, or what is wrong with it.
type Found = Result<Option<ForeignConversation>, Problems>;

/// A file of a program whose conversations can be read.
pub(in crate::import) struct ForeignFile<R> {
    pub(in crate::import) program: ChatProgram,
    pub(in crate::import) source: Source<R>,
}

/// Where the conversations are.
pub(in crate::import) enum Source<R> {
    File(R),
    Archive {
        zip: Box<ZipArchive<Bounded<BufReader<R>>>>,
        files: Vec<Entry>,
    },
}

impl<R: Read + Seek> ForeignFile<R> {
    /// Shows every conversation, in the order of the file.
    ///
    /// # Errors
    /// If the file cannot be read on, or whatever `see` says.
    pub(in crate::import) fn walk(
        &mut self,
        see: impl FnMut(Found) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let mut walk = Walk {
            program: self.program,
            seen: HashMap::new(),
            see,
        };
        match &mut self.source {
            Source::File(content) => {
                content.rewind()?;
                let broken = ImportError::Read;
                walk.read("", content, broken)
            }
            Source::Archive { zip, files } => files.iter().try_for_each(|(index, name)| {
                let broken =
                    |error: io::Error| ImportError::from(damaged(name, &error.to_string()));
                let file = zip.by_index(*index);
                let file = file.map_err(|error| damaged(name, &error.to_string()))?;
                // What the directory says about the size may be a lie.
                let most = file.size().saturating_add(1);
                walk.read(name, file.take(most), broken)
            }),
        }
    }
}

/// What is on its way through the conversations of a file.
struct Walk<F> {
    program: ChatProgram,
    /// Where conversations stand that were read.
    seen: HashMap<ConversationId, String>,
    see: F,
}

impl<F: FnMut(Found) -> Result<(), ImportError>> Walk<F> {
    /// `broken`: what to say of a file that cannot be read on.
    fn read(
        &mut self,
        place: &str,
        content: impl Read,
        broken: impl Fn(io::Error) -> ImportError,
    ) -> Result<(), ImportError> {
        let mut records = Records::new(content);
        for number in 1.. {
            let inner = |fault| wrong(place, number, String::new(), problem("", fault));
            let next = records.read_next().map_err(|error| match error {
                Broken::Read(error) => broken(error),
                Broken::CutOff => ImportError::Refused(inner(ImportFault::CutOff)),
                Broken::NotJson(detail) => {
                    let detail = detail.to_owned();
                    ImportError::Refused(inner(ImportFault::NotJson { detail }))
                }
            })?;
            let found = match next {
                Next::End => break,
                Next::TooLong(bytes) => {
                    let limit = MAX_VALUE_BYTES as u64;
                    Err(inner(ImportFault::TooManyBytes { bytes, limit }))
                }
                Next::TooMany => {
                    let limit = MAX_SIGNS / 2;
                    let inner = problem("members", ImportFault::TooMany { limit });
                    Err(wrong(place, number, String::new(), inner))
                }
                Next::Value(json) => {
                    let found = self.understand(&format!("{place} #{number}"), &json);
                    found.map_err(|found| wrong(place, number, title_of(&json), found))
                }
            };
            (self.see)(found)?;
        }
        Ok(())
    }

    fn understand(
        &mut self,
        place: &str,
        json: &[u8],
    ) -> Result<Option<ForeignConversation>, ImportProblem> {
        let told = read(self.program, json)?;
        let found = conversation::build(self.program, &told)?;
        if let Some(found) = &found {
            let place = place.trim().to_owned();
            if let Some(first) = self.seen.insert(found.document.id, place) {
                return Err(problem("", ImportFault::SameAs { place: first }));
            }
        }
        Ok(found)
    }
}

/// What is wrong with a conversation, as one problem.
fn wrong(place: &str, number: u32, title: String, inner: ImportProblem) -> Problems {
    let fault = ImportFault::InConversation {
        number,
        title,
        problem: Box::new(inner),
    };
    problem(place, fault).into()
}

fn damaged(name: &str, detail: &str) -> Problems {
    let detail = detail.to_owned();
    problem(name, ImportFault::DamagedEntry { detail }).into()
}

/// Whose a file is, by the first of its conversations that say it. `None`: nothing is in it.
///
/// # Errors
/// If it cannot be read.
pub(in crate::import) fn kind_of(content: impl Read) -> io::Result<Option<Kind>> {
    let mut values = Values::new(content);
    let mut kind = None;
    for _ in 0..PROBED {
        match values.read_next() {
            Ok(Next::Value(json)) => match recognise(&json) {
                Kind::Unknown => kind = Some(Kind::Unknown),
                known => return Ok(Some(known)),
            },
            Ok(Next::TooLong(_) | Next::TooMany) => kind = Some(Kind::Unknown),
            Ok(Next::End) => break,
            Err(Broken::Read(error)) => return Err(error),
            // Who reads it tells what is wrong.
            Err(_) => return Ok(Some(Kind::Unknown)),
        }
    }
    Ok(kind)
}

/// The files of a ZIP that hold conversations of another program. `None`: it is ours, or nobody
/// knows.
///
/// # Errors
/// If it is of a program whose files are not read, or there is no conversation in it.
pub(in crate::import) fn choose<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
) -> Result<Option<(ChatProgram, Vec<Entry>)>, Problems> {
    let lists = entries(zip, is_list);
    let has_lists = !lists.is_empty();
    if !has_lists && zip.index_for_name_raw(MANIFEST.as_bytes()).is_some() {
        return Ok(None);
    }
    let mut files = lists;
    for ending in ["jsonl", "json"] {
        if files.is_empty() {
            files = entries(zip, |name| has_ending(name, ending));
        }
    }
    check_unpacked_size(zip, files.iter().map(|(index, _)| *index))?;
    let mut is_blank = true;
    let program = probe(zip, &files, &mut is_blank)?;
    if let Some(program) = program {
        return Ok(Some((program, files)));
    }
    let mut names = zip.file_names().filter_map(Result::ok);
    if let Some(program) = names.find_map(|name| named_by_file(&name)) {
        return Err(other_program(program).into());
    }
    match files.first() {
        Some((_, name)) if has_lists => Err(problem(name, nothing_known(is_blank)).into()),
        _ => Ok(None),
    }
}

/// Whose files of a ZIP are, by the first that says it. `is_blank`: whether none holds anything.
fn probe<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    files: &[Entry],
    is_blank: &mut bool,
) -> Result<Option<ChatProgram>, Problems> {
    for (index, name) in files.iter().take(PROBED) {
        let file = zip.by_index(*index);
        let file = file.map_err(|error| damaged(name, &error.to_string()))?;
        let most = file.size().saturating_add(1);
        let kind = kind_of(file.take(most));
        match kind.map_err(|error| damaged(name, &error.to_string()))? {
            Some(Kind::Read(program)) => return Ok(Some(program)),
            Some(Kind::Named(program)) => return Err(other_program(program).into()),
            Some(Kind::Hearth | Kind::Unknown) => *is_blank = false,
            None => {}
        }
    }
    Ok(None)
}

fn nothing_known(is_blank: bool) -> ImportFault {
    if is_blank {
        return ImportFault::NothingInIt;
    }
    let schema = SCHEMA.to_owned();
    ImportFault::NotOurs { schema }
}

/// What is told of a program whose files are known and not read.
pub(in crate::import) fn other_program(program: &str) -> ImportProblem {
    let program = program.to_owned();
    problem("", ImportFault::OtherProgram { program })
}

/// Files of a ZIP that are meant, by their names and in the order of these.
fn entries<R: Read + Seek>(zip: &ZipArchive<R>, is_meant: impl Fn(&str) -> bool) -> Vec<Entry> {
    let names = zip.file_names().enumerate();
    let names = names.filter_map(|(index, name)| Some((index, name.ok()?)));
    // What a Mac puts beside each file of a ZIP.
    let is_file = |name: &str| !name.starts_with("__MACOSX/") && !base(name).starts_with("._");
    let meant = names.filter(|(_, name)| is_file(name) && is_meant(name));
    let mut meant: Vec<Entry> = meant
        .map(|(index, name)| (index, name.into_owned()))
        .collect();
    meant.sort_by(|one, other| one.1.cmp(&other.1));
    meant
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// `conversations.json`, or one of `conversations-000.json`, `conversations-001.json`, …
fn is_list(name: &str) -> bool {
    let rest = base(name).strip_prefix("conversations");
    let Some(number) = rest.and_then(|rest| rest.strip_suffix(".json")) else {
        return false;
    };
    let digits = number.strip_prefix('-').unwrap_or("-");
    number.is_empty() || (!digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
}

fn has_ending(name: &str, ending: &str) -> bool {
    let found = base(name).rsplit_once('.').map(|(_, found)| found);
    found.is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

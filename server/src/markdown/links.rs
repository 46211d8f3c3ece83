//! Links that a text defines in one block and names in others.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use caseless::default_case_fold_str;

/// Definitions of one answer that are kept, and their bytes.
const MAX_DEFINITIONS: usize = 200;
const MAX_BYTES: usize = 32 << 10;
/// Longest name in brackets that is looked at, in bytes: longer than any that is defined.
pub(super) const MAX_NAME_BYTES: usize = 400;
/// Names that finished blocks may wait for, and their bytes.
const MAX_WANTED: usize = 500;
const MAX_WANTED_BYTES: usize = 16 << 10;

/// The definitions of the blocks so far: names and the lines that define them.
///
/// A block that is finished stays as it is while the text grows. If it names what no line has
/// defined yet, it waits for that (`waiting`), and the line is not shown where it stands: the end
/// of the text makes a link of the name. What nobody named before is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    known: Arc<Vec<(String, String)>>,
    bytes: usize,
    /// Footnotes whose texts have come: their names with the sign before them.
    notes: BTreeSet<String>,
    /// What finished blocks wait for.
    wanted: BTreeSet<String>,
    wanted_bytes: usize,
}

impl Links {
    pub(super) fn learn(&mut self, definitions: &[(String, String)], notes: &[String]) {
        for (name, line) in definitions {
            if !self.is_known(name) && self.has_room(name, line, &[]) {
                self.bytes += name.len() + line.len();
                Arc::make_mut(&mut self.known).push((name.clone(), line.clone()));
            }
        }
        let room = MAX_DEFINITIONS.saturating_sub(self.notes.len());
        self.notes.extend(notes.iter().take(room).cloned());
    }

    fn is_known(&self, name: &str) -> bool {
        self.known.iter().any(|(other, _)| other == name)
    }

    /// Whether a definition still fits behind those that are known and these.
    fn has_room(&self, name: &str, line: &str, others: &[(String, String)]) -> bool {
        let bytes = |(name, line): &(String, String)| name.len() + line.len();
        let others_bytes: usize = others.iter().map(bytes).sum();
        self.known.len() + others.len() < MAX_DEFINITIONS
            && self.bytes + others_bytes + name.len() + line.len() <= MAX_BYTES
    }

    /// Whether a line or a footnote of the text has said what the name is.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.has_note(name) || self.is_known(name)
    }

    /// Whether a footnote of that name, with the sign before it, has come.
    pub(super) fn has_note(&self, name: &str) -> bool {
        self.notes.contains(name)
    }

    /// Takes note of what a finished block waits for; false if that is too much.
    pub(super) fn want(&mut self, names: &BTreeSet<String>) -> bool {
        let is_new = |name: &&String| !self.wanted.contains(*name);
        let new: Vec<String> = names.iter().filter(is_new).cloned().collect();
        let bytes = self.wanted_bytes + new.iter().map(String::len).sum::<usize>();
        let has_room = self.wanted.len() + new.len() <= MAX_WANTED && bytes <= MAX_WANTED_BYTES;
        if has_room {
            self.wanted_bytes = bytes;
            self.wanted.extend(new);
        }
        has_room
    }

    /// Whether a block waits for this definition, which comes behind these others of its own block:
    /// then nobody needs to read it. One that there is no room for is shown.
    pub(super) fn waits_for(&self, name: &str, line: &str, others: &[(String, String)]) -> bool {
        self.wanted.contains(name) && (self.is_known(name) || self.has_room(name, line, others))
    }

    /// Whether the name leads elsewhere already, by a definition that came before, or by the first
    /// of its own block: that one counts, and nobody reaches what a later one says.
    pub(super) fn leads_elsewhere(&self, name: &str, line: &str, own: Option<&str>) -> bool {
        let known = self.known.iter().find(|(other, _)| other == name);
        let first = known.map(|(_, line)| line.as_str()).or(own);
        first.is_some_and(|other| other != line)
    }

    /// What is known so far, for who looks names up while a text is parsed.
    pub(super) fn known(&self) -> Arc<Vec<(String, String)>> {
        Arc::clone(&self.known)
    }
}

/// The name of a link as names are compared: whatever its case, and the white space in it.
pub(super) fn normalized(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    default_case_fold_str(&words.join(" "))
}

/// The name of a footnote as a name in brackets.
pub(super) fn note_name(label: &str) -> String {
    normalized(&format!("^{label}"))
}

/// What stands in brackets in the text, and how often.
pub(super) fn names_in(text: &str) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('[') {
        let end = behind.find(['[', ']']).unwrap_or(behind.len());
        rest = &behind[end..];
        if rest.starts_with(']') && end <= MAX_NAME_BYTES {
            *names.entry(normalized(&behind[..end])).or_default() += 1;
        }
    }
    names
}

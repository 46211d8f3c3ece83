//! The names that the parser meets in brackets, and where they lead.
//!
//! It alone knows which brackets stand in code, and what a name is that goes over two lines of a
//! quote. So it asks here for each of them, instead of being given the definitions: their uses it
//! bounds by the length of the text, and a short block would have a long address only once.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use comrak::{
    Arena, ResolvedReference,
    nodes::NodeValue,
    options::{BrokenLinkCallback, BrokenLinkReference},
    parse_document,
};

use super::{super::links, OPTIONS};

/// Bytes of addresses and titles that one block may write again and again. The first use of each is
/// free.
const MAX_REPEATED_BYTES: usize = 100_000;

/// What leads where, and what was asked.
#[derive(Debug)]
pub(super) struct Names {
    /// Names and the lines that define them: of the blocks so far, and of this one.
    known: Arc<Vec<(String, String)>>,
    own: Vec<(String, String)>,
    /// Names that are no links here, whatever they are elsewhere.
    refused: BTreeSet<String>,
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    found: HashMap<String, ResolvedReference>,
    repeated_bytes: usize,
    missing: BTreeSet<String>,
}

impl Names {
    pub(super) fn new(
        known: Arc<Vec<(String, String)>>,
        own: Vec<(String, String)>,
        refused: BTreeSet<String>,
    ) -> Self {
        Self {
            known,
            own,
            refused,
            met: Mutex::default(),
        }
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of these names that the parser has met nowhere.
    pub(super) fn unmet(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let met = self.met();
        let is_unmet = |name: &&String| !met.found.contains_key(*name);
        names.iter().filter(is_unmet).cloned().collect()
    }

    /// The names that would be links if they were defined.
    pub(super) fn missing(&self) -> BTreeSet<String> {
        self.met().missing.clone()
    }

    /// The line that defines a name: the first counts.
    fn line_of(&self, name: &str) -> Option<&str> {
        let mut lines = self.known.iter().chain(&self.own);
        let found = lines.find(|(other, _)| other == name);
        found.map(|(_, line)| line.as_str())
    }
}

impl BrokenLinkCallback for Names {
    fn resolve(&self, link: BrokenLinkReference<'_>) -> Option<ResolvedReference> {
        if link.original.len() > links::MAX_NAME_BYTES {
            return None;
        }
        let name = links::normalized(link.original);
        if name.is_empty() || self.refused.contains(&name) {
            return None;
        }
        let mut met = self.met();
        if let Some(found) = met.found.get(&name).cloned() {
            let bytes = met.repeated_bytes + found.url.len() + found.title.len();
            let has_room = bytes <= MAX_REPEATED_BYTES;
            if has_room {
                met.repeated_bytes = bytes;
            }
            return has_room.then_some(found);
        }
        let found = self.line_of(&name).and_then(read);
        match &found {
            Some(found) => {
                met.found.insert(name, found.clone());
            }
            None => {
                met.missing.insert(name);
            }
        }
        found
    }
}

/// Where the line of a definition leads, as the parser reads such addresses and titles.
fn read(line: &str) -> Option<ResolvedReference> {
    let (_, target) = line.split_once("]: ")?;
    let arena = Arena::new();
    let document = parse_document(&arena, &format!("[x]({target})"), &OPTIONS);
    document
        .descendants()
        .find_map(|node| match &node.data().value {
            NodeValue::Link(link) => Some(ResolvedReference {
                url: link.url.clone(),
                title: link.title.clone(),
            }),
            _ => None,
        })
}

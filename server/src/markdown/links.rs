//! Links that a text defines in one block and names in others.

use std::collections::HashMap;

use caseless::default_case_fold_str;

/// Definitions of one answer that are kept, and their bytes.
const MAX_DEFINITIONS: usize = 200;
const MAX_BYTES: usize = 16 << 10;
/// Longest name in brackets that is looked at, in bytes: longer than any that is defined.
const MAX_NAME_BYTES: usize = 160;

/// The definitions of the blocks so far: names and the lines that define them.
///
/// A block that is finished stays as it is: what it names before the text says what that is stays
/// text, and the definition is shown where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    known: Vec<(String, String)>,
    bytes: usize,
}

impl Links {
    pub(super) fn learn(&mut self, definitions: &[(String, String)]) {
        for (name, line) in definitions {
            let bytes = name.len() + line.len();
            let is_new = self.known.iter().all(|(other, _)| other != name);
            let has_room = self.known.len() < MAX_DEFINITIONS && self.bytes + bytes <= MAX_BYTES;
            if is_new && has_room {
                self.bytes += bytes;
                self.known.push((name.clone(), line.clone()));
            }
        }
    }

    /// Definitions of what the text names, to stand in front of it: behind it they would be code
    /// where a fence is open. They are a paragraph of their own, which the parser takes out.
    pub(super) fn named_in(&self, text: &str, own: &[(String, String)]) -> String {
        let mut lines = String::new();
        if self.known.is_empty() && own.is_empty() {
            return lines;
        }
        let mut names = names_in(text);
        for (name, line) in self.known.iter().chain(own) {
            // The first that defines a name counts.
            if names.remove(name).is_some() {
                lines.push_str(line);
                lines.push_str("\n\n");
            }
        }
        lines
    }
}

/// The name of a link as names are compared: whatever its case, and the white space in it.
pub(super) fn normalized(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    default_case_fold_str(&words.join(" "))
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

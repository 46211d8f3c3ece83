//! Links that a text defines in one block and names in others.

/// Definitions of one answer that are kept, and their bytes.
const MAX_DEFINITIONS: usize = 200;
const MAX_BYTES: usize = 16 << 10;

/// The definitions of the blocks so far: names in brackets and the lines that define them.
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
            if self.known.len() < MAX_DEFINITIONS && self.bytes + bytes <= MAX_BYTES {
                self.bytes += bytes;
                self.known.push((name.clone(), line.clone()));
            }
        }
    }

    /// Definitions of what the text names, to stand behind it.
    pub(super) fn named_in(&self, text: &str, own: &[(String, String)]) -> String {
        let mut lines = String::new();
        if !text.contains('[') {
            return lines;
        }
        for (name, line) in self.known.iter().chain(own) {
            if text.contains(name) {
                lines.push_str("\n\n");
                lines.push_str(line);
            }
        }
        lines
    }
}

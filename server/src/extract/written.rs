//! Where the text of a file goes, as long as there is room.

/// A text with an end. What is written into it is clean: no control characters, and lines end in
/// `\n`.
#[derive(Debug)]
pub(super) struct Written {
    text: String,
    max_bytes: usize,
    is_cut: bool,
}

impl Written {
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self {
            text: String::new(),
            max_bytes,
            is_cut: false,
        }
    }

    /// Writes what there is room for.
    pub(super) fn push(&mut self, text: &str) {
        if self.is_cut {
            return;
        }
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let letter = match letter {
                '\r' => {
                    letters.next_if_eq(&'\n');
                    '\n'
                }
                '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
                other => other,
            };
            if is_noise(letter) {
                continue;
            }
            if self.text.len() + letter.len_utf8() > self.max_bytes {
                self.is_cut = true;
                return;
            }
            self.text.push(letter);
        }
    }

    /// Writes something that stands for itself: an empty line before it, the end of its line
    /// behind it. Nothing if it is empty.
    pub(super) fn push_block(&mut self, block: &str) {
        let block = block.trim_matches('\n');
        if block.trim().is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.push("\n");
        }
        self.push_line(block);
    }

    /// Writes a line below what is there.
    pub(super) fn push_line(&mut self, line: &str) {
        self.push(line);
        self.push("\n");
    }

    /// Notes that there is more than was written.
    pub(super) const fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Whether nothing that follows has room.
    pub(super) const fn is_full(&self) -> bool {
        self.is_cut
    }

    /// The text, and whether there was more.
    pub(super) fn into_parts(self) -> (String, bool) {
        (self.text, self.is_cut)
    }
}

/// What no text has, and what says nothing in one.
fn is_noise(letter: char) -> bool {
    let is_control = letter.is_control() && !matches!(letter, '\n' | '\t');
    is_control || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_clean_and_ends_at_a_whole_character() {
        let mut written = Written::new(64);
        written.push("\u{feff}a\r\nb\rc\0\u{1b}[31m\td\u{c}e\r");
        assert_eq!(
            written.into_parts(),
            ("a\nb\nc[31m\td\ne\n".to_owned(), false)
        );
        let mut written = Written::new(4);
        written.push("ab");
        assert!(!written.is_full());
        written.push("cé");
        written.push("f");
        assert!(written.is_full());
        // A letter that has room behind one that had none would be a lie.
        assert_eq!(written.into_parts().0, "abc");
    }

    #[test]
    fn blocks_stand_apart() {
        let mut written = Written::new(64);
        written.push_block("one\n");
        written.push_block(" \n");
        written.push_block("two");
        written.push_line("three");
        assert_eq!(written.into_parts().0, "one\n\ntwo\nthree\n");
    }
}

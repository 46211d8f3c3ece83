//! What rendering may cost. Beyond it a text is shown as it is, never left out.
//!
//! It is counted in the text, not by a clock: the same text is shown the same on a slow machine as
//! on a fast one, and streamed as at once. A clock is the last net below highlighting alone, whose
//! patterns can take a thousand times longer over one line than over another.

use std::time::Duration;

use super::reading::marker_bytes;

/// Bytes after which a block is cut at the next end of a line. Some patterns cost the parser the
/// square of their length: of a block of this size the worst takes some 25 ms.
pub(super) const MAX_BLOCK_BYTES: usize = 16 << 10;
/// Bytes of a line after which its rest is shown as it is.
pub(super) const MAX_LINE_BYTES: usize = 16 << 10;
/// Quotes and lists inside of each other. The cleaner looks through all open elements for each
/// paragraph, so depth costs its square: a line of 16,384 `>` took two seconds.
const MAX_NESTING: usize = 64;
/// Cells of a block's table. Missing ones are filled in, so a few bytes can ask for millions.
const MAX_CELLS: usize = 10_000;
/// Bytes of code of one answer that are highlighted, at about a microsecond each.
const MAX_HIGHLIGHTED_BYTES: usize = 128 << 10;
/// What the highlighting of one answer may take of a core, several times the usual. Lines of sixty
/// letters in a Makefile take ten times as long each.
const MAX_TIME: Duration = Duration::from_millis(500);
/// Weight of one answer, of which a plain byte is one: about 0.1 microseconds.
const MAX_WEIGHT: usize = 2 << 20;
/// Weight of a block beside its text: parser and cleaner are set up for each.
const BLOCK_WEIGHT: usize = 256;
/// Weight of a line of code beside its text.
const LINE_WEIGHT: usize = 32;

/// Whether a block of prose is cheap enough to be parsed. Takes one pass over the text.
pub(super) fn is_affordable(text: &str) -> bool {
    let (mut columns, mut rows) = (0, 0);
    for line in text.lines() {
        if nesting(line) > MAX_NESTING {
            return false;
        }
        rows += 1;
        if is_delimiter_row(line) {
            columns = columns.max(line.bytes().filter(|&byte| byte == b'|').count() + 1);
        }
    }
    columns * rows <= MAX_CELLS
}

/// Whether the line may be the one below a table's header, also in a quote or a list.
pub(super) fn is_delimiter_row(line: &str) -> bool {
    let is_mark = |byte| b"|-: \t\r\n>*+.)".contains(&byte) || byte.is_ascii_digit();
    line.contains('-') && line.bytes().all(is_mark)
}

/// Most containers that the line can stand in: its markers, and one for two columns of indent.
fn nesting(line: &str) -> usize {
    let (mut markers, mut columns) = (0, 0);
    let mut rest = line.as_bytes();
    loop {
        let marker = marker_bytes(rest);
        match rest.first() {
            Some(b' ') => columns += 1,
            Some(b'\t') => columns += 4,
            Some(_) if marker > 0 => markers += 1,
            _ => return markers + columns / 2,
        }
        rest = &rest[marker.max(1)..];
    }
}

/// What is left of an answer's weight.
#[derive(Debug)]
pub(super) struct Allowance {
    weight: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { weight: MAX_WEIGHT }
    }
}

impl Allowance {
    /// Pays for a block of prose; false if that is too much.
    pub(super) fn pay_for_prose(&mut self, text: &str) -> bool {
        let marks: usize = text.bytes().map(weight_of).sum();
        self.pay(BLOCK_WEIGHT + marks)
    }

    /// Pays for a fence.
    pub(super) fn pay_for_fence(&mut self) -> bool {
        self.pay(BLOCK_WEIGHT)
    }

    /// Pays for a line of code.
    pub(super) fn pay_for_code(&mut self, line: &str) -> bool {
        self.pay(LINE_WEIGHT + 2 * line.len())
    }

    fn pay(&mut self, weight: usize) -> bool {
        let left = self.weight.checked_sub(weight);
        self.weight = left.unwrap_or(0);
        left.is_some()
    }
}

/// A byte that can become an element weighs more than a letter; a formula becomes many.
fn weight_of(byte: u8) -> usize {
    match byte {
        b'$' => 32,
        b'@' | b'`' => 16,
        b'|' | b'*' | b'_' | b'[' | b'<' | b'>' | b'&' | b'~' | b'\\' | b'\n' => 8,
        _ => 1,
    }
}

/// What is left of an answer's highlighting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Highlighting {
    bytes: usize,
    /// Of a core: a machine that is busy shows the same as an idle one.
    time: Duration,
}

impl Default for Highlighting {
    fn default() -> Self {
        Self {
            bytes: MAX_HIGHLIGHTED_BYTES,
            time: MAX_TIME,
        }
    }
}

impl Highlighting {
    /// Whether as many bytes are left, and time.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        bytes <= self.bytes && !self.time.is_zero()
    }

    /// Pays for a line that took so long.
    pub(super) fn spend(&mut self, bytes: usize, time: Duration) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.time = self.time.saturating_sub(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highlighting_ends_when_its_bytes_or_its_time_are_used_up() {
        let mut left = Highlighting::default();
        left.spend(1000, MAX_TIME / 4);
        assert!(left.allows(MAX_HIGHLIGHTED_BYTES - 1000));
        assert!(!left.allows(MAX_HIGHLIGHTED_BYTES - 999));
        left.spend(10, MAX_TIME / 2);
        assert!(left.allows(10));
        left.spend(10, MAX_TIME / 4);
        assert!(!left.allows(10));
    }
}

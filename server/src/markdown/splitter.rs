//! Where a growing Markdown text may be cut: at blank lines outside of fences and lists, and
//! around fences.
//!
//! Every decision is taken at the first byte that settles it and looks at nothing behind that
//! byte: the same text gives the same parts, whatever the pieces it arrives in.

/// Bytes after which a list is cut before its next item, so that rendering stays cheap.
const MAX_LIST_BYTES: usize = 4096;

/// A piece of text whose end is settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Complete blocks of anything but top-level fences.
    Prose(String),
    /// A top-level fence opens.
    CodeStart { language: String },
    /// A line of the fence, line feed included.
    CodeLine(String),
    /// The fence is closed.
    CodeEnd,
}

/// A fence that is open.
#[derive(Debug)]
struct Fence {
    marker: u8,
    length: usize,
    /// Spaces before the opening fence; as many are taken from each line.
    indent: usize,
}

/// Cuts a growing text into parts.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Complete lines not yet given away.
    segment: String,
    /// The line that still grows.
    line: String,
    fence: Option<Fence>,
    after_blank: bool,
    /// Whether the growing line was already asked if it starts a new segment.
    decided: bool,
    kind: SegmentKind,
}

/// What decides how a segment goes on behind a blank line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SegmentKind {
    #[default]
    Plain,
    /// Begins with an indented line: with a code block, most likely.
    Indented,
    /// Holds a list item.
    List,
}

impl Splitter {
    pub(super) fn push(&mut self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for piece in text.split_inclusive('\n') {
            self.line.push_str(piece);
            if piece.ends_with('\n') {
                self.end_line(&mut parts);
            } else {
                self.decide_boundary(&mut parts);
            }
        }
        parts
    }

    /// Ends the text; an open fence stays open for the caller to close.
    pub(super) fn finish(mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut parts);
        }
        self.end_segment(&mut parts);
        parts
    }

    /// Text of the open segment.
    pub(super) fn prose(&self) -> String {
        format!("{}{}", self.segment, self.line)
    }

    /// The growing line of an open fence; empty if it looks like the closing fence.
    pub(super) fn code_line(&self) -> &str {
        let Some(fence) = &self.fence else { return "" };
        let line = strip_indent(&self.line, fence.indent);
        let could_close =
            !line.is_empty() && line.trim_start().bytes().all(|byte| byte == fence.marker);
        if could_close { "" } else { line }
    }

    fn has_list(&self) -> bool {
        self.kind == SegmentKind::List
    }

    fn end_line(&mut self, parts: &mut Vec<Part>) {
        if self.fence.is_some() {
            self.end_code_line(parts);
            return;
        }
        self.decide_boundary(parts);
        self.decided = false;
        let line = std::mem::take(&mut self.line);
        if line.trim().is_empty() {
            if !self.segment.is_empty() {
                self.segment.push_str(&line);
                self.after_blank = true;
            }
            return;
        }
        if let Some((fence, language)) = self.opening_fence(&line) {
            self.end_segment(parts);
            self.fence = Some(fence);
            parts.push(Part::CodeStart { language });
            return;
        }
        let item = list_marker(&line) == Some(true);
        if item && indent(&line) == 0 && self.has_list() && self.segment.len() > MAX_LIST_BYTES {
            self.end_segment(parts);
        }
        if self.segment.is_empty() && indent(&line) >= 4 {
            self.kind = SegmentKind::Indented;
        }
        if item {
            self.kind = SegmentKind::List;
        }
        self.after_blank = false;
        self.segment.push_str(&line);
    }

    fn end_code_line(&mut self, parts: &mut Vec<Part>) {
        let line = std::mem::take(&mut self.line);
        let Some(fence) = &self.fence else { return };
        let content = line.trim();
        let closes = indent(&line) < 4
            && content.len() >= fence.length
            && content.bytes().all(|byte| byte == fence.marker);
        if closes {
            self.fence = None;
            parts.push(Part::CodeEnd);
        } else {
            let mut text = strip_indent(&line, fence.indent).to_owned();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            parts.push(Part::CodeLine(text));
        }
    }

    /// After a blank line: does the growing line begin something new? Asked until settled.
    fn decide_boundary(&mut self, parts: &mut Vec<Part>) {
        if self.fence.is_some() || !self.after_blank || self.decided {
            return;
        }
        let continues = match self.line.trim_start().is_empty() {
            true => None,
            false if self.has_list() && indent(&self.line) > 0 => Some(true),
            false if self.has_list() => list_marker(&self.line),
            false => Some(self.kind == SegmentKind::Indented && indent(&self.line) >= 4),
        };
        let Some(continues) = continues else { return };
        self.decided = true;
        if !continues {
            self.end_segment(parts);
        }
    }

    fn end_segment(&mut self, parts: &mut Vec<Part>) {
        let segment = std::mem::take(&mut self.segment);
        if !segment.trim().is_empty() {
            parts.push(Part::Prose(segment));
        }
        self.after_blank = false;
        self.kind = SegmentKind::Plain;
    }

    /// A fence on the top level. In a list only an unindented one is: others belong to an item.
    fn opening_fence(&self, line: &str) -> Option<(Fence, String)> {
        let indent = indent(line);
        if indent >= 4 || (indent > 0 && self.has_list()) {
            return None;
        }
        let content = line.trim();
        let marker = content
            .bytes()
            .next()
            .filter(|byte| matches!(byte, b'`' | b'~'))?;
        let length = content.bytes().take_while(|&byte| byte == marker).count();
        let info = content[length..].trim();
        if length < 3 || (marker == b'`' && info.contains('`')) {
            return None;
        }
        let fence = Fence {
            marker,
            length,
            indent,
        };
        Some((fence, info.to_owned()))
    }
}

/// Columns of white space before the text; a tab counts as four.
fn indent(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .map(|byte| if byte == b'\t' { 4 } else { 1 })
        .sum()
}

/// The line without at most `indent` leading spaces.
fn strip_indent(line: &str, indent: usize) -> &str {
    let spaces = line
        .bytes()
        .take(indent)
        .take_while(|&byte| byte == b' ')
        .count();
    &line[spaces..]
}

/// Whether the line begins with a list marker; `None` while more of it is needed.
fn list_marker(line: &str) -> Option<bool> {
    let mut rest = line.trim_start_matches([' ', '\t']).bytes();
    let mut digits = 0;
    loop {
        match rest.next()? {
            b'0'..=b'9' if digits < 9 => digits += 1,
            b'.' | b')' if digits > 0 => break,
            b'-' | b'*' | b'+' if digits == 0 => break,
            _ => return Some(false),
        }
    }
    Some(rest.next()?.is_ascii_whitespace())
}

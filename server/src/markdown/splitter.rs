//! Where a growing Markdown text may be cut: at blank lines outside of fences and lists, and
//! around fences.
//!
//! Every decision is taken at the first byte that settles it and looks at nothing behind that
//! byte: the same text gives the same parts, whatever the pieces it arrives in.
//!
//! No part outgrows the `budget`: a long block is cut between its lines, a long line inside. A
//! table takes its header along; the rest of a line, of a list and of an answer that was too much
//! is plain.

mod fence;

use super::{
    budget::{self, Allowance, MAX_BLOCK_BYTES, MAX_LINE_BYTES},
    reading::{Closer, MAX_SPACED_BYTES, Tag, begins_other, opened_by},
};
use fence::{Fence, indent, strip_indent};

/// Bytes after which a list is cut before its next item, so that rendering stays cheap.
const MAX_LIST_BYTES: usize = 4096;
/// Longest header that a table takes along where it is cut, in bytes.
const MAX_TABLE_HEADER_BYTES: usize = 1024;
/// A long line is cut at a space if one of its last bytes is one.
const WORD_BYTES: usize = 64;

/// A piece of text whose end is settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Complete blocks of anything but top-level fences.
    Prose(String),
    /// Text to be shown as it is.
    Plain(String),
    /// A top-level fence opens.
    CodeStart { language: String },
    /// A line of the fence, or a piece of a long one; a complete one has its line feed.
    CodeLine(String),
    /// The fence is closed.
    CodeEnd,
}

/// A formula over several lines that is open.
#[derive(Clone, Copy, Debug)]
struct OpenFormula {
    closer: Closer,
    /// Bytes of its lines so far.
    bytes: usize,
    /// An empty line stands in it.
    is_spaced: bool,
}

/// To the end of what text is shown as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlainUntil {
    Line,
    Segment,
    Text,
}

/// What the line before was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Text,
    /// Empty, in a segment.
    Empty,
    /// The end of a fence.
    Fence,
}

/// Cuts a growing text into parts.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Complete lines not yet given away.
    segment: String,
    /// The line that still grows.
    line: String,
    /// White space that the growing line is known to begin with, in bytes.
    num_white: usize,
    /// The growing line is the rest of one that was cut.
    is_rest: bool,
    fence: Option<Fence>,
    before: Before,
    /// Whether the growing line was already asked if it starts a new segment.
    decided: bool,
    kind: SegmentKind,
    /// The header and the line below it, if the segment holds a table.
    table: Option<String>,
    /// The header of a table that was cut, to stand above its next row.
    carried: Option<String>,
    plain: Option<PlainUntil>,
    /// None of its lines begins a block. An empty one does not end it: what follows does, if it
    /// cannot go on with it, and its length.
    formula: Option<OpenFormula>,
    /// `<details>` that are open: what stands in them stays together.
    num_details: usize,
    allowance: Allowance,
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
            let mut rest = piece;
            loop {
                let room = MAX_LINE_BYTES - self.line.len();
                if rest.trim_end_matches('\n').len() <= room {
                    break;
                }
                let (fits, behind) = rest.split_at(rest.floor_char_boundary(room));
                self.line.push_str(fits);
                self.cut_line(&mut parts);
                rest = behind;
            }
            self.line.push_str(rest);
            if rest.ends_with('\n') {
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
        let header = self.carried.as_deref();
        let header = header.filter(|_| self.line.contains('|'));
        format!(
            "{}{}{}",
            header.unwrap_or_default(),
            self.segment,
            self.line
        )
    }

    /// Whether the open segment is to be shown as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// The growing line of an open fence; empty if it looks like the closing fence.
    pub(super) fn code_line(&self) -> &str {
        let Some(fence) = &self.fence else { return "" };
        if self.is_rest {
            return &self.line;
        }
        let line = strip_indent(&self.line, fence.indent);
        if fence.may_close_with(line) { "" } else { line }
    }

    fn has_list(&self) -> bool {
        self.kind == SegmentKind::List
    }

    fn end_line(&mut self, parts: &mut Vec<Part>) {
        if self.fence.is_some() {
            self.end_code_line(parts);
            return;
        }
        self.leave_formula();
        self.decide_boundary(parts);
        self.decided = false;
        self.num_white = 0;
        let line = std::mem::take(&mut self.line);
        let is_rest = std::mem::take(&mut self.is_rest);
        match self.plain {
            Some(PlainUntil::Line) => {
                self.segment.push_str(&line);
                self.end_segment(parts);
            }
            Some(PlainUntil::Text) => self.push_line(&line, parts),
            _ if is_rest => self.push_line(&line, parts),
            _ if line.trim().is_empty() => self.push_blank(&line, parts),
            _ => self.push_text(&line, parts),
        }
        if self.before == Before::Fence {
            self.before = Before::Text;
        }
    }

    fn push_blank(&mut self, line: &str, parts: &mut Vec<Part>) {
        self.table = None;
        self.carried = None;
        if let Some(open) = &mut self.formula {
            open.bytes += line.len();
            open.is_spaced = true;
        }
        if self.segment.is_empty() && self.plain.is_none() {
            return;
        }
        // How many there are matters to code only.
        if self.kind != SegmentKind::Plain || self.num_details > 0 || self.before != Before::Empty {
            self.push_line(line, parts);
        }
        self.before = Before::Empty;
    }

    fn push_text(&mut self, line: &str, parts: &mut Vec<Part>) {
        self.count_details(line);
        if self.is_formula(line) {
            self.before = Before::Text;
            self.push_line(line, parts);
            return;
        }
        if let Some((fence, language)) = self.fence_opened_by(line) {
            self.end_segment(parts);
            self.open_fence(fence, language, line, parts);
            return;
        }
        let item = list_marker(line) == Some(true);
        let is_long = self.segment.len() > MAX_LIST_BYTES || self.plain.is_some();
        if item && indent(line) == 0 && self.has_list() && is_long {
            self.end_segment(parts);
        }
        if self.segment.is_empty() && indent(line) >= 4 {
            self.kind = SegmentKind::Indented;
        }
        if item {
            self.kind = SegmentKind::List;
        }
        if let Some(header) = self.carried.take_if(|_| line.contains('|')) {
            self.segment.push_str(&header);
            self.table = Some(header);
        } else if self.table.is_none() {
            self.table = self.table_header(line);
        }
        self.before = Before::Text;
        self.push_line(line, parts);
    }

    /// Whether the line goes on with a formula that an earlier one has opened.
    fn is_formula(&mut self, line: &str) -> bool {
        let Some(open) = &mut self.formula else {
            self.formula = opened_by(line).map(|closer| OpenFormula {
                closer,
                bytes: line.len(),
                is_spaced: false,
            });
            return false;
        };
        open.bytes += line.len();
        let ends = open.closer.is_in(line);
        let is_part = !line.contains('`');
        if ends || !is_part {
            self.formula = None;
        }
        is_part
    }

    /// Behind an empty line: a line that cannot go on with the open formula shows that nothing
    /// closes it, and is read as if there were none. So does one that makes it too long, and any
    /// that begins a block.
    fn leave_formula(&mut self) {
        if self.line.trim().is_empty() {
            return;
        }
        // In a code block a sign opens nothing.
        let is_code = self.kind == SegmentKind::Indented;
        let (line, is_behind_empty) = (&self.line, self.before == Before::Empty);
        self.formula = self.formula.filter(|open| {
            let fits = !is_code && open.bytes + line.len() <= MAX_SPACED_BYTES;
            let goes_on = !is_behind_empty || (fits && open.closer.goes_on(line));
            goes_on && !(open.is_spaced && begins_other(line))
        });
    }

    fn count_details(&mut self, line: &str) {
        if indent(line) >= 4 {
            return;
        }
        if Tag::opens_details(line) {
            self.num_details += 1;
        }
        if line.contains("</details>") {
            self.num_details = self.num_details.saturating_sub(1);
        }
    }

    /// Appends a line to the segment, which is cut behind it if it has become too long.
    fn push_line(&mut self, line: &str, parts: &mut Vec<Part>) {
        self.segment.push_str(line);
        if self.segment.len() <= MAX_BLOCK_BYTES {
            return;
        }
        self.give_segment(parts);
        self.formula = None;
        self.num_details = 0;
        self.before = Before::Text;
        self.carried = self.table.take().filter(|_| line.contains('|'));
        if self.has_list() {
            self.plain.get_or_insert(PlainUntil::Segment);
        }
    }

    /// Gives the growing line away, which is full; what comes of it still is its rest.
    fn cut_line(&mut self, parts: &mut Vec<Part>) {
        self.decide_boundary(parts);
        if self.fence.is_some() {
            let line = std::mem::take(&mut self.line);
            self.give_code(line, parts);
            self.is_rest = true;
            return;
        }
        let from = self.line.floor_char_boundary(self.line.len() - WORD_BYTES);
        let space = self.line[from..].rfind(' ').map(|at| from + at);
        let word = space.map(|at| self.line.split_off(at)).unwrap_or_default();
        self.segment
            .push_str(&std::mem::replace(&mut self.line, word));
        self.give_segment(parts);
        self.is_rest = true;
        self.before = Before::Text;
        self.formula = None;
        self.table = None;
        self.carried = None;
        let until = if self.has_list() {
            PlainUntil::Segment
        } else {
            PlainUntil::Line
        };
        self.plain.get_or_insert(until);
    }

    /// The segment and this line, if they end with a table's header and the line below it.
    fn table_header(&self, line: &str) -> Option<String> {
        if self.kind != SegmentKind::Plain || !line.contains('|') || !budget::is_delimiter_row(line)
        {
            return None;
        }
        let above = self.segment.strip_suffix('\n')?;
        let start = above.rfind('\n').map_or(0, |position| position + 1);
        let header = format!("{}{line}", &self.segment[start..]);
        (header.contains('|') && header.len() <= MAX_TABLE_HEADER_BYTES).then_some(header)
    }

    fn open_fence(&mut self, fence: Fence, language: String, line: &str, parts: &mut Vec<Part>) {
        if self.plain.is_none() && self.allowance.pay_for_fence() {
            self.fence = Some(fence);
            parts.push(Part::CodeStart { language });
        } else {
            self.plain = Some(PlainUntil::Text);
            self.push_line(line, parts);
        }
    }

    fn end_code_line(&mut self, parts: &mut Vec<Part>) {
        let line = std::mem::take(&mut self.line);
        let is_rest = std::mem::take(&mut self.is_rest);
        let Some(fence) = &mut self.fence else { return };
        let closes = fence.reads(&line, is_rest);
        if closes {
            self.fence = None;
            self.before = Before::Fence;
            parts.push(Part::CodeEnd);
        } else {
            let indent = if is_rest { 0 } else { fence.indent };
            let mut text = strip_indent(&line, indent).to_owned();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            self.give_code(text, parts);
        }
    }

    /// Gives code away; too much of it ends the fence and is plain.
    fn give_code(&mut self, code: String, parts: &mut Vec<Part>) {
        if self.allowance.pay_for_code(&code) {
            parts.push(Part::CodeLine(code));
            return;
        }
        self.fence = None;
        self.plain = Some(PlainUntil::Text);
        parts.push(Part::CodeEnd);
        self.push_line(&code, parts);
    }

    /// After a blank line: does the growing line begin something new? Asked until settled.
    fn decide_boundary(&mut self, parts: &mut Vec<Part>) {
        let is_open = self.fence.is_some() || self.formula.is_some();
        if is_open || self.before != Before::Empty || self.decided {
            return;
        }
        let text = self.line[self.num_white..].trim_start();
        self.num_white = self.line.len() - text.len();
        let continues = match text.is_empty() {
            true => None,
            false if self.num_details > 0 => Some(true),
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
        self.give_segment(parts);
        self.before = Before::Text;
        self.kind = SegmentKind::Plain;
        self.formula = None;
        self.num_details = 0;
        self.table = None;
        self.carried = None;
        self.plain = self.plain.filter(|&it| it == PlainUntil::Text);
    }

    /// Gives away what the segment holds. From the first that is too much on, all is plain.
    fn give_segment(&mut self, parts: &mut Vec<Part>) {
        let segment = std::mem::take(&mut self.segment);
        if segment.trim().is_empty() {
            return;
        }
        if self.plain.is_none() && !self.allowance.pay_for_prose(&segment) {
            self.plain = Some(PlainUntil::Text);
        }
        parts.push(match self.plain {
            None => Part::Prose(segment),
            Some(_) => Part::Plain(segment),
        });
    }

    /// A fence on the top level. In a list only an unindented one is: others belong to an item.
    fn fence_opened_by(&self, line: &str) -> Option<(Fence, String)> {
        let indent = indent(line);
        if indent >= 4 || (indent > 0 && self.has_list()) || self.num_details > 0 {
            return None;
        }
        Fence::opened_by(line, self.before == Before::Fence)
    }
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

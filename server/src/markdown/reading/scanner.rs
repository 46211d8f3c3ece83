//! The pass over a text that takes its atoms out.

mod formulas;

use std::collections::{BTreeSet, HashMap};

use super::{
    super::links::{self, Links},
    Atom, Reading, Tag,
    formula::Closer,
    lines::{self, LinkDefinition},
};

/// What was looked for in vain, so that nobody looks again before the place where that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Code(usize),
    Parenthesis,
    Formula(Closer),
    /// A formula that nothing closes yet.
    Growing,
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The text goes on: what is open may be closed later.
    is_growing: bool,
    /// What the blocks before define and want.
    links: &'a Links,
    reading: Reading,
    line_start: usize,
    /// The fence of an item or a quote that is open.
    fence: Option<(u8, usize)>,
    /// Where the paragraph ends, and the block at the latest that begins without a blank line.
    paragraph_end: usize,
    block_end: usize,
    vain: Vec<(Wanted, usize)>,
    /// What stands in brackets anywhere, once somebody has asked.
    names: Option<HashMap<String, usize>>,
    /// Where in the reading the first definition of a name is.
    defined: HashMap<String, usize>,
    /// Names that only seem to be named: what seems so stands in code, as the parser has found.
    unnamed: BTreeSet<String>,
    /// The footnotes whose texts stand here, once somebody has asked.
    notes: Option<BTreeSet<String>>,
    num_details: usize,
    last_details_end: usize,
    in_summary: bool,
    after_definition: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, links: &'a Links, is_growing: bool) -> Self {
        Self {
            text,
            at: 0,
            is_growing,
            links,
            reading: Reading::default(),
            line_start: 0,
            fence: None,
            paragraph_end: 0,
            block_end: 0,
            vain: Vec::new(),
            names: None,
            defined: HashMap::new(),
            unnamed: BTreeSet::new(),
            notes: None,
            num_details: 0,
            last_details_end: text.rfind("</details>").unwrap_or(0),
            in_summary: false,
            after_definition: false,
        }
    }

    /// Shows the definitions of these names, as if the text did not name them.
    pub(super) fn showing(self, unnamed: BTreeSet<String>) -> Self {
        Self { unnamed, ..self }
    }

    pub(super) fn read(mut self) -> Reading {
        while self.at < self.text.len() {
            let is_line_start = self.at == 0 || self.text[..self.at].ends_with('\n');
            if is_line_start && self.read_line_start() {
                continue;
            }
            self.read_inline();
        }
        self.reading
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line(&self) -> &'a str {
        self.rest().split_inclusive('\n').next().unwrap_or_default()
    }

    fn copy(&mut self, bytes: usize) {
        for c in self.text[self.at..self.at + bytes].chars() {
            self.reading.push_char(c);
        }
        self.at += bytes;
    }

    fn take(&mut self, atom: Atom, bytes: usize) {
        let source = &self.text[self.at..self.at + bytes];
        self.reading.push_atom(atom, source);
        self.at += bytes;
    }

    /// Lines that are read as a whole: of a fence, links and the beginnings of footnotes.
    fn read_line_start(&mut self) -> bool {
        self.line_start = self.at;
        let line = self.line();
        let fence = lines::opening_fence(lines::without_markers(line));
        match (self.fence, fence) {
            (Some((sign, length)), Some((other, others, words))) => {
                if sign == other && others >= length && words.is_empty() {
                    self.fence = None;
                }
            }
            (None, Some((sign, length, _))) => self.fence = Some((sign, length)),
            (Some(_), None) => {}
            (None, None) => return self.read_definition(line),
        }
        self.copy(line.len());
        true
    }

    fn read_definition(&mut self, line: &str) -> bool {
        let was_definition = std::mem::take(&mut self.after_definition);
        // A footnote begins with the signs that say so, whatever follows.
        if let Some((label, length)) = lines::footnote_label(line) {
            self.reading.text.push('\n');
            self.reading.notes.push(links::note_name(label));
            self.take(Atom::NoteStart(label.to_owned()), length);
            return true;
        }
        if self.is_growing && !line.ends_with('\n') {
            return self.skip_growing_definition(line) || self.show_definition(line);
        }
        let (marker, text) = lines::behind_markers(line);
        let Some(definition) = LinkDefinition::read(text) else {
            return self.show_definition(line);
        };
        let name = links::normalized(definition.label);
        let full = definition.line();
        let is_item = !marker.is_empty();
        let others = &self.reading.links;
        let is_wanted = self.links.waits_for(&name, &full, others);
        let own = self.defined.get(&name).and_then(|&at| others.get(at));
        let own = own.map(|(_, line)| line.as_str());
        let leads_elsewhere = self.links.leads_elsewhere(&name, &full, own);
        let is_named = is_wanted || self.is_named(&name);
        // An item or a quote with nothing in it would say nothing.
        let is_shown = is_item || leads_elsewhere || !is_named;
        if !is_shown && !is_wanted {
            self.reading.hidden.insert(name.clone());
        }
        if is_shown {
            // Nobody who named it waits for it: it is shown, so that nobody loses the address.
            self.copy(marker.len());
            if was_definition && !is_item {
                let line_break = Atom::Tag(Tag::Break);
                self.reading.push_atom(line_break, "");
            }
            let LinkDefinition { label, address, .. } = definition;
            let words = escaped(definition.words());
            let shown = format!("\\[{label}\\] [{words}](<{address}>)\n");
            shown.chars().for_each(|c| self.reading.push_char(c));
            self.at -= marker.len();
        }
        self.after_definition = is_shown && !is_item;
        let num_before = self.reading.links.len();
        self.defined.entry(name.clone()).or_insert(num_before);
        self.reading.links.push((name, full));
        self.at += line.len();
        true
    }

    /// What the parser takes for a definition, and is none: each letter of it is shown.
    fn show_definition(&mut self, line: &str) -> bool {
        let text = lines::without_markers(line);
        if !lines::may_define(text) {
            return false;
        }
        self.copy(line.len() - text.len());
        if !self.read_note_mark() {
            self.take(Atom::Text, 1);
        }
        true
    }

    /// The line of a definition that somebody waits for is not seen while it grows either.
    fn skip_growing_definition(&mut self, line: &str) -> bool {
        let Some((label, rest)) = line.strip_prefix('[').and_then(|it| it.split_once("]:")) else {
            return false;
        };
        let rest = rest.trim_start();
        let schemes = ["http://", "https://", "mailto:"];
        let is_address = schemes
            .iter()
            .any(|scheme| scheme.starts_with(rest) || rest.starts_with(scheme));
        let name = links::normalized(label);
        let is_wanted = is_address && self.links.waits_for(&name, line, &self.reading.links);
        if is_wanted {
            self.at += line.len();
        }
        is_wanted
    }

    /// Whether a footnote of that name has a text, here or in a block before.
    fn has_note(&mut self, label: &str) -> bool {
        let name = links::note_name(label);
        let text = self.text;
        let own = self.notes.get_or_insert_with(|| lines::notes_in(text));
        own.contains(&name) || self.links.has_note(&name)
    }

    /// Whether a name stands in brackets anywhere but in lines that define it.
    fn is_named(&mut self, name: &str) -> bool {
        let text = self.text;
        let names = self.names.get_or_insert_with(|| {
            let mut names = links::names_in(text);
            for line in text.lines() {
                if let Some(definition) = LinkDefinition::read(lines::behind_markers(line).1)
                    && let Some(count) = names.get_mut(&links::normalized(definition.label))
                {
                    *count = count.saturating_sub(1);
                }
            }
            names
        });
        names.get(name).is_some_and(|&count| count > 0) && !self.unnamed.contains(name)
    }

    fn read_inline(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        if self.at >= self.paragraph_end || self.at >= self.block_end {
            self.find_ends();
        }
        let is_taken = match c {
            '`' => self.read_code(),
            '$' => self.read_dollars(),
            '\\' => self.read_backslash(),
            '<' => self.read_tag(),
            '~' | '*' => self.read_lone_sign(c),
            '[' => self.read_note_mark(),
            ']' if rest.starts_with("](") => self.copy_until(|c| c == ')' || c.is_whitespace()),
            'h' | 'w' if is_address(rest) => {
                self.copy_until(|c| c.is_whitespace() || matches!(c, '`' | '<' | '|' | ')'))
            }
            _ => false,
        };
        if !is_taken {
            self.copy(c.len_utf8());
        }
    }

    /// Where what begins here must have ended.
    fn find_ends(&mut self) {
        if self.at >= self.paragraph_end {
            self.paragraph_end = self.end_of_lines(self.text.len(), lines::is_blank);
        }
        self.block_end = self.end_of_lines(self.paragraph_end, lines::begins_block);
    }

    /// The end of this line and of those behind it that are none of these.
    fn end_of_lines(&self, limit: usize, is_other: impl Fn(&str) -> bool) -> usize {
        let lines = self.text[self.at..limit].split_inclusive('\n').enumerate();
        lines
            .take_while(|(number, line)| *number == 0 || !is_other(line))
            .fold(self.at, |end, (_, line)| end + line.len())
    }

    /// Whether somebody looked for it from further ahead, and found none.
    fn is_vain(&self, wanted: Wanted) -> bool {
        let found = self.vain.iter().find(|(other, _)| *other == wanted);
        found.is_some_and(|&(_, until)| self.at < until)
    }

    fn note_vain(&mut self, wanted: Wanted, until: usize) {
        match self.vain.iter_mut().find(|(other, _)| *other == wanted) {
            Some((_, old)) => *old = until,
            None => self.vain.push((wanted, until)),
        }
    }

    fn copy_until(&mut self, is_end: impl Fn(char) -> bool) -> bool {
        let rest = self.rest();
        let end = rest.find(is_end).unwrap_or(rest.len()).max(1);
        self.copy(end);
        true
    }

    /// Code is copied as it is; a run of backticks that nothing closes is text.
    fn read_code(&mut self) -> bool {
        let rest = self.rest();
        let run = rest.bytes().take_while(|&byte| byte == b'`').count();
        let wanted = Wanted::Code(run);
        let mut end = None;
        if !self.is_vain(wanted) {
            end = closing_run(
                &self.text[self.at + run..self.block_end.max(self.at + run)],
                run,
            );
            if end.is_none() {
                self.note_vain(wanted, self.block_end);
            }
        }
        self.copy(run + end.unwrap_or(0));
        true
    }

    /// Whether nothing but markers stands before this in its line.
    fn starts_line(&self) -> bool {
        let line = &self.text[self.line_start..];
        let before = self.at - self.line_start;
        line.len() - lines::without_markers(line).len() >= before
    }

    fn read_tag(&mut self) -> bool {
        let Some((tag, bytes)) = Tag::read(self.rest()) else {
            return false;
        };
        let Tag::Block { name, is_end } = tag else {
            self.take(Atom::Tag(tag), bytes);
            return true;
        };
        let before = &self.text[self.line_start..self.at];
        let is_first = before.len() < 4 && before.trim().is_empty();
        let is_placed = match (name, is_end) {
            // What nobody closes must not hide the rest of an answer.
            ("details", false) => {
                is_first
                    && Tag::opens_details(self.line())
                    && (self.is_growing || self.at < self.last_details_end)
            }
            ("summary", true) => self.in_summary,
            _ => self.num_details > 0 && !self.in_summary,
        };
        if !is_placed {
            return false;
        }
        match (name, is_end) {
            ("details", false) => self.num_details += 1,
            ("details", true) => self.num_details -= 1,
            _ => self.in_summary = !is_end,
        }
        // What stands in them is Markdown, in blocks of its own.
        if name == "details" || !is_end {
            self.reading.text.push_str("\n\n");
        }
        self.take(Atom::Tag(tag), bytes);
        if name == "details" || is_end {
            self.reading.text.push_str("\n\n");
        }
        true
    }

    /// `2~3` is a range and `~5` an amount: one tilde strikes nothing out. `2*3*4` is a product.
    fn read_lone_sign(&mut self, sign: char) -> bool {
        let rest = self.rest();
        let run = rest.len() - rest.trim_start_matches(sign).len();
        let is_digit = |c: char| c.is_ascii_digit();
        let is_product =
            || self.text[..self.at].ends_with(is_digit) && rest[1..].starts_with(is_digit);
        if run == 1 && (sign == '~' || is_product()) {
            self.take(Atom::Text, 1);
        } else {
            self.copy(run);
        }
        true
    }

    fn read_note_mark(&mut self) -> bool {
        let Some((label, bytes)) = lines::note_mark(self.rest()) else {
            return false;
        };
        let before = self.text[..self.at].chars().next_back();
        let is_number = label.bytes().all(|byte| byte.is_ascii_digit());
        let is_attached = before.is_some_and(|c| !c.is_whitespace() && c != '(');
        let is_mark = is_number || is_attached || self.has_note(label);
        if is_mark {
            self.reading.marks.insert(links::note_name(label));
            self.take(Atom::NoteMark(label.to_owned()), bytes);
        }
        is_mark
    }
}

/// Where a run of as many backticks ends in the text.
fn closing_run(text: &str, run: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == b'`') {
        let start = at + found;
        let length = bytes[start..]
            .iter()
            .take_while(|&&byte| byte == b'`')
            .count();
        at = start + length;
        if length == run {
            return Some(at);
        }
    }
    None
}

fn is_address(text: &str) -> bool {
    ["http://", "https://", "www."]
        .iter()
        .any(|start| text.starts_with(start))
}

/// The words of a link with what means something in Markdown taken as it is.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        if c.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

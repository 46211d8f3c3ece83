//! Tags and words of a page on their way to lines of Markdown.

use crate::extract::{table::Table, written::Written};

/// Lists that stand deeper in each other are indented no further.
const MAX_INDENT: usize = 16;

/// Elements that begin and end a block.
const BLOCKS: [&str; 34] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "legend",
    "main",
    "menu",
    "nav",
    "optgroup",
    "option",
    "p",
    "search",
    "section",
    "select",
    "summary",
    "textarea",
    "title",
];
/// Elements whose content nobody sees.
const HIDDEN: [&str; 12] = [
    "audio", "canvas", "iframe", "noembed", "noframes", "noscript", "object", "script", "style",
    "svg", "template", "video",
];

/// How the words of a block are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Words,
    /// An item of a list: it stands right below the one before it.
    Item,
    /// As they stand there.
    Preformatted,
}

/// What is between two tags.
pub(super) struct Flow<'a> {
    written: &'a mut Written,
    /// The block that has begun.
    block: String,
    /// What it begins with, once it has words.
    prefix: String,
    mode: Mode,
    /// How the block before was taken.
    last: Mode,
    /// Numbers of the last items; none in a list that has no numbers.
    lists: Vec<Option<u32>>,
    /// A hidden element, and how many of its name stand in each other.
    hidden: Option<(String, usize)>,
    /// The outermost table, and how many stand in each other.
    table: Option<(Table, usize)>,
    /// Columns of the cell of it that has begun.
    cell: Option<usize>,
}

impl<'a> Flow<'a> {
    pub(super) const fn new(written: &'a mut Written) -> Self {
        Self {
            written,
            block: String::new(),
            prefix: String::new(),
            mode: Mode::Words,
            last: Mode::Words,
            lists: Vec::new(),
            hidden: None,
            table: None,
            cell: None,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.written.is_full()
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        let is_preformatted = self.mode == Mode::Preformatted;
        let target = match &mut self.table {
            Some((table, _)) => &mut table.cell,
            None => &mut self.block,
        };
        if is_preformatted {
            target.push_str(text);
            return;
        }
        for letter in text.chars() {
            if !letter.is_ascii_whitespace() {
                target.push(letter);
            } else if !target.is_empty() && !target.ends_with([' ', '\n']) {
                target.push(' ');
            }
        }
    }

    /// What stands for a picture.
    pub(super) fn picture(&mut self, words: &str) {
        if !words.trim().is_empty() {
            self.text(&format!("[{}]", words.trim()));
        }
    }

    /// How many columns the cell has that has begun.
    pub(super) fn cell_width(&mut self, width: usize) {
        self.cell = self.cell.map(|_| width);
    }

    pub(super) fn start_tag(&mut self, name: &str) {
        match &mut self.hidden {
            Some((hidden, depth)) => {
                *depth += usize::from(hidden == name);
                return;
            }
            None if HIDDEN.contains(&name) => {
                self.hidden = Some((name.to_owned(), 1));
                return;
            }
            None => {}
        }
        match name {
            "br" => self.line_break(),
            "hr" => {
                self.end_block();
                self.text("---");
                self.end_block();
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                let level = name[1..].parse().unwrap_or(1);
                self.prefix = "#".repeat(level) + " ";
            }
            "pre" => {
                self.end_block();
                self.mode = Mode::Preformatted;
            }
            "ul" | "ol" => {
                self.end_block();
                self.lists.push((name == "ol").then_some(0));
            }
            "li" => self.start_item(),
            "table" => self.start_table(),
            "tr" => self.end_row(),
            "td" | "th" => self.start_cell(),
            name if BLOCKS.contains(&name) => self.end_block(),
            _ => {}
        }
    }

    pub(super) fn end_tag(&mut self, name: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "li" => {
                self.end_block();
                // One without words is none.
                self.prefix.clear();
                self.mode = Mode::Words;
            }
            "caption" => self.end_caption(),
            "ul" | "ol" => {
                self.end_block();
                self.lists.pop();
                if self.lists.is_empty() {
                    self.last = Mode::Words;
                }
            }
            "table" => self.end_table(),
            "tr" => self.end_row(),
            "td" | "th" => self.end_cell(),
            name if BLOCKS.contains(&name) => self.end_block(),
            _ => {}
        }
    }

    /// Writes what is left.
    pub(super) fn end(&mut self) {
        if let Some((_, depth)) = &mut self.table {
            *depth = 1;
            self.end_table();
        }
        self.end_block();
    }

    fn line_break(&mut self) {
        if let Some((table, _)) = &mut self.table {
            table.end_line();
        } else {
            self.block.truncate(self.block.trim_end_matches(' ').len());
            self.block.push('\n');
        }
    }

    fn start_item(&mut self) {
        self.end_block();
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(MAX_INDENT));
        self.prefix = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{indent}{number}. ")
            }
            _ => format!("{indent}- "),
        };
        self.mode = Mode::Item;
    }

    /// Ends what has begun, and begins what has no prefix.
    fn end_block(&mut self) {
        if let Some((table, _)) = &mut self.table {
            table.end_line();
            self.mode = Mode::Words;
            return;
        }
        let block = std::mem::take(&mut self.block);
        if block.trim().is_empty() {
            // A paragraph in an item keeps the mark of the item.
            if self.mode == Mode::Preformatted {
                self.mode = Mode::Words;
            }
            return;
        }
        let prefix = std::mem::take(&mut self.prefix);
        let mode = std::mem::replace(&mut self.mode, Mode::Words);
        let text = match mode {
            Mode::Preformatted => format!("```\n{}\n```", block.trim_matches('\n')),
            Mode::Words | Mode::Item => prefix + block.trim(),
        };
        if mode == Mode::Item && self.last == Mode::Item {
            self.written.push_line(&text);
        } else {
            self.written.push_block(&text);
        }
        self.last = mode;
    }

    fn start_table(&mut self) {
        if let Some((_, depth)) = &mut self.table {
            *depth += 1;
        } else {
            self.end_block();
            self.table = Some((Table::default(), 1));
        }
    }

    fn start_cell(&mut self) {
        self.end_cell();
        match &mut self.table {
            Some((_, 1)) => self.cell = Some(1),
            Some((table, _)) => table.cell.push(' '),
            None => self.end_block(),
        }
    }

    fn end_cell(&mut self) {
        if let Some((table, 1)) = &mut self.table
            && let Some(width) = self.cell.take()
        {
            table.end_cell(width);
        }
    }

    fn end_row(&mut self) {
        self.end_cell();
        match &mut self.table {
            Some((table, 1)) => table.end_row(),
            Some((table, _)) => table.end_line(),
            None => self.end_block(),
        }
    }

    /// Says what a table is about, above it.
    fn end_caption(&mut self) {
        if let Some((table, 1)) = &mut self.table {
            let words = std::mem::take(&mut table.cell).replace("<br>", "\n");
            self.written.push_block(&words);
        }
        self.end_block();
    }

    fn end_table(&mut self) {
        match &mut self.table {
            Some((_, depth)) if *depth > 1 => *depth -= 1,
            _ => {
                self.end_row();
                if let Some((table, _)) = self.table.take() {
                    self.written.push_block(&table.into_markdown());
                    self.last = Mode::Words;
                }
            }
        }
    }
}

//! Code blocks: a bar with the language and buttons, then highlighted lines.

mod names;

use std::fmt::Write as _;

use super::{
    budget::Highlighting,
    highlight::{Highlighter, push_escaped},
    sanitize::sanitize,
};
use names::Names;

/// A long block is given away in pieces of that many lines.
const LINES_PER_PIECE: usize = 50;
/// Bytes of HTML after which a piece is full although it has fewer lines.
const MAX_PIECE_BYTES: usize = 32 << 10;
/// Lines from which on a block has numbers.
const MIN_NUMBERED_LINES: usize = 10;
/// Lines up to which a block is shown whole.
const MAX_UNFOLDED_LINES: usize = 30;
/// Blocks of an answer that came in pieces and fold on their own: the style sheet has as many
/// names. Those behind them are shown whole.
const NUM_FOLDED: usize = 8;

/// How a piece goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Growing,
    /// Another piece follows.
    Cut,
    Last,
}

/// A fenced block that still grows. Each line is highlighted once.
#[derive(Debug)]
pub(super) struct CodeBlock {
    names: Names,
    highlighter: Highlighter,
    /// HTML of the lines of the current piece.
    lines: String,
    num_lines: usize,
    /// Of the pieces before.
    num_given: usize,
    num_long: usize,
}

impl CodeBlock {
    /// Opens a block with the words after the fence; `num_long` blocks before came in pieces.
    pub(super) fn open(info: &str, highlighting: Highlighting, num_long: usize) -> Self {
        let names = Names::read(info);
        Self {
            highlighter: Highlighter::new(&names.token, highlighting),
            names,
            lines: String::new(),
            num_lines: 0,
            num_given: 0,
            num_long,
        }
    }

    /// Appends a line, line feed included; returns a piece that is full.
    pub(super) fn push_line(&mut self, line: &str) -> Option<String> {
        let is_full = self.num_lines == LINES_PER_PIECE || self.lines.len() >= MAX_PIECE_BYTES;
        let piece = is_full.then(|| self.take_piece(Extent::Cut));
        self.append(line);
        piece
    }

    fn append(&mut self, line: &str) {
        self.highlighter.push_line(line, &mut self.lines);
        self.num_lines += 1;
    }

    /// HTML of the current piece with a line that still grows.
    pub(super) fn pending(&self, growing_line: &str) -> String {
        let mut lines = self.lines.clone();
        if !growing_line.is_empty() {
            self.highlighter.push_growing_line(growing_line, &mut lines);
        }
        let num_lines = self.num_lines + usize::from(!growing_line.is_empty());
        sanitize(&self.frame(&lines, num_lines, Extent::Growing))
    }

    /// What the block leaves of the answer's highlighting.
    pub(super) fn highlighting(&self) -> Highlighting {
        self.highlighter.highlighting()
    }

    /// Whether it came in several pieces.
    pub(super) fn is_long(&self) -> bool {
        self.num_given > 0
    }

    /// The last piece.
    pub(super) fn close(mut self) -> Option<String> {
        (self.num_given == 0 || self.num_lines > 0).then(|| self.take_piece(Extent::Last))
    }

    fn take_piece(&mut self, extent: Extent) -> String {
        let piece = sanitize(&self.frame(&self.lines, self.num_lines, extent));
        self.lines.clear();
        self.num_given += self.num_lines;
        self.num_lines = 0;
        piece
    }

    fn frame(&self, lines: &str, num_lines: usize, extent: Extent) -> String {
        let total = self.num_given + num_lines;
        let is_numbered = total >= MIN_NUMBERED_LINES;
        let mut html = String::with_capacity(lines.len() + 1024);
        html.push_str(r#"<div class="code-block"#);
        html.push_str(if self.is_long() {
            " code-continued"
        } else {
            ""
        });
        html.push_str(if is_numbered { " numbered" } else { "" });
        let is_in_pieces = self.is_long() || extent == Extent::Cut;
        let is_folded = !is_in_pieces || self.num_long < NUM_FOLDED;
        if is_in_pieces && is_folded {
            push(&mut html, format_args!(" long-{}", self.num_long));
        }
        html.push_str("\">");
        if !self.is_long() {
            self.push_header(&mut html);
        }
        html.push_str(r#"<pre tabindex="0""#);
        if is_numbered {
            self.push_numbers(&mut html, num_lines, extent);
        }
        push(&mut html, format_args!("><code>{lines}</code></pre>"));
        if extent == Extent::Last && total > MAX_UNFOLDED_LINES && is_folded {
            push(
                &mut html,
                format_args!(
                    "<label class=\"code-more\"><input type=\"checkbox\" class=\"visually-hidden\">\
                     <span class=\"code-all\">Show all {total} lines</span>\
                     <span class=\"icon-chevron-down\"></span></label>"
                ),
            );
        }
        html.push_str("</div>");
        html
    }

    /// While the piece grows the numbers of all lines that it can have, so that they go out once:
    /// the style sheet shows as many as there are lines. A span for each would double the bytes.
    fn push_numbers(&self, html: &mut String, num_lines: usize, extent: Extent) {
        html.push_str(" data-numbers=\"");
        let num_numbers = if extent == Extent::Growing {
            LINES_PER_PIECE
        } else {
            num_lines
        };
        for line in 1..=num_numbers {
            push(html, format_args!("{}\n", self.num_given + line));
        }
        html.push('"');
    }

    fn push_header(&self, html: &mut String) {
        html.push_str(r#"<div class="code-header"><span class="code-language">"#);
        push_escaped(&self.names.shown, html);
        html.push_str("</span>");
        let file = self.names.file.replace(['"', '&', '<', '>'], "");
        // What they look like the style sheet knows from where they stand.
        for (name, label, data) in [
            ("wrap", "Wrap lines", ""),
            ("download", "Download", file.as_str()),
            ("copy", "Copy code", ""),
        ] {
            push(
                html,
                format_args!(
                    "<button type=\"button\" aria-label=\"{label}\" title=\"{label}\" \
                     data-{name}=\"{data}\"><span class=\"icon-{name}\"></span></button>"
                ),
            );
        }
        html.push_str("</div>");
    }
}

fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text)
        .expect("invariant: a String takes every write");
}

/// A complete block inside of other Markdown, such as a list item.
pub(super) fn render(info: &str, code: &str, highlighting: &mut Highlighting) -> String {
    let mut block = CodeBlock::open(info, *highlighting, 0);
    for line in code.split_inclusive('\n') {
        block.append(line);
    }
    *highlighting = block.highlighting();
    block.frame(&block.lines, block.num_lines, Extent::Last)
}

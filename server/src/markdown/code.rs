//! Code blocks: a header with the language and a button, then highlighted lines.

use std::fmt::Write as _;

use super::{
    budget::Highlighting,
    highlight::{Highlighter, push_escaped},
    sanitize::sanitize,
};

/// A long block is given away in pieces of that many lines.
const LINES_PER_PIECE: usize = 50;
/// Bytes of HTML after which a piece is full although it has fewer lines.
const MAX_PIECE_BYTES: usize = 32 << 10;
/// Longest language name shown, in characters.
const MAX_LANGUAGE_CHARS: usize = 24;

/// A fenced block that still grows. Each line is highlighted once.
#[derive(Debug)]
pub(super) struct CodeBlock {
    language: String,
    highlighter: Highlighter,
    /// HTML of the lines of the current piece.
    lines: String,
    num_lines: usize,
    is_first_piece: bool,
}

impl CodeBlock {
    /// Opens a block with the words after the fence.
    pub(super) fn open(info: &str, highlighting: Highlighting) -> Self {
        let language: String = info
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | ':'))
            .next()
            .unwrap_or_default()
            .chars()
            .take(MAX_LANGUAGE_CHARS)
            .collect();
        Self {
            highlighter: Highlighter::new(&language, highlighting),
            language,
            lines: String::new(),
            num_lines: 0,
            is_first_piece: true,
        }
    }

    /// Appends a line, line feed included; returns a piece that is full.
    pub(super) fn push_line(&mut self, line: &str) -> Option<String> {
        let is_full = self.num_lines == LINES_PER_PIECE || self.lines.len() >= MAX_PIECE_BYTES;
        let piece = is_full.then(|| self.take_piece());
        self.highlighter.push_line(line, &mut self.lines);
        self.num_lines += 1;
        piece
    }

    /// HTML of the current piece with a line that still grows.
    pub(super) fn pending(&self, growing_line: &str) -> String {
        let mut lines = self.lines.clone();
        if !growing_line.is_empty() {
            self.highlighter.push_growing_line(growing_line, &mut lines);
        }
        sanitize(&self.frame(&lines))
    }

    /// What the block leaves of the answer's highlighting.
    pub(super) fn highlighting(&self) -> Highlighting {
        self.highlighter.highlighting()
    }

    /// The last piece.
    pub(super) fn close(mut self) -> Option<String> {
        (self.is_first_piece || self.num_lines > 0).then(|| self.take_piece())
    }

    fn take_piece(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        let piece = sanitize(&self.frame(&lines));
        self.num_lines = 0;
        self.is_first_piece = false;
        piece
    }

    fn frame(&self, lines: &str) -> String {
        let mut html = String::with_capacity(lines.len() + 256);
        if self.is_first_piece {
            html.push_str(r#"<div class="code-block"><div class="code-header">"#);
            html.push_str(r#"<span class="code-language">"#);
            let language = if self.language.is_empty() {
                "text"
            } else {
                &self.language
            };
            push_escaped(language, &mut html);
            html.push_str("</span>");
            html.push_str(r#"<button type="button" class="code-copy" data-copy>Copy</button>"#);
            html.push_str("</div>");
        } else {
            html.push_str(r#"<div class="code-block code-continued">"#);
        }
        // A line feed right after the tag would be dropped by every HTML parser: give it one.
        let first = if lines.starts_with('\n') { "\n" } else { "" };
        write!(
            html,
            r#"<pre tabindex="0"><code>{first}{lines}</code></pre></div>"#
        )
        .expect("invariant: a String takes every write");
        html
    }
}

/// A complete block inside of other Markdown, such as a list item.
pub(super) fn render(info: &str, code: &str, highlighting: &mut Highlighting) -> String {
    let mut block = CodeBlock::open(info, *highlighting);
    for line in code.split_inclusive('\n') {
        block.highlighter.push_line(line, &mut block.lines);
    }
    *highlighting = block.highlighting();
    block.frame(&block.lines)
}

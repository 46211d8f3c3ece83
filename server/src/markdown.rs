//! Markdown to safe HTML, on the server, while the text still grows.
//!
//! Text is cut into blocks (`splitter`); a finished block is rendered once and never touched
//! again, the block that still grows is rendered anew at each flush. Where a block ends depends on
//! the text alone, never on the pieces it arrived in. Rendering has a `budget`: what is beyond it
//! is shown as it is. Everything leaves through `sanitize`, or as one paragraph of escaped text.

mod budget;
mod code;
mod core_time;
mod format;
mod han;
mod highlight;
mod links;
mod math;
mod plain;
mod prose;
mod reading;
mod repair;
mod sanitize;
mod splitter;
mod table;
mod tree;

#[cfg(test)]
pub(crate) mod tests;

use code::CodeBlock;
use prose::Shared;
use splitter::{Part, Splitter};

/// Renders a growing text.
#[derive(Debug, Default)]
pub struct MarkdownStream {
    splitter: Splitter,
    /// The open fence, if the text ends inside one.
    code: Option<CodeBlock>,
    /// What the finished blocks left.
    shared: Shared,
    /// Fences that were given away in several pieces.
    num_long: usize,
}

impl MarkdownStream {
    /// Appends text; returns the HTML of the blocks it finished.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        let parts = self.splitter.push(text);
        self.render_parts(parts)
    }

    /// HTML of the block that still grows; empty between blocks.
    pub fn pending(&self) -> String {
        match &self.code {
            Some(code) => code.pending(self.splitter.code_line()),
            None if self.splitter.is_plain() => plain::render(&self.splitter.prose()),
            None => prose::render_pending(&self.splitter.prose(), &self.shared),
        }
    }

    /// Ends the text; returns the HTML of the blocks that were still open.
    pub fn finish(mut self) -> Vec<String> {
        let parts = std::mem::take(&mut self.splitter).finish();
        let mut blocks = self.render_parts(parts);
        blocks.extend(self.code.and_then(CodeBlock::close));
        blocks
    }

    fn render_parts(&mut self, parts: Vec<Part>) -> Vec<String> {
        let mut blocks = Vec::new();
        for part in parts {
            match part {
                Part::Prose(text) => blocks.push(prose::render(&text, &mut self.shared)),
                Part::Plain(text) => blocks.push(plain::render(&text)),
                Part::CodeStart { language } => {
                    self.code = Some(CodeBlock::open(
                        &language,
                        self.shared.highlighting,
                        self.num_long,
                    ));
                }
                Part::CodeLine(line) => {
                    blocks.extend(self.code.as_mut().and_then(|code| code.push_line(&line)));
                }
                Part::CodeEnd => {
                    if let Some(code) = self.code.take() {
                        self.shared.highlighting = code.highlighting();
                        self.num_long += usize::from(code.is_long());
                        blocks.extend(code.close());
                    }
                }
            }
        }
        blocks.retain(|block| !block.is_empty());
        blocks
    }
}

/// Renders a complete text to its blocks, each safe to insert.
pub fn render(text: &str) -> Vec<String> {
    let mut stream = MarkdownStream::default();
    let mut blocks = stream.push(text);
    blocks.extend(stream.finish());
    blocks
}

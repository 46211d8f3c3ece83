//! Markdown to safe HTML, on the server, while the text still grows.
//!
//! Text is cut into blocks (`splitter`); a finished block is rendered once and never touched
//! again, the block that still grows is rendered anew at each flush. Where a block ends depends on
//! the text alone, never on the pieces it arrived in. Only the end of the text renders finished
//! blocks again: those that name a link which was defined behind them (`waiting`). Rendering has a
//! `budget`: what is beyond it is shown as it is. Everything leaves through `sanitize`, or as one
//! paragraph of escaped text.

mod budget;
mod code;
mod core_time;
mod format;
mod han;
mod highlight;
mod links;
mod math;
mod notes;
mod plain;
mod prose;
mod reading;
mod repair;
mod sanitize;
mod splitter;
mod table;
mod tree;
mod waiting;

#[cfg(test)]
pub(crate) mod tests;

use code::CodeBlock;
use notes::Notes;
use prose::Shared;
use splitter::{Part, Splitter};
use waiting::{Waiting, WaitingBlock};

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
    /// Blocks that were given away.
    num_blocks: usize,
    waiting: Waiting,
}

/// What the end of a text brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// HTML of the blocks that were still open.
    pub blocks: Vec<String>,
    /// Blocks from before that look otherwise now: their numbers in the text, and their HTML.
    pub changed: Vec<(usize, String)>,
}

impl Finished {
    /// The blocks of the whole text, of those that it gave before.
    pub fn complete(self, blocks: &mut Vec<String>) {
        replace(blocks, self.changed);
        blocks.extend(self.blocks);
    }
}

/// Puts changed blocks in the place of what stood there.
pub fn replace(blocks: &mut [String], changed: Vec<(usize, String)>) {
    for (index, html) in changed {
        if let Some(block) = blocks.get_mut(index) {
            *block = html;
        }
    }
}

impl MarkdownStream {
    /// Of an answer that has a name in its page: its footnotes lead to each other.
    pub fn of_answer(name: &str) -> Self {
        let mut stream = Self::default();
        stream.shared.notes = Notes::of_answer(name);
        stream
    }

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

    /// Renders the blocks again that name what is defined by now, also in the block that still
    /// grows: their numbers, and their HTML. For a text that is shown from its beginning, not while
    /// somebody watches it grow.
    pub fn settle(&self) -> Vec<(usize, String)> {
        let mut shared = self.shared.clone();
        // Code defines nothing.
        if self.code.is_none() && !self.splitter.is_plain() {
            prose::learn(&self.splitter.prose(), &mut shared);
        }
        self.waiting.settle(shared)
    }

    /// Ends the text: what was still open, and what is known of the blocks before only now.
    pub fn finish(mut self) -> Finished {
        let parts = std::mem::take(&mut self.splitter).finish();
        let num_before = self.num_blocks;
        let mut blocks = self.render_parts(parts);
        blocks.extend(self.code.take().and_then(CodeBlock::close));
        let mut changed = Vec::new();
        for (index, html) in self.settle() {
            match index.checked_sub(num_before) {
                Some(own) => blocks[own] = html,
                None => changed.push((index, html)),
            }
        }
        Finished { blocks, changed }
    }

    fn render_parts(&mut self, parts: Vec<Part>) -> Vec<String> {
        let mut blocks = Vec::new();
        for part in parts {
            let block = match part {
                Part::Prose(text) => Some(self.render_prose(text, blocks.len())),
                Part::Plain(text) => Some(plain::render(&text)),
                Part::CodeStart { language } => {
                    self.code = Some(CodeBlock::open(
                        &language,
                        self.shared.highlighting,
                        self.num_long,
                    ));
                    None
                }
                Part::CodeLine(line) => self.code.as_mut().and_then(|code| code.push_line(&line)),
                Part::CodeEnd => self.code.take().and_then(|code| {
                    self.shared.highlighting = code.highlighting();
                    self.num_long += usize::from(code.is_long());
                    code.close()
                }),
            };
            blocks.extend(block.filter(|block| !block.is_empty()));
        }
        self.num_blocks += blocks.len();
        blocks
    }

    /// HTML of a block of prose, before which as many blocks are about to be given away.
    fn render_prose(&mut self, text: String, num_new: usize) -> String {
        let highlighting = self.shared.highlighting;
        let prose = prose::render(&text, &mut self.shared);
        if !prose.html.is_empty() {
            let block = WaitingBlock {
                index: self.num_blocks + num_new,
                text,
                names: prose.missing,
                refused: prose.refused,
                unmarked: prose.unmarked,
                highlighting,
                ids: prose.ids,
            };
            self.waiting.add(block, &mut self.shared.links);
        }
        prose.html
    }
}

/// Renders a complete text to its blocks, each safe to insert.
pub fn render(text: &str) -> Vec<String> {
    render_by(MarkdownStream::default(), text)
}

/// Renders a complete answer that has a name in its page.
pub fn render_answer(name: &str, text: &str) -> Vec<String> {
    render_by(MarkdownStream::of_answer(name), text)
}

fn render_by(mut stream: MarkdownStream, text: &str) -> Vec<String> {
    let mut blocks = stream.push(text);
    stream.finish().complete(&mut blocks);
    blocks
}

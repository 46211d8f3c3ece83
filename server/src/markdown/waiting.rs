//! Finished blocks that name links or footnotes which no line has defined yet, or hold footnotes
//! that nothing has named yet.
//!
//! Models put what they refer to at the end. A block that has gone to the page is not touched while
//! the text grows: once the text has ended, those blocks are rendered again, each at most once and
//! with the highlighting that it had.

use std::collections::BTreeSet;

use super::{
    budget::Highlighting,
    links::Links,
    notes::Ids,
    prose::{self, Shared},
};

/// Text of one answer that may wait, in bytes. What is beyond it stays as it is.
const MAX_BYTES: usize = 256 << 10;
/// What a block takes beside its text; about.
const BLOCK_BYTES: usize = 256;

#[derive(Debug)]
pub(super) struct WaitingBlock {
    /// Its number among the blocks of the answer.
    pub(super) index: usize,
    pub(super) text: String,
    /// What is not defined yet.
    pub(super) names: BTreeSet<String>,
    /// What is no link in it even then.
    pub(super) refused: BTreeSet<String>,
    /// Footnotes in it that have no mark yet to lead back to.
    pub(super) unmarked: BTreeSet<String>,
    /// What was left before it.
    pub(super) highlighting: Highlighting,
    /// The ids in it.
    pub(super) ids: Ids,
}

impl WaitingBlock {
    fn is_waiting(&self) -> bool {
        !self.names.is_empty() || !self.unmarked.is_empty()
    }

    fn looks_otherwise(&self, shared: &Shared) -> bool {
        self.names.iter().any(|name| shared.links.knows(name))
            || self.unmarked.iter().any(|name| shared.notes.has_mark(name))
    }
}

/// The blocks of one answer that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    blocks: Vec<WaitingBlock>,
    bytes: usize,
}

impl Waiting {
    /// Keeps a block that is about to go to the page, if it names what is not defined.
    pub(super) fn add(&mut self, block: WaitingBlock, links: &mut Links) {
        let bytes = self.bytes + BLOCK_BYTES + block.text.len();
        if !block.is_waiting() || bytes > MAX_BYTES || !links.want(&block.names) {
            return;
        }
        self.bytes = bytes;
        self.blocks.push(block);
    }

    /// Numbers and HTML of the blocks that look otherwise by what is defined now, in order: each
    /// keeps the ids that it had, and gives those that nobody has. They go on waiting, so that the
    /// end of the text settles them as if nobody had asked before.
    pub(super) fn settle(&self, mut shared: Shared) -> Vec<(usize, String)> {
        let mut changed = Vec::new();
        for block in &self.blocks {
            if !block.looks_otherwise(&shared) {
                continue;
            }
            shared.highlighting = block.highlighting;
            shared.notes.take_back(&block.ids);
            let prose = prose::render_again(&block.text, &mut shared, &block.refused);
            changed.push((block.index, prose.html));
        }
        changed
    }
}

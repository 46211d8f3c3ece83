//! Finished blocks that name links or footnotes which no line has defined yet.
//!
//! Models put what they refer to at the end. A block that has gone to the page is not touched while
//! the text grows: once the text has ended, those blocks are rendered again, each at most once and
//! with the highlighting that it had.

use std::collections::BTreeSet;

use super::{
    budget::Highlighting,
    links::Links,
    notes::Notes,
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
    /// What was left before it.
    pub(super) highlighting: Highlighting,
    /// The footnotes before it.
    pub(super) notes: Notes,
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
        if block.names.is_empty() || bytes > MAX_BYTES || !links.want(&block.names) {
            return;
        }
        self.bytes = bytes;
        self.blocks.push(block);
    }

    /// Numbers and HTML of the blocks that look otherwise by what is defined now.
    pub(super) fn settle(&mut self, shared: &mut Shared) -> Vec<(usize, String)> {
        let (left, notes) = (shared.highlighting, shared.notes.clone());
        let mut changed = Vec::new();
        for block in &mut self.blocks {
            if !block.names.iter().any(|name| shared.links.knows(name)) {
                continue;
            }
            shared.highlighting = block.highlighting;
            shared.notes = block.notes.clone();
            let prose = prose::render(&block.text, shared);
            block.names = prose.missing;
            changed.push((block.index, prose.html));
        }
        shared.highlighting = left;
        shared.notes = notes;
        changed
    }
}

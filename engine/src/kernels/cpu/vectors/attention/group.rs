//! Heads that are computed together.

use std::ops::Range;

use super::super::super::attention::AttentionHead;
use super::within;

/// Heads of a group at most.
pub(super) const MAX_HEADS: usize = 6;
/// How many heads a group may have: their sums fill the registers.
const SIZES: [usize; 4] = [MAX_HEADS, 3, 2, 1];

/// Heads of one sequence that are computed together.
pub(super) struct Group {
    pub(super) heads: Range<usize>,
    /// From the first position that any of them attends to, to the last one.
    pub(super) all: Range<usize>,
    /// Positions that all of them attend to.
    pub(super) common: Range<usize>,
    /// Which one of its sequence's groups this is, and how many there are.
    pub(super) part: (usize, usize),
}

impl Group {
    /// All heads, in groups.
    pub(super) fn of(heads: &[AttentionHead<'_>]) -> Vec<Self> {
        let is_same = |first: &AttentionHead<'_>, second: &AttentionHead<'_>| {
            std::ptr::eq(first.blocks, second.blocks)
        };
        let mut groups: Vec<Self> = Vec::new();
        let mut first = 0;
        for sequence in heads.chunk_by(is_same) {
            let (begin, end) = (groups.len(), first + sequence.len());
            while first < end {
                let size = SIZES.into_iter().find(|size| first + size <= end);
                let last = first + size.unwrap_or(1);
                groups.push(Self::new(heads, first..last, groups.len() - begin));
                first = last;
            }
            let count = groups.len() - begin;
            for group in &mut groups[begin..] {
                group.part.1 = count;
            }
        }
        groups
    }

    fn new(all_heads: &[AttentionHead<'_>], heads: Range<usize>, part: usize) -> Self {
        let mut all = all_heads[heads.start].positions.clone();
        let mut common = all.clone();
        for head in &all_heads[heads.clone()] {
            let Range { start, end } = head.positions;
            all = all.start.min(start)..all.end.max(end);
            common = within(&common, &head.positions);
        }
        Self {
            heads,
            all,
            common,
            part: (part, 1),
        }
    }
}

//! Where the tokens of a step stand: in which sequence, at which position, in which blocks.

use burn::tensor::{Int, Tensor};

use crate::block_pool::BLOCK_TOKENS;

/// Places of the tokens of a step on one device, u32.
///
/// Position `p` of the sequence with row `s` of `blocks` is row
/// `blocks[s][p / BLOCK_TOKENS] * BLOCK_TOKENS + p % BLOCK_TOKENS` of a cache.
#[derive(Clone, Debug)]
pub struct TokenPlaces {
    /// `[num_tokens]`, within their sequences.
    pub positions: Tensor<1, Int>,
    /// `[num_tokens]`, rows of `blocks`.
    pub sequences: Tensor<1, Int>,
    /// `[num_sequences, num_blocks]`; what stands behind a sequence's last block is not read.
    pub blocks: Tensor<2, Int>,
}

/// The same as slices.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// See [`TokenPlaces::positions`].
    pub positions: &'a [u32],
    /// See [`TokenPlaces::sequences`].
    pub sequences: &'a [u32],
    /// See [`TokenPlaces::blocks`], row by row.
    pub blocks: &'a [u32],
    /// Blocks of a row.
    pub num_blocks: usize,
}

impl<'a> Places<'a> {
    /// Where a token stands in its sequence.
    pub fn position(&self, token: usize) -> usize {
        self.positions[token] as usize
    }

    /// The blocks of a token's sequence.
    pub fn blocks_of(&self, token: usize) -> &'a [u32] {
        let first = self.sequences[token] as usize * self.num_blocks;
        &self.blocks[first..first + self.num_blocks]
    }
}

/// Row of a cache that holds a position of the sequence with such blocks.
#[inline]
pub fn cache_row(blocks: &[u32], position: usize) -> usize {
    blocks[position / BLOCK_TOKENS] as usize * BLOCK_TOKENS + position % BLOCK_TOKENS
}

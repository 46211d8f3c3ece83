//! Where tokens stand, as kernels read it: see [`TokenPlaces`](crate::kernels::TokenPlaces).

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use crate::block_pool::BLOCK_TOKENS;

/// Positions, sequences and their blocks.
pub(super) struct CubePlaces {
    pub(super) positions: CubeTensor,
    pub(super) sequences: CubeTensor,
    pub(super) blocks: CubeTensor,
}

impl CubePlaces {
    /// Blocks of a sequence's row.
    pub(super) fn num_blocks(&self) -> usize {
        self.blocks.meta.shape()[1]
    }
}

/// Row of the cache that holds a position of the sequence whose blocks begin at `first_block`.
#[cube]
pub(super) fn cache_row(blocks: &[u32], first_block: usize, position: usize) -> usize {
    let block = blocks[first_block + position / BLOCK_TOKENS] as usize;
    block * BLOCK_TOKENS + position % BLOCK_TOKENS
}

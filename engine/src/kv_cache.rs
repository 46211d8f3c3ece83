//! Keys and values of all sequences in blocks of [`BLOCK_TOKENS`] tokens.
//!
//! [`KvPool`] holds the memory, planned when the model is loaded, so that it cannot run out in the
//! middle of an answer. A [`KvCache`] is one sequence's part of it: which blocks, and how many
//! tokens are in them. Layers that attend to a sliding window keep the blocks of that window alone.
//!
//! [`BLOCK_TOKENS`]: crate::block_pool::BLOCK_TOKENS

mod plan;
mod pool;
#[cfg(test)]
mod property_tests;

use crate::block_pool::{BLOCK_TOKENS, BlockTable};
pub use plan::{KvPlan, MAX_STEP_TOKENS, PlannedSequences};
pub use pool::KvPool;

/// Dimensions all caches of a model share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// For each layer the positions a token attends to, itself included; `usize::MAX`: all.
    pub windows: Vec<usize>,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Values of a head.
    pub head_dim: usize,
    /// Tokens a sequence may have.
    pub context_window: usize,
}

impl CacheShape {
    /// The widest sliding window; `None` where every layer attends to everything.
    pub fn sliding_window(&self) -> Option<usize> {
        let sliding = self.windows.iter().filter(|window| **window != usize::MAX);
        sliding.max().copied()
    }

    /// Bytes that one token takes in one layer.
    fn layer_bytes(&self) -> usize {
        self.num_kv_heads * self.head_dim * 2 * size_of::<f32>()
    }
}

/// Which kind of blocks there is none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Of layers that attend to everything.
    #[error("the cache has no free block")]
    Blocks,
    /// Of layers with a sliding window.
    #[error("the cache of sliding layers has no free block")]
    WindowBlocks,
}

/// Where one sequence's tokens are.
#[derive(Debug)]
pub struct KvCache {
    /// In layers that attend to everything.
    all: BlockTable,
    /// In layers with a sliding window.
    recent: BlockTable,
    sliding_window: Option<usize>,
    length: usize,
    context_window: usize,
}

impl KvCache {
    /// Tokens in the cache = position of the next one.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Makes room for `added` tokens more.
    ///
    /// # Errors
    /// [`NoRoom`]: somebody else must give some back first.
    ///
    /// # Panics
    /// If that is beyond the context window: the scheduler admits no such step.
    pub fn reserve(&mut self, added: usize) -> Result<(), NoRoom> {
        let (end, window) = (self.length + added, self.context_window);
        assert!(
            end <= window,
            "{end} tokens in a context window of {window}"
        );
        self.all.reserve(end).map_err(|_| NoRoom::Blocks)?;
        if self.sliding_window.is_some() {
            self.recent.reserve(end).map_err(|_| NoRoom::WindowBlocks)?;
        }
        Ok(())
    }

    /// Counts tokens that a step has written, and gives back what no further token attends to.
    pub(crate) fn advance(&mut self, added: usize) {
        self.length += added;
        if self.sliding_window.is_some() {
            // What is kept for others ends with the last full block.
            let full = self.length - self.length % BLOCK_TOKENS;
            self.recent.forget_before(self.first_of_window(full));
        }
    }

    /// Blocks of layers that attend to everything.
    pub fn num_blocks(&self) -> usize {
        self.all.capacity() / BLOCK_TOKENS
    }

    /// Numbers of the blocks that layers with such a window look at.
    pub(crate) fn blocks(&self, is_sliding: bool) -> Vec<u32> {
        let table = if is_sliding { &self.recent } else { &self.all };
        table.numbers().collect()
    }

    /// First position that the token at `position` attends to in sliding layers.
    fn first_of_window(&self, position: usize) -> usize {
        let window = self.sliding_window.unwrap_or(usize::MAX);
        (position + 1).saturating_sub(window)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn pool(windows: &[usize], num_sequences: usize) -> KvPool {
        let shape = CacheShape {
            windows: windows.to_vec(),
            num_kv_heads: 1,
            head_dim: 2,
            context_window: 2_000,
        };
        let plan = KvPlan::new(&shape, PlannedSequences::full(num_sequences), u64::MAX);
        KvPool::new(shape, plan, &vec![Device::flex(); windows.len()])
    }

    #[test]
    fn a_sequence_keeps_its_window_and_gives_everything_back() {
        let pool = pool(&[usize::MAX, 20], 1);
        let free = pool.num_free_blocks();
        let mut cache = pool.new_cache();
        for _ in 0..1_000 {
            cache.reserve(1).unwrap();
            cache.advance(1);
        }
        assert_eq!(cache.blocks(false).len(), 63);
        let recent = cache.blocks(true);
        assert_eq!(recent.len(), 63);
        let kept = (recent.len() - cache.recent.first_position() / 16) * 16;
        assert!(
            (20..=48).contains(&kept),
            "{kept} positions of a window of 20"
        );
        drop(cache);
        assert_eq!(pool.num_free_blocks(), free);
    }
}

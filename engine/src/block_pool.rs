//! Numbers of cache blocks: who has which, and which are free.
//!
//! A block is room for [`BLOCK_TOKENS`] tokens in every layer of one kind. Whoever holds a
//! [`Block`] owns that room; the last one to let go gives it back, so none is lost and none is
//! given twice.
//!
//! Invariant: this module knows no tensors, no text and no clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens of a block.
pub const BLOCK_TOKENS: usize = 16;

/// The blocks of all layers of one kind. Cheap to clone; clones are the same pool.
#[derive(Clone, Debug)]
pub struct BlockPool {
    free: Arc<Mutex<Vec<u32>>>,
    num_blocks: usize,
}

/// Room that is taken; free again when the last clone of its `Arc` is gone.
#[derive(Debug)]
pub struct Block {
    number: u32,
    free: Arc<Mutex<Vec<u32>>>,
}

/// There is no free block left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache has no free block")]
pub struct OutOfBlocks;

impl BlockPool {
    /// A pool of free blocks, numbered from 0.
    ///
    /// # Panics
    /// If there are 2^32 or more.
    pub fn new(num_blocks: usize) -> Self {
        let end = u32::try_from(num_blocks).expect("invariant: memory ends far earlier");
        Self {
            // Taken from the end: low numbers first, so memory is touched only as it is needed.
            free: Arc::new(Mutex::new((0..end).rev().collect())),
            num_blocks,
        }
    }

    /// Blocks, taken or not.
    pub fn num_blocks(&self) -> usize {
        self.num_blocks
    }

    /// Blocks nobody has.
    pub fn num_free(&self) -> usize {
        lock(&self.free).len()
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`OutOfBlocks`].
    pub fn take(&self) -> Result<Arc<Block>, OutOfBlocks> {
        let number = lock(&self.free).pop().ok_or(OutOfBlocks)?;
        let free = Arc::clone(&self.free);
        Ok(Arc::new(Block { number, free }))
    }
}

impl Block {
    /// Its place among the blocks of the pool.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        lock(&self.free).push(self.number);
    }
}

fn lock(free: &Mutex<Vec<u32>>) -> MutexGuard<'_, Vec<u32>> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the tokens of one sequence are: block `i` holds positions from `i * BLOCK_TOKENS` on.
#[derive(Debug)]
pub struct BlockTable {
    pool: BlockPool,
    /// Blocks at the beginning that were given back.
    num_forgotten: usize,
    blocks: VecDeque<Arc<Block>>,
}

impl BlockTable {
    /// A table without blocks.
    pub fn new(pool: &BlockPool) -> Self {
        Self {
            pool: pool.clone(),
            num_forgotten: 0,
            blocks: VecDeque::new(),
        }
    }

    /// A table that begins with blocks of others, behind `num_forgotten` that are not needed.
    pub fn with_blocks(pool: &BlockPool, num_forgotten: usize, blocks: Vec<Arc<Block>>) -> Self {
        Self {
            pool: pool.clone(),
            num_forgotten,
            blocks: blocks.into(),
        }
    }

    /// Positions there is room for, those forgotten included.
    pub fn capacity(&self) -> usize {
        (self.num_forgotten + self.blocks.len()) * BLOCK_TOKENS
    }

    /// First position that is still there.
    pub fn first_position(&self) -> usize {
        self.num_forgotten * BLOCK_TOKENS
    }

    /// Makes room for positions up to before `end`.
    ///
    /// # Errors
    /// [`OutOfBlocks`]; what was taken until then stays.
    pub fn reserve(&mut self, end: usize) -> Result<(), OutOfBlocks> {
        while self.capacity() < end {
            self.blocks.push_back(self.pool.take()?);
        }
        Ok(())
    }

    /// Gives back the blocks that hold nothing from `position` on.
    pub fn forget_before(&mut self, position: usize) {
        while (self.num_forgotten + 1) * BLOCK_TOKENS <= position
            && self.blocks.pop_front().is_some()
        {
            self.num_forgotten += 1;
        }
    }

    /// The blocks that hold positions before `end` and nothing behind it, without those forgotten.
    pub fn full_blocks(&self, end: usize) -> Vec<Arc<Block>> {
        let count = (end / BLOCK_TOKENS).saturating_sub(self.num_forgotten);
        self.blocks.iter().take(count).cloned().collect()
    }

    /// Numbers of the blocks, one for each [`BLOCK_TOKENS`] positions; 0 for those forgotten, which
    /// nobody reads.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        let forgotten = std::iter::repeat_n(0, self.num_forgotten);
        forgotten.chain(self.blocks.iter().map(|block| block.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_free_again_when_nobody_has_it() {
        let pool = BlockPool::new(2);
        let (first, second) = (pool.take().unwrap(), pool.take().unwrap());
        assert_eq!((first.number(), second.number()), (0, 1));
        assert_eq!(pool.take().unwrap_err(), OutOfBlocks);
        let shared = Arc::clone(&first);
        drop(first);
        assert_eq!(pool.num_free(), 0);
        drop(shared);
        assert_eq!(pool.take().unwrap().number(), 0);
    }

    #[test]
    fn a_table_grows_at_its_end_and_forgets_its_beginning() {
        let pool = BlockPool::new(4);
        let mut table = BlockTable::new(&pool);
        table.reserve(17).unwrap();
        assert_eq!((table.capacity(), pool.num_free()), (32, 2));
        table.reserve(64).unwrap();
        assert_eq!(table.reserve(65), Err(OutOfBlocks));
        assert_eq!(table.numbers().collect::<Vec<_>>(), [0, 1, 2, 3]);
        table.forget_before(31);
        assert_eq!((table.first_position(), pool.num_free()), (16, 1));
        table.reserve(65).unwrap();
        assert_eq!(table.numbers().collect::<Vec<_>>(), [0, 1, 2, 3, 0]);
        drop(table);
        assert_eq!(pool.num_free(), 4);
    }
}

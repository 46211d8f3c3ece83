//! Numbers of cache blocks: who has which, which are kept, and which are free.
//!
//! A block is room for [`BLOCK_TOKENS`] tokens in every layer of one kind. Whoever holds a
//! [`Block`] owns that room; the last one to let go gives it back, so none is lost and none is
//! given twice. One that is [kept](KeptBlock) stays when nobody has it, until its place is needed.
//!
//! Invariant: this module knows no tensors, no text and no clock.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tokens of a block.
pub const BLOCK_TOKENS: usize = 16;

/// The blocks of all layers of one kind. Cheap to clone; clones are the same pool.
#[derive(Clone, Debug)]
pub struct BlockPool {
    state: Arc<Mutex<PoolState>>,
    num_blocks: usize,
}

#[derive(Debug)]
struct PoolState {
    free: Vec<u32>,
    /// Of every block.
    uses: Vec<Use>,
    /// Those that are kept and that nobody has, in the order in which they are given up.
    unused: BTreeSet<(Age, u32)>,
}

/// What becomes of a block when the last one lets go.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    num_holders: usize,
    kept: Option<Age>,
}

/// Where a kept block stands among those that may be given up: the longest unused first, of one use
/// the deepest first, since what is behind a missing block cannot be found.
pub type Age = (u64, std::cmp::Reverse<usize>);

/// Room that is taken, by this clone and its others; free again when the last one is gone.
#[derive(Debug)]
pub struct Block {
    number: u32,
    state: Arc<Mutex<PoolState>>,
}

/// A block whose contents may be of use again: nobody else gets it until this is gone.
#[derive(Debug)]
pub struct KeptBlock {
    number: u32,
    state: Arc<Mutex<PoolState>>,
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
            state: Arc::new(Mutex::new(PoolState {
                // Taken from the end: low numbers first, so memory is touched only as it is needed.
                free: (0..end).rev().collect(),
                uses: vec![Use::default(); num_blocks],
                unused: BTreeSet::new(),
            })),
            num_blocks,
        }
    }

    /// Blocks, taken or not.
    pub fn num_blocks(&self) -> usize {
        self.num_blocks
    }

    /// Blocks nobody has or keeps.
    pub fn num_free(&self) -> usize {
        lock(&self.state).free.len()
    }

    /// Blocks that are only kept.
    pub fn num_unused(&self) -> usize {
        lock(&self.state).unused.len()
    }

    /// The number of the block that is only kept and was not used for longest.
    pub fn longest_unused(&self) -> Option<u32> {
        let state = lock(&self.state);
        state.unused.first().map(|(_, number)| *number)
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`OutOfBlocks`].
    pub fn take(&self) -> Result<Block, OutOfBlocks> {
        let mut state = lock(&self.state);
        let number = state.free.pop().ok_or(OutOfBlocks)?;
        state.hold(number);
        drop(state);
        Ok(Block {
            number,
            state: Arc::clone(&self.state),
        })
    }
}

impl PoolState {
    fn hold(&mut self, number: u32) {
        let entry = &mut self.uses[number as usize];
        entry.num_holders += 1;
        if let (1, Some(age)) = (entry.num_holders, entry.kept) {
            self.unused.remove(&(age, number));
        }
    }

    fn let_go(&mut self, number: u32) {
        let entry = &mut self.uses[number as usize];
        entry.num_holders -= 1;
        match (entry.num_holders, entry.kept) {
            (0, Some(age)) => {
                self.unused.insert((age, number));
            }
            (0, None) => self.free.push(number),
            _ => {}
        }
    }

    /// Keeps a block, at that age from now on, or no more.
    fn set_kept(&mut self, number: u32, kept: Option<Age>) {
        let entry = &mut self.uses[number as usize];
        let before = std::mem::replace(&mut entry.kept, kept);
        if entry.num_holders > 0 {
            return;
        }
        if let Some(age) = before {
            self.unused.remove(&(age, number));
        }
        match kept {
            Some(age) => {
                self.unused.insert((age, number));
            }
            None => self.free.push(number),
        }
    }
}

impl Block {
    /// Its place among the blocks of the pool.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Keeps it when nobody has it any more; one that is kept is not kept twice.
    pub fn keep(&self, age: Age) -> KeptBlock {
        lock(&self.state).set_kept(self.number, Some(age));
        KeptBlock {
            number: self.number,
            state: Arc::clone(&self.state),
        }
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        lock(&self.state).hold(self.number);
        Self {
            number: self.number,
            state: Arc::clone(&self.state),
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        lock(&self.state).let_go(self.number);
    }
}

impl KeptBlock {
    /// Its place among the blocks of the pool.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// It was used just now.
    pub fn touch(&self, age: Age) {
        lock(&self.state).set_kept(self.number, Some(age));
    }

    /// Takes it, with what it holds.
    pub fn hold(&self) -> Block {
        lock(&self.state).hold(self.number);
        Block {
            number: self.number,
            state: Arc::clone(&self.state),
        }
    }
}

impl Drop for KeptBlock {
    fn drop(&mut self) {
        lock(&self.state).set_kept(self.number, None);
    }
}

fn lock(state: &Mutex<PoolState>) -> MutexGuard<'_, PoolState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the tokens of one sequence are: block `i` holds positions from `i * BLOCK_TOKENS` on.
#[derive(Debug)]
pub struct BlockTable {
    pool: BlockPool,
    /// Blocks at the beginning that were given back.
    num_forgotten: usize,
    blocks: VecDeque<Block>,
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
    pub fn with_blocks(pool: &BlockPool, num_forgotten: usize, blocks: Vec<Block>) -> Self {
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
    pub fn full_blocks(&self, end: usize) -> Vec<Block> {
        let count = (end / BLOCK_TOKENS).saturating_sub(self.num_forgotten);
        self.blocks.iter().take(count).cloned().collect()
    }

    /// Numbers of the blocks, one for each [`BLOCK_TOKENS`] positions; 0 for those forgotten, which
    /// nobody reads.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        let forgotten = std::iter::repeat_n(0, self.num_forgotten);
        forgotten.chain(self.blocks.iter().map(Block::number))
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
        let shared = first.clone();
        drop(first);
        assert_eq!(pool.num_free(), 0);
        drop(shared);
        assert_eq!(pool.take().unwrap().number(), 0);
    }

    #[test]
    fn a_kept_block_stays_and_the_longest_unused_is_known() {
        let age = |last_use| (last_use, std::cmp::Reverse(0));
        let pool = BlockPool::new(3);
        let (first, second) = (pool.take().unwrap(), pool.take().unwrap());
        let (kept, other) = (first.keep(age(1)), second.keep(age(2)));
        assert_eq!((pool.num_unused(), pool.longest_unused()), (0, None));
        drop((first, second));
        assert_eq!((pool.num_unused(), pool.num_free()), (2, 1));
        assert_eq!(pool.longest_unused(), Some(kept.number()));
        kept.touch(age(3));
        assert_eq!(pool.longest_unused(), Some(other.number()));
        let held = other.hold();
        assert_eq!((held.number(), pool.num_unused()), (1, 1));
        drop(other);
        assert_eq!(pool.num_free(), 1, "somebody has it");
        drop((held, kept));
        assert_eq!((pool.num_unused(), pool.num_free()), (0, 3));
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

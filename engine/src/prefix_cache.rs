//! Full blocks that may be used again: prompts that begin like earlier ones need not be computed.
//!
//! A block is found by what it holds and by everything before it: its key is a hash of its tokens
//! and of the key of the block before it. Where text of a person begins, the key is salted with
//! whose it is, so nobody can find out what others wrote by how fast an answer comes.
//!
//! Layers with a sliding window need only the last blocks before the place where a prompt goes on.
//! Those are kept where prompts and answers ended: there the next turn of a conversation goes on,
//! even if it leaves out what the model thought.
//!
//! Invariant: this module knows no tensors, no text and no clock.

#[cfg(test)]
mod property_tests;

use std::cmp::Reverse;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::block_pool::{Age, BLOCK_TOKENS, Block, BlockPool, KeptBlock};
use crate::request::TokenId;

/// What a block holds, with everything before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockKey([u8; 16]);

/// Whose text a prompt has, and from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt {
    /// Of one person, or of one conversation.
    pub owner: u128,
    /// Tokens at the beginning that are everybody's.
    pub num_shared_tokens: usize,
}

/// Blocks that hold the beginning of a prompt.
#[derive(Debug, Default)]
pub struct Hit {
    /// In layers that attend to everything, from the first on.
    pub blocks: Vec<Block>,
    /// In sliding layers, the last ones of them.
    pub recent: Vec<Block>,
}

/// One block of every kind of layer.
#[derive(Debug)]
struct Entry {
    block: KeptBlock,
    recent: Option<KeptBlock>,
    /// How many blocks are before it.
    depth: usize,
}

/// All blocks that may be used again. Which of them nobody has, the pools know.
#[derive(Debug)]
pub struct PrefixCache {
    entries: HashMap<BlockKey, Entry>,
    all: Kind,
    recent: Kind,
    /// Blocks of sliding layers that a prompt needs before it goes on.
    num_recent_blocks: usize,
    num_uses: u64,
}

/// The blocks of one kind of layer, and which entries have them.
#[derive(Debug)]
struct Kind {
    pool: BlockPool,
    keys: HashMap<u32, BlockKey>,
}

impl Kind {
    fn new(pool: &BlockPool) -> Self {
        Self {
            pool: pool.clone(),
            keys: HashMap::new(),
        }
    }

    fn keep(&mut self, block: &Block, key: BlockKey, age: Age) -> KeptBlock {
        self.keys.insert(block.number(), key);
        block.keep(age)
    }

    /// The entry that is to give up its block, the one that was not used for longest; `None` if
    /// every block is in use.
    fn give_up(&mut self) -> Option<BlockKey> {
        self.keys.remove(&self.pool.longest_unused()?)
    }
}

impl PrefixCache {
    /// An empty cache of a model whose widest sliding window is so wide (`None`: nothing slides),
    /// for blocks of layers that attend to everything and of sliding ones.
    pub fn new(sliding_window: Option<usize>, all: &BlockPool, recent: &BlockPool) -> Self {
        Self {
            entries: HashMap::new(),
            all: Kind::new(all),
            recent: Kind::new(recent),
            // The token at a block's first position attends to `window - 1` before it.
            num_recent_blocks: sliding_window.map_or(0, |it| (it - 1).div_ceil(BLOCK_TOKENS)),
            num_uses: 0,
        }
    }

    /// The longest beginning of `tokens` that is there; at least one token is left to be computed.
    pub fn find(&mut self, tokens: &[TokenId], salt: Salt) -> Hit {
        let keys = keys(&tokens[..tokens.len().saturating_sub(1)], salt);
        let num_known = keys
            .iter()
            .take_while(|key| self.entries.contains_key(key))
            .count();
        let has_recent = |end: &usize| {
            let first = end.saturating_sub(self.num_recent_blocks);
            keys[first..*end]
                .iter()
                .all(|key| self.entries[key].recent.is_some())
        };
        let length = if self.num_recent_blocks == 0 {
            num_known
        } else {
            (0..=num_known).rev().find(has_recent).unwrap_or(0)
        };
        self.num_uses += 1;
        let keys = &keys[..length];
        for key in keys {
            self.touch(*key);
        }
        let first = length.saturating_sub(self.num_recent_blocks);
        let blocks = keys.iter().map(|key| self.entries[key].block.hold());
        let recent = keys[first..].iter().map(|key| &self.entries[key].recent);
        let recent = recent.flatten().map(KeptBlock::hold);
        Hit {
            blocks: blocks.collect(),
            recent: recent.collect(),
        }
    }

    /// Keeps the full blocks of computed `tokens`: `blocks` from the first on, and those of sliding
    /// layers that are still there, the last one for the last full block.
    pub fn keep(&mut self, tokens: &[TokenId], salt: Salt, blocks: &[Block], recent: &[Block]) {
        self.num_uses += 1;
        let keys = keys(tokens, salt);
        let recent = &recent[recent.len().saturating_sub(self.num_recent_blocks)..];
        let first_recent = keys.len().saturating_sub(recent.len());
        for (depth, (key, block)) in keys.iter().zip(blocks).enumerate() {
            let of_window = depth
                .checked_sub(first_recent)
                .and_then(|place| recent.get(place));
            let age = (self.num_uses, Reverse(depth));
            let entry = self.entries.entry(*key).or_insert_with(|| Entry {
                block: self.all.keep(block, *key, age),
                recent: None,
                depth,
            });
            if let (None, Some(block)) = (&entry.recent, of_window) {
                entry.recent = Some(self.recent.keep(block, *key, age));
            }
            self.touch(*key);
        }
    }

    /// Gives up the block that was not used for longest; `false` if every block is in use.
    pub fn give_up_block(&mut self) -> bool {
        let entry = self.all.give_up().and_then(|key| self.entries.remove(&key));
        let recent = entry.as_ref().and_then(|entry| entry.recent.as_ref());
        if let Some(recent) = recent {
            self.recent.keys.remove(&recent.number());
        }
        entry.is_some()
    }

    /// The same of a block of sliding layers.
    pub fn give_up_recent(&mut self) -> bool {
        let key = self.recent.give_up();
        let entry = key.and_then(|key| self.entries.get_mut(&key));
        entry.is_some_and(|entry| entry.recent.take().is_some())
    }

    /// Blocks that could be given up, of both kinds of layers.
    pub fn num_unused(&self) -> [usize; 2] {
        [&self.all, &self.recent].map(|kind| kind.pool.num_unused())
    }

    /// Blocks that are kept, in use or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn touch(&self, key: BlockKey) {
        if let Some(entry) = self.entries.get(&key) {
            let age = (self.num_uses, Reverse(entry.depth));
            let blocks = std::iter::once(&entry.block).chain(&entry.recent);
            blocks.for_each(|block| block.touch(age));
        }
    }
}

/// Keys of the full blocks of `tokens`.
fn keys(tokens: &[TokenId], salt: Salt) -> Vec<BlockKey> {
    let mut before = [0; 16];
    let key = |(index, block): (usize, &[TokenId; BLOCK_TOKENS])| {
        let mut hash = Sha256::new();
        hash.update(before);
        if (index + 1) * BLOCK_TOKENS > salt.num_shared_tokens {
            hash.update(salt.owner.to_le_bytes());
        }
        for token in block {
            hash.update(token.0.to_le_bytes());
        }
        before.copy_from_slice(&hash.finalize()[..16]);
        BlockKey(before)
    };
    tokens.as_chunks().0.iter().enumerate().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNE: Salt = Salt {
        owner: 1,
        num_shared_tokens: 0,
    };

    fn tokens(count: u32) -> Vec<TokenId> {
        (0..count).map(TokenId).collect()
    }

    fn blocks(pool: &BlockPool, count: usize) -> Vec<Block> {
        (0..count).map(|_| pool.take().unwrap()).collect()
    }

    #[test]
    fn full_blocks_are_found_again_and_one_token_is_left() {
        let pool = BlockPool::new(9);
        let mut cache = PrefixCache::new(None, &pool, &BlockPool::new(0));
        cache.keep(&tokens(50), ANNE, &blocks(&pool, 3), &[]);
        let found = |cache: &mut PrefixCache, count| cache.find(&tokens(count), ANNE).blocks.len();
        assert_eq!(found(&mut cache, 200), 3);
        assert_eq!(found(&mut cache, 49), 3);
        assert_eq!(found(&mut cache, 48), 2);
        assert_eq!(found(&mut cache, 16), 0);
        let mut other = tokens(50);
        other[20] = TokenId(7);
        assert_eq!(cache.find(&other, ANNE).blocks.len(), 1);
        assert_eq!(cache.find(&[], ANNE).blocks.len(), 0);
    }

    #[test]
    fn what_a_person_wrote_is_found_by_that_person_alone() {
        let pool = BlockPool::new(9);
        let mut cache = PrefixCache::new(None, &pool, &BlockPool::new(0));
        let of = |owner| Salt {
            owner,
            num_shared_tokens: 32,
        };
        cache.keep(&tokens(64), of(1), &blocks(&pool, 4), &[]);
        assert_eq!(cache.find(&tokens(80), of(1)).blocks.len(), 4);
        assert_eq!(cache.find(&tokens(80), of(2)).blocks.len(), 2);
        // Half a block of somebody's text makes all of it theirs.
        let half = Salt {
            owner: 2,
            num_shared_tokens: 31,
        };
        assert_eq!(cache.find(&tokens(80), half).blocks.len(), 1);
    }

    #[test]
    fn sliding_layers_go_on_only_where_their_window_is_kept() {
        let (pool, window) = (BlockPool::new(20), BlockPool::new(20));
        let mut cache = PrefixCache::new(Some(33), &pool, &window);
        // The window of 33 reaches 32 positions back: two blocks.
        let (all, recent) = (blocks(&pool, 6), blocks(&window, 2));
        cache.keep(&tokens(96), ANNE, &all, &recent);
        let hit = cache.find(&tokens(200), ANNE);
        assert_eq!((hit.blocks.len(), hit.recent.len()), (6, 2));
        assert_eq!(hit.recent[1].number(), recent[1].number());
        let mut other = tokens(96);
        other[90] = TokenId(0);
        assert_eq!(
            cache.find(&other, ANNE).blocks.len(),
            0,
            "no window before block 5"
        );
        cache.keep(&tokens(48), ANNE, &all[..3], &blocks(&window, 3));
        let hit = cache.find(&other, ANNE);
        assert_eq!((hit.blocks.len(), hit.recent.len()), (3, 2));
    }

    #[test]
    fn what_was_not_used_for_longest_is_given_up_first_and_nothing_in_use() {
        let (pool, window) = (BlockPool::new(5), BlockPool::new(1));
        let mut cache = PrefixCache::new(Some(17), &pool, &window);
        cache.keep(&tokens(32), ANNE, &blocks(&pool, 2), &blocks(&window, 1));
        let other: Vec<TokenId> = (100..132).map(TokenId).collect();
        cache.keep(&other, ANNE, &blocks(&pool, 2), &[]);
        let hit = cache.find(&tokens(40), ANNE);
        assert_eq!((hit.blocks.len(), pool.num_free()), (2, 1));
        assert!(!cache.give_up_recent(), "it is in use");
        assert!(cache.give_up_block() && cache.give_up_block());
        assert!(!cache.give_up_block(), "the rest is in use");
        assert_eq!((cache.len(), pool.num_free()), (2, 3));
        assert!(cache.find(&other, ANNE).blocks.is_empty());
        drop(hit);
        assert!(cache.give_up_recent());
        assert_eq!(cache.find(&tokens(40), ANNE).blocks.len(), 0);
        assert!(cache.give_up_block() && cache.give_up_block() && cache.is_empty());
        assert_eq!((pool.num_free(), window.num_free()), (5, 1));
    }
}

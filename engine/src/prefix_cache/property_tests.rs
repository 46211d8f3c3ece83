//! Counts and the order in which blocks are given up, against a cache that looks at every block
//! whenever it is asked.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use proptest::{collection::vec, prelude::*};

use super::{BlockKey, Hit, PrefixCache, Salt, keys};
use crate::block_pool::{BLOCK_TOKENS, Block, BlockPool};
use crate::request::TokenId;

const NUM_BLOCKS: usize = 12;
const NUM_RECENT: usize = 9;
/// Two blocks.
const WINDOW: usize = 33;

#[derive(Clone, Debug)]
enum Act {
    /// A sequence that begins like others: how many blocks, which of two ends, whose.
    Begin(usize, u32, u128),
    /// One of those that run is kept, and goes on or ends.
    Keep(usize),
    End(usize),
    GiveUpBlock,
    GiveUpRecent,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1..5usize, 0..2u32, 0..2u128)
            .prop_map(|(length, end, owner)| { Act::Begin(length, end, owner) }),
        any::<usize>().prop_map(Act::Keep),
        any::<usize>().prop_map(Act::End),
        Just(Act::GiveUpBlock),
        Just(Act::GiveUpRecent),
    ]
}

/// A block by its number: who has a clone has it.
type Held = Arc<u32>;

struct NaiveEntry {
    block: Held,
    recent: Option<Held>,
    depth: usize,
    last_use: u64,
}

/// The same cache without any account of what is in use.
#[derive(Default)]
struct Naive {
    entries: HashMap<BlockKey, NaiveEntry>,
    num_uses: u64,
}

impl Naive {
    fn find(&mut self, tokens: &[TokenId], salt: Salt) -> (Vec<Held>, Vec<Held>) {
        let keys = keys(&tokens[..tokens.len() - 1], salt);
        let known = keys.iter().take_while(|key| self.entries.contains_key(key));
        let has_recent = |end: &usize| {
            let window = &keys[end.saturating_sub(2)..*end];
            window.iter().all(|key| self.entries[key].recent.is_some())
        };
        let length = (0..=known.count()).rev().find(has_recent).unwrap();
        self.num_uses += 1;
        let (mut blocks, mut recent) = (Vec::new(), Vec::new());
        for (place, key) in keys[..length].iter().enumerate() {
            let entry = self.entries.get_mut(key).unwrap();
            entry.last_use = self.num_uses;
            blocks.push(Arc::clone(&entry.block));
            if place + 2 >= length {
                recent.extend(entry.recent.clone());
            }
        }
        (blocks, recent)
    }

    fn keep(&mut self, tokens: &[TokenId], salt: Salt, blocks: &[Held], recent: &[Held]) {
        self.num_uses += 1;
        let keys = keys(tokens, salt);
        let recent = &recent[recent.len().saturating_sub(2)..];
        let first = keys.len() - recent.len();
        for (depth, (key, block)) in keys.iter().zip(blocks).enumerate() {
            let entry = self.entries.entry(*key).or_insert_with(|| NaiveEntry {
                block: Arc::clone(block),
                recent: None,
                depth,
                last_use: 0,
            });
            if entry.recent.is_none() && depth >= first {
                entry.recent = recent.get(depth - first).cloned();
            }
            entry.last_use = self.num_uses;
        }
    }

    fn oldest(&self, is_free: impl Fn(&NaiveEntry) -> bool) -> Option<BlockKey> {
        let free = self.entries.iter().filter(|(_, entry)| is_free(entry));
        let age = |entry: &NaiveEntry| (entry.last_use, std::cmp::Reverse(entry.depth));
        let oldest = free.min_by_key(|(_, entry)| age(entry));
        oldest.map(|(key, _)| *key)
    }

    fn give_up_block(&mut self) -> bool {
        let oldest = self.oldest(|entry| is_only_kept(&entry.block));
        oldest.is_some_and(|key| self.entries.remove(&key).is_some())
    }

    fn give_up_recent(&mut self) -> bool {
        let oldest = self.oldest(|entry| entry.recent.as_ref().is_some_and(is_only_kept));
        let entry = oldest.and_then(|key| self.entries.get_mut(&key));
        entry.is_some_and(|entry| entry.recent.take().is_some())
    }

    fn num_unused(&self) -> [usize; 2] {
        let entries = || self.entries.values();
        let recent = entries().filter_map(|entry| entry.recent.as_ref());
        [
            entries().filter(|entry| is_only_kept(&entry.block)).count(),
            recent.filter(|block| is_only_kept(block)).count(),
        ]
    }
}

fn is_only_kept(block: &Held) -> bool {
    Arc::strong_count(block) == 1
}

struct Running {
    tokens: Vec<TokenId>,
    salt: Salt,
    blocks: (Vec<Block>, Vec<Block>),
    naive: (Vec<Held>, Vec<Held>),
}

/// Both caches, with the same sequences.
struct Both {
    pools: [BlockPool; 2],
    cache: PrefixCache,
    naive: Naive,
    running: Vec<Running>,
    /// Every block that the other cache ever knew.
    known: [Vec<Weak<u32>>; 2],
}

impl Both {
    fn new() -> Self {
        let pools = [BlockPool::new(NUM_BLOCKS), BlockPool::new(NUM_RECENT)];
        Self {
            cache: PrefixCache::new(Some(WINDOW), &pools[0], &pools[1]),
            pools,
            naive: Naive::default(),
            running: Vec::new(),
            known: [Vec::new(), Vec::new()],
        }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Begin(length, end, owner) => self.begin(length, end, owner),
            Act::Keep(index) => {
                if let Some(place) = index.checked_rem(self.running.len()) {
                    let Running {
                        tokens,
                        salt,
                        blocks,
                        naive,
                    } = &self.running[place];
                    self.cache.keep(tokens, *salt, &blocks.0, &blocks.1);
                    self.naive.keep(tokens, *salt, &naive.0, &naive.1);
                }
            }
            Act::End(index) => {
                if let Some(place) = index.checked_rem(self.running.len()) {
                    self.running.remove(place);
                }
            }
            Act::GiveUpBlock => {
                assert_eq!(self.cache.give_up_block(), self.naive.give_up_block());
            }
            Act::GiveUpRecent => {
                assert_eq!(self.cache.give_up_recent(), self.naive.give_up_recent());
            }
        }
        self.compare();
    }

    fn begin(&mut self, num_blocks: usize, end: u32, owner: u128) {
        let last = TokenId(1_000 + end);
        let length = u32::try_from(num_blocks * BLOCK_TOKENS).unwrap();
        let mut tokens: Vec<TokenId> = (0..length - 1).map(TokenId).collect();
        tokens.push(last);
        let salt = Salt {
            owner,
            num_shared_tokens: BLOCK_TOKENS,
        };
        let Hit { blocks, recent } = self.cache.find(&tokens, salt);
        let mut naive = self.naive.find(&tokens, salt);
        assert_eq!(numbers(&blocks), naive_numbers(&naive.0));
        assert_eq!(numbers(&recent), naive_numbers(&naive.1));
        let num_missing = num_blocks - blocks.len();
        let mut taken = [blocks, recent];
        for (kind, naive) in [&mut naive.0, &mut naive.1].into_iter().enumerate() {
            for _ in 0..num_missing {
                let Ok(block) = self.pools[kind].take() else {
                    return;
                };
                let held = Arc::new(block.number());
                self.known[kind].push(Arc::downgrade(&held));
                naive.push(held);
                taken[kind].push(block);
            }
        }
        let [blocks, recent] = taken;
        self.running.push(Running {
            tokens,
            salt,
            blocks: (blocks, recent),
            naive,
        });
    }

    fn compare(&self) {
        assert_eq!(self.cache.num_unused(), self.naive.num_unused());
        assert_eq!(self.cache.len(), self.naive.entries.len());
        for (pool, known) in self.pools.iter().zip(&self.known) {
            let num_taken = known.iter().filter(|it| it.strong_count() > 0).count();
            assert_eq!(pool.num_blocks() - pool.num_free(), num_taken);
        }
    }
}

fn numbers(blocks: &[Block]) -> Vec<u32> {
    blocks.iter().map(Block::number).collect()
}

fn naive_numbers(blocks: &[Held]) -> Vec<u32> {
    blocks.iter().map(|block| **block).collect()
}

proptest! {
    #[test]
    fn what_is_counted_is_what_is_there(acts in vec(act(), 1..120)) {
        let mut both = Both::new();
        for act in &acts {
            both.act(act);
        }
        both.running.clear();
        both.compare();
        while both.naive.give_up_block() {
            prop_assert!(both.cache.give_up_block());
        }
        prop_assert!(!both.cache.give_up_block());
        prop_assert_eq!(both.pools.each_ref().map(BlockPool::num_free), [NUM_BLOCKS, NUM_RECENT]);
    }
}

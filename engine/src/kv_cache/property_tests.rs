//! Whatever arrives, is halted, shortened, kept or given up: no block is lost, none is given twice,
//! and every sequence finds in its blocks what was computed for it.

use burn::tensor::Device;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::cache_row;
use crate::prefix_cache::Salt;
use crate::request::TokenId;

const WINDOW: usize = 20;
const CONTEXT: usize = 160;

#[derive(Clone, Debug)]
enum Act {
    /// A sequence that begins like one of a few, and differs after some tokens.
    Begin {
        text: u32,
        same: usize,
        length: usize,
        owner: u128,
    },
    /// Computes up to so many of the tokens that are left.
    Step {
        sequence: usize,
        num_tokens: usize,
    },
    Keep(usize),
    End {
        sequence: usize,
        keeps: bool,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let begin =
        (0..3_u32, 0..90_usize, 2..CONTEXT, 0..2_u128).prop_map(|(text, same, length, owner)| {
            Act::Begin {
                text,
                same,
                length,
                owner,
            }
        });
    let step = (any::<usize>(), 1..70_usize).prop_map(|(sequence, num_tokens)| Act::Step {
        sequence,
        num_tokens,
    });
    let end =
        (any::<usize>(), any::<bool>()).prop_map(|(sequence, keeps)| Act::End { sequence, keeps });
    prop_oneof![
        2 => begin,
        6 => step,
        1 => any::<usize>().prop_map(Act::Keep),
        1 => end,
    ]
}

struct Sequence {
    tokens: Vec<TokenId>,
    salt: Salt,
    cache: KvCache,
}

/// What a position holds: it depends on everything before it.
type Content = Vec<TokenId>;

/// A pool whose memory is a list of what was written where.
struct Simulation {
    pool: KvPool,
    /// Rows of layers that attend to everything, and of sliding ones.
    memory: [Vec<Option<Content>>; 2],
    sequences: Vec<Sequence>,
    total: [usize; 2],
    num_begun: u32,
}

impl Simulation {
    fn new() -> Self {
        let shape = CacheShape {
            windows: vec![usize::MAX, WINDOW],
            num_kv_heads: 1,
            head_dim: 2,
            context_window: CONTEXT,
        };
        let plan = KvPlan {
            num_blocks: 26,
            num_window_blocks: 22,
        };
        let devices = vec![Device::flex(); 2];
        let pool = KvPool::new(shape, plan, &devices);
        Self {
            total: pool.num_free_blocks(),
            memory: [26, 22].map(|count| vec![None; count * BLOCK_TOKENS]),
            pool,
            sequences: Vec::new(),
            num_begun: 0,
        }
    }

    fn act(&mut self, act: &Act) {
        let place = |sequence: usize| sequence % self.sequences.len().max(1);
        match *act {
            Act::Begin {
                text,
                same,
                length,
                owner,
            } => {
                self.num_begun += 1;
                let own = self.num_begun * 1_000;
                let token = |index: usize| {
                    let index = u32::try_from(index).unwrap();
                    let is_same = (index as usize) < same;
                    TokenId(if is_same {
                        text * 200 + index
                    } else {
                        own + index
                    })
                };
                let tokens: Vec<TokenId> = (0..length).map(token).collect();
                let salt = Salt {
                    owner,
                    num_shared_tokens: 32,
                };
                let cache = self.pool.cache_for(&tokens, salt);
                self.sequences.push(Sequence {
                    tokens,
                    salt,
                    cache,
                });
            }
            Act::Step {
                sequence,
                num_tokens,
            } if !self.sequences.is_empty() => {
                let place = place(sequence);
                self.step(place, num_tokens);
            }
            Act::Keep(sequence) if !self.sequences.is_empty() => {
                let sequence = &self.sequences[place(sequence)];
                self.pool
                    .keep(&sequence.cache, &sequence.tokens, sequence.salt);
            }
            Act::End { sequence, keeps } if !self.sequences.is_empty() => {
                let sequence = self.sequences.swap_remove(place(sequence));
                if keeps {
                    self.pool
                        .keep(&sequence.cache, &sequence.tokens, sequence.salt);
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, place: usize, num_tokens: usize) {
        let Sequence { tokens, cache, .. } = &mut self.sequences[place];
        let (first, end) = (cache.len(), (cache.len() + num_tokens).min(tokens.len()));
        if first == end || self.pool.reserve(cache, end - first).is_err() {
            return;
        }
        for (is_sliding, memory) in [false, true].into_iter().zip(&mut self.memory) {
            let blocks = cache.blocks(is_sliding);
            for position in first..end {
                let content = tokens[..=position].to_vec();
                memory[cache_row(&blocks, position)] = Some(content);
            }
        }
        cache.advance(end - first);
    }

    fn check(&self) {
        for Sequence { tokens, cache, .. } in &self.sequences {
            for (is_sliding, memory) in [false, true].into_iter().zip(&self.memory) {
                let blocks = cache.blocks(is_sliding);
                let first_needed = (cache.len() + 1).saturating_sub(WINDOW);
                let first = if is_sliding { first_needed } else { 0 };
                for position in first..cache.len() {
                    let found = memory[cache_row(&blocks, position)].as_ref();
                    let expected = &tokens[..=position];
                    assert!(
                        found.is_some_and(|written| written == expected),
                        "position {position} holds something else, sliding: {is_sliding}"
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_block_is_lost_or_given_twice(acts in vec(act(), 0..120)) {
        let mut simulation = Simulation::new();
        for act in &acts {
            simulation.act(act);
            simulation.check();
        }
        simulation.sequences.clear();
        prop_assert_eq!(simulation.pool.num_free_blocks(), simulation.total);
    }
}

//! How many blocks there are, decided before the first sequence.

use super::CacheShape;
use crate::block_pool::BLOCK_TOKENS;

/// Tokens of one sequence that a step computes at most.
pub const MAX_STEP_TOKENS: usize = 512;

/// Ends of prompts and answers whose windows are kept, for each sequence that runs.
const KEPT_WINDOWS: usize = 8;

/// Blocks of both kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvPlan {
    /// In layers that attend to everything.
    pub num_blocks: usize,
    /// In layers with a sliding window.
    pub num_window_blocks: usize,
}

impl KvPlan {
    /// Room for `num_sequences` of full length, or for as much as `memory` bytes hold; for a block
    /// in any case.
    pub fn new(shape: &CacheShape, num_sequences: usize, memory: u64) -> Self {
        let num_sequences = num_sequences.max(1);
        let wanted = num_sequences * shape.context_window.div_ceil(BLOCK_TOKENS);
        let num_window_blocks = num_sequences * window_blocks(shape);
        let bytes = |num_blocks| {
            Self {
                num_blocks,
                num_window_blocks,
            }
            .num_bytes(shape)
        };
        let of_one = bytes(1) - bytes(0);
        let affordable = memory.saturating_sub(bytes(0)).checked_div(of_one);
        let affordable = affordable.and_then(|count| usize::try_from(count).ok());
        Self {
            num_blocks: wanted.min(affordable.unwrap_or(wanted)).max(1),
            num_window_blocks,
        }
    }

    /// Bytes of all blocks.
    pub fn num_bytes(&self, shape: &CacheShape) -> u64 {
        let of_layer = |window: &usize| {
            let is_sliding = *window != usize::MAX;
            let count = if is_sliding {
                self.num_window_blocks
            } else {
                self.num_blocks
            };
            (count * BLOCK_TOKENS * shape.layer_bytes()) as u64
        };
        shape.windows.iter().map(of_layer).sum()
    }

    /// Longest sequence there is room for.
    pub fn context_window(&self, shape: &CacheShape) -> usize {
        let has_full_layer = shape.windows.contains(&usize::MAX);
        let room = if has_full_layer {
            self.num_blocks * BLOCK_TOKENS
        } else {
            usize::MAX
        };
        shape.context_window.min(room)
    }
}

/// Blocks a sequence may need in sliding layers: its window, the tokens of a step, and the parts of
/// blocks at both ends; and those of the windows where its prompts and answers ended.
fn window_blocks(shape: &CacheShape) -> usize {
    let whole = shape.context_window.div_ceil(BLOCK_TOKENS);
    shape.sliding_window().map_or(0, |window| {
        let of_window = window.div_ceil(BLOCK_TOKENS).min(whole);
        let positions = window.saturating_add(MAX_STEP_TOKENS);
        let of_step = (positions.div_ceil(BLOCK_TOKENS) + 1).min(whole);
        of_step + KEPT_WINDOWS * of_window
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(windows: &[usize]) -> CacheShape {
        CacheShape {
            windows: windows.to_vec(),
            num_kv_heads: 2,
            head_dim: 8,
            context_window: 4_096,
        }
    }

    #[test]
    fn there_is_room_for_every_sequence_or_for_what_memory_holds() {
        let shape = shape(&[usize::MAX, 128]);
        let plan = KvPlan::new(&shape, 3, u64::MAX);
        assert_eq!(
            plan,
            KvPlan {
                num_blocks: 768,
                num_window_blocks: 3 * (41 + 8 * 8)
            }
        );
        assert_eq!(plan.context_window(&shape), 4_096);
        let half = KvPlan::new(&shape, 3, plan.num_bytes(&shape) / 2);
        assert!(half.num_bytes(&shape) <= plan.num_bytes(&shape) / 2);
        assert!((200..400).contains(&half.num_blocks), "{half:?}");
        let least = KvPlan::new(&shape, 3, 0);
        assert_eq!((least.num_blocks, least.context_window(&shape)), (1, 16));
    }

    #[test]
    fn a_model_of_one_kind_of_layers_has_blocks_of_one_kind() {
        assert_eq!(
            KvPlan::new(&shape(&[usize::MAX]), 1, u64::MAX).num_window_blocks,
            0
        );
        let sliding = shape(&[128]);
        assert_eq!(KvPlan::new(&sliding, 1, 0).context_window(&sliding), 4_096);
    }
}

//! How many blocks there are, decided before the first sequence.

use super::CacheShape;
use crate::block_pool::BLOCK_TOKENS;

/// Tokens of one sequence that a step computes at most.
pub const MAX_STEP_TOKENS: usize = 512;

/// Ends of prompts and answers whose windows are kept, for each sequence that runs.
const KEPT_WINDOWS: usize = 8;

/// What there is to be room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedSequences {
    /// Computed at once.
    pub num_running: usize,
    /// As many tokens as in so many sequences of full length.
    pub num_full: usize,
}

impl PlannedSequences {
    /// So many, however long they are.
    pub fn full(count: usize) -> Self {
        Self {
            num_running: count,
            num_full: count,
        }
    }
}

/// Blocks of both kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvPlan {
    /// In layers that attend to everything.
    pub num_blocks: usize,
    /// In layers with a sliding window.
    pub num_window_blocks: usize,
}

impl KvPlan {
    /// Room for as much as `memory` bytes hold of what `sequences` need; for a block in any case.
    pub fn new(shape: &CacheShape, sequences: PlannedSequences, memory: u64) -> Self {
        let num_full = sequences.num_full.max(1);
        let wanted = num_full * shape.context_window.div_ceil(BLOCK_TOKENS);
        let num_window_blocks = affordable_windows(shape, sequences.num_running.max(1), memory / 2);
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

/// Blocks of sliding layers that `memory` bytes hold: for every sequence what a step needs and the
/// windows where prompts and answers ended, else fewer of those, else for fewer sequences at once;
/// for one in any case.
fn affordable_windows(shape: &CacheShape, num_sequences: usize, memory: u64) -> usize {
    let whole = shape.context_window.div_ceil(BLOCK_TOKENS);
    let Some(window) = shape.sliding_window() else {
        return 0;
    };
    let of_window = window.div_ceil(BLOCK_TOKENS).min(whole);
    let kept = (0..=KEPT_WINDOWS).rev().map(|kept| (num_sequences, kept));
    let fewer = (1..num_sequences).rev().map(|count| (count, 0));
    let mut counts = kept
        .chain(fewer)
        .map(|(count, kept)| count * (step_blocks(shape, window) + kept * of_window));
    let fits = |num_window_blocks: &usize| {
        let plan = KvPlan {
            num_blocks: 0,
            num_window_blocks: *num_window_blocks,
        };
        plan.num_bytes(shape) <= memory
    };
    counts
        .find(fits)
        .unwrap_or_else(|| step_blocks(shape, window))
}

/// Blocks a sequence may need in sliding layers in one step: its window, the tokens of the step,
/// and the parts of blocks at both ends.
pub(super) fn step_blocks(shape: &CacheShape, window: usize) -> usize {
    let whole = shape.context_window.div_ceil(BLOCK_TOKENS);
    let positions = window.saturating_add(MAX_STEP_TOKENS);
    (positions.div_ceil(BLOCK_TOKENS) + 1).min(whole)
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
        let plan = KvPlan::new(&shape, PlannedSequences::full(3), u64::MAX);
        assert_eq!(
            plan,
            KvPlan {
                num_blocks: 768,
                num_window_blocks: 3 * (41 + 8 * 8)
            }
        );
        assert_eq!(plan.context_window(&shape), 4_096);
        let shared = PlannedSequences {
            num_running: 3,
            num_full: 1,
        };
        let shared = KvPlan::new(&shape, shared, u64::MAX);
        assert_eq!(shared.num_blocks, 256);
        assert_eq!(shared.num_window_blocks, plan.num_window_blocks);
        let half = KvPlan::new(
            &shape,
            PlannedSequences::full(3),
            plan.num_bytes(&shape) / 2,
        );
        assert!(half.num_bytes(&shape) <= plan.num_bytes(&shape) / 2);
        assert!((200..400).contains(&half.num_blocks), "{half:?}");
        let least = KvPlan::new(&shape, PlannedSequences::full(3), 0);
        assert_eq!((least.num_blocks, least.context_window(&shape)), (1, 16));
        assert_eq!(
            least.num_window_blocks, 41,
            "one sequence can always be computed"
        );
        let few = KvPlan::new(&shape, PlannedSequences::full(200), plan.num_bytes(&shape));
        assert!(few.num_bytes(&shape) <= plan.num_bytes(&shape), "{few:?}");
        assert!(
            few.num_blocks > 300,
            "windows take half of it at most: {few:?}"
        );
    }

    #[test]
    fn a_model_of_one_kind_of_layers_has_blocks_of_one_kind() {
        assert_eq!(
            KvPlan::new(&shape(&[usize::MAX]), PlannedSequences::full(1), u64::MAX)
                .num_window_blocks,
            0
        );
        let sliding = shape(&[128]);
        assert_eq!(
            KvPlan::new(&sliding, PlannedSequences::full(1), 0).context_window(&sliding),
            4_096
        );
    }
}

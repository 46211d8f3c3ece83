//! Attention on a processor: which tokens and heads a thread takes at a time.

use std::ops::Range;

use super::thread_pool::Columns;
use super::{KernelContext, cache};
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::{AttentionShape, Places};

/// Tokens whose heads a thread takes at a time, at most.
const MAX_TOKENS: usize = 32;
/// Tasks there are for every thread, where there are tokens enough.
const TASKS: usize = 2;

/// One query head of a token, and where its keys and values are.
#[derive(Clone, Debug)]
pub(super) struct AttentionHead<'a> {
    pub(super) query: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    /// A score without a value; minus infinity: none.
    pub(super) sink: f32,
    kv_head: usize,
    shape: &'a AttentionShape,
    /// Where the positions are, see [`Places`].
    pub(super) blocks: &'a [u32],
    /// Positions to attend to.
    pub(super) positions: Range<usize>,
}

#[expect(clippy::inline_always, reason = "part of the inner loops of kernels")]
impl<'a> AttentionHead<'a> {
    /// Keys of the positions from `index * BLOCK_TOKENS` on: `[head_dim, BLOCK_TOKENS]`.
    #[inline(always)]
    pub(super) fn keys(&self, index: usize) -> &'a [f32] {
        cache::block(self.keys, self.blocks[index], (self.kv_head, self.shape))
    }

    /// Their values: `[BLOCK_TOKENS, head_dim]`.
    #[inline(always)]
    pub(super) fn values(&self, index: usize) -> &'a [f32] {
        cache::block(self.values, self.blocks[index], (self.kv_head, self.shape))
    }

    /// The blocks that have its positions.
    pub(super) fn block_range(&self) -> Range<usize> {
        self.positions.start / BLOCK_TOKENS..self.positions.end.div_ceil(BLOCK_TOKENS)
    }

    /// Which places of a block are its positions.
    pub(super) fn within(&self, index: usize) -> Range<usize> {
        let first = index * BLOCK_TOKENS;
        let place = |position: usize| position.saturating_sub(first).min(BLOCK_TOKENS);
        place(self.positions.start)..place(self.positions.end)
    }

    /// What products of query and keys are multiplied with.
    pub(super) fn scale(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a head has some hundred values")]
        let size = self.query.len() as f32;
        1.0 / size.sqrt()
    }
}

impl KernelContext {
    /// See [`crate::kernels::attention`].
    pub(in crate::kernels) fn attention(
        &self,
        query: &[f32],
        (keys, values): (&[f32], &[f32]),
        sinks: &[f32],
        (places, shape): (&Places<'_>, &AttentionShape),
    ) -> Vec<f32> {
        let (head_dim, query_size) = (shape.head_dim, shape.query_size());
        let heads_per_kv_head = shape.num_heads / shape.num_kv_heads;
        let mut output = vec![0.0; query.len()];
        let num_rows = query.len() / query_size;
        let (tokens, heads) = self.attention_tile(num_rows, shape);
        let attend = |tile: &mut Columns<'_>| {
            let columns = tile.range();
            let heads = columns.start / head_dim..columns.end / head_dim;
            let rows = tile.rows();
            let tokens = rows.clone().flat_map(|row| {
                let head = move |head: usize| (row, head);
                heads.clone().map(head)
            });
            let heads = tokens.map(|(row, head)| AttentionHead {
                query: &query[row * query_size + head * head_dim..][..head_dim],
                keys,
                values,
                sink: sinks[head],
                kv_head: head / heads_per_kv_head,
                shape,
                blocks: places.blocks_of(row),
                positions: (places.position(row) + 1).saturating_sub(shape.window)
                    ..places.position(row) + 1,
            });
            let heads: Vec<AttentionHead<'_>> = heads.collect();
            let mut outputs = vec![0.0; heads.len() * head_dim];
            self.instruction_set.attend(&heads, &mut outputs);
            for (row, output) in rows.zip(outputs.chunks(columns.len())) {
                tile.row_mut(row).copy_from_slice(output);
            }
        };
        self.pool
            .for_each_block(&mut output, query_size, (tokens, heads * head_dim), attend);
        output
    }

    /// Tokens and heads of a task. Heads that share keys and values stay together, unless many
    /// threads would have nothing to do; threads have as many tasks as each other where tokens can
    /// be divided so.
    fn attention_tile(&self, num_tokens: usize, shape: &AttentionShape) -> (usize, usize) {
        let num_threads = self.pool.num_threads();
        if num_tokens * shape.num_kv_heads * 2 <= num_threads {
            return (1, 1);
        }
        let wanted = num_tokens * shape.num_kv_heads / (num_threads * TASKS);
        let mut parts = num_tokens.div_ceil(wanted.clamp(1, MAX_TOKENS));
        while parts < num_tokens && !(parts * shape.num_kv_heads).is_multiple_of(num_threads) {
            parts += 1;
        }
        let tokens = num_tokens.div_ceil(parts.max(1)).max(1);
        (tokens, shape.num_heads / shape.num_kv_heads)
    }
}

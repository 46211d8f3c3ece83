//! How keys and values lie in the cache of a processor.
//!
//! The positions of a block stand together, head by head. Of keys first comes value 0 of all
//! sixteen positions, then value 1: `[num_blocks, num_kv_heads, head_dim, BLOCK_TOKENS]`, so that a
//! vector holds one value of many positions and nothing is added across its lanes. Values are
//! `[num_blocks, num_kv_heads, BLOCK_TOKENS, head_dim]`: a vector holds many values of one
//! position. See `docs/adr/0029-keys-lie-turned-round.md`.

use super::KernelContext;
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::{AttentionShape, Places, reference};

/// What `cache` has of a head in the block with that number.
///
/// # Panics
/// If there is no such block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "part of the inner loops of kernels")]
pub(super) fn block<'a>(
    cache: &'a [f32],
    number: u32,
    (kv_head, shape): (usize, &AttentionShape),
) -> &'a [f32] {
    let first = first(number, kv_head, shape);
    &cache[first..first + shape.head_dim * BLOCK_TOKENS]
}

/// Where that begins.
fn first(number: u32, kv_head: usize, shape: &AttentionShape) -> usize {
    (number as usize * shape.num_kv_heads + kv_head) * shape.head_dim * BLOCK_TOKENS
}

impl KernelContext {
    /// See [`crate::kernels::rope_and_cache_write`]; the query is returned, the cache written in
    /// place.
    pub(in crate::kernels) fn rope_and_cache_write(
        qkv: &[f32],
        rotations: &[f32],
        (keys, values): (&mut [f32], &mut [f32]),
        (places, shape): (&Places<'_>, &AttentionShape),
    ) -> Vec<f32> {
        let (query_size, kv_size) = (shape.query_size(), shape.kv_size());
        let mut query = Vec::with_capacity(qkv.len());
        let mut key = vec![0.0; kv_size];
        for (index, row) in qkv.chunks(query_size + 2 * kv_size).enumerate() {
            let position = places.position(index);
            let number = places.blocks_of(index)[position / BLOCK_TOKENS];
            let angles = &rotations[position * shape.head_dim..][..shape.head_dim];
            query.extend(&row[..query_size]);
            reference::rotate(&mut query[index * query_size..], angles, shape.pairs);
            let (new_key, value) = row[query_size..].split_at(kv_size);
            key.copy_from_slice(new_key);
            reference::rotate(&mut key, angles, shape.pairs);
            let heads = key.chunks(shape.head_dim).zip(value.chunks(shape.head_dim));
            for (kv_head, (key, value)) in heads.enumerate() {
                let first = first(number, kv_head, shape);
                let in_block = position % BLOCK_TOKENS;
                let places = keys[first + in_block..].iter_mut().step_by(BLOCK_TOKENS);
                for (place, key) in places.zip(key) {
                    *place = *key;
                }
                values[first + in_block * shape.head_dim..][..shape.head_dim]
                    .copy_from_slice(value);
            }
        }
        query
    }
}

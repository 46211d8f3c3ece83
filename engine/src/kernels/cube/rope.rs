//! Rotary positions and cache writes.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{cubes, empty_matrix};
use super::places::{CubePlaces, cache_row};
use crate::kernels::{AttentionShape, RotaryPairs};

/// See [`reference::rope_and_cache_write`](crate::kernels::reference::rope_and_cache_write): one
/// unit a pair of values. The cache is written in place.
pub(super) fn rope_and_cache_write(
    qkv: CubeTensor,
    rotations: CubeTensor,
    (keys, values): (CubeTensor, CubeTensor),
    places: CubePlaces,
    shape: &AttentionShape,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let num_tokens = qkv.meta.shape()[0];
    let row_pairs = shape.query_size() / 2 + shape.kv_size();
    let query = empty_matrix(&qkv, num_tokens, shape.query_size());
    let (cube_count, cube_dim) = cubes(num_tokens * row_pairs);
    let num_blocks = places.num_blocks();
    let client = qkv.client.clone();
    rope_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        qkv.into_buffer_arg(),
        rotations.into_buffer_arg(),
        places.positions.into_buffer_arg(),
        places.sequences.into_buffer_arg(),
        places.blocks.into_buffer_arg(),
        query.clone().into_buffer_arg(),
        keys.clone().into_buffer_arg(),
        values.clone().into_buffer_arg(),
        shape.query_size(),
        shape.kv_size(),
        shape.head_dim,
        num_blocks,
        shape.pairs == RotaryPairs::Halves,
    );
    (query, keys, values)
}

#[cube(launch)]
pub(super) fn rope_kernel(
    qkv: &[f32],
    rotations: &[f32],
    positions: &[u32],
    sequences: &[u32],
    blocks: &[u32],
    query: &mut [f32],
    keys: &mut [f32],
    values: &mut [f32],
    query_size: usize,
    kv_size: usize,
    head_dim: usize,
    num_blocks: usize,
    #[comptime] halves: bool,
) {
    let row_size = query_size + 2 * kv_size;
    let index = ABSOLUTE_POS * 2;
    if index < qkv.len() {
        let token = index / row_size;
        let place = index % row_size;
        let pair = place % head_dim / 2;
        let head = place - place % head_dim;
        let at = positions[token] as usize;
        let angle = at * head_dim + pair * 2;
        let mut column = head + pair * 2;
        let mut partner = head + pair * 2 + 1;
        if comptime!(halves) {
            column = head + pair;
            partner = head + pair + head_dim / 2;
        }
        let x = qkv[token * row_size + column];
        let y = qkv[token * row_size + partner];
        let cached = cache_row(blocks, sequences[token] as usize * num_blocks, at) * kv_size;
        if column < query_size + kv_size {
            let cosine = rotations[angle];
            let sine = rotations[angle + 1];
            if column < query_size {
                query[token * query_size + column] = x * cosine - y * sine;
                query[token * query_size + partner] = x * sine + y * cosine;
            } else {
                keys[cached + column - query_size] = x * cosine - y * sine;
                keys[cached + partner - query_size] = x * sine + y * cosine;
            }
        } else {
            values[cached + column - query_size - kv_size] = x;
            values[cached + partner - query_size - kv_size] = y;
        }
    }
}

//! Attention: one cube a token and query head, over the cache in tiles.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{LANES, ROWS, add_cube, empty_matrix, largest_of_cube, whole_cubes};
use super::places::{CubePlaces, cache_row};
use crate::kernels::AttentionShape;

/// Positions that are looked at together: one a unit.
const TILE: usize = LANES * ROWS;

/// See [`reference::attention`](crate::kernels::reference::attention). The softmax is kept up to
/// date tile by tile, so the cache is read once, however long it is.
pub(super) fn attention(
    query: CubeTensor,
    (keys, values): (CubeTensor, CubeTensor),
    sinks: CubeTensor,
    places: CubePlaces,
    shape: &AttentionShape,
) -> CubeTensor {
    let num_tokens = query.meta.shape()[0];
    let num_blocks = places.num_blocks();
    let output = empty_matrix(&query, num_tokens, shape.query_size());
    let num_heads = num_tokens * shape.num_heads;
    let (cube_count, cube_dim) = whole_cubes(num_heads);
    let client = query.client.clone();
    attention_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        query.into_buffer_arg(),
        keys.into_buffer_arg(),
        values.into_buffer_arg(),
        sinks.into_buffer_arg(),
        places.positions.into_buffer_arg(),
        places.sequences.into_buffer_arg(),
        places.blocks.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        num_heads,
        shape.num_heads,
        shape.num_kv_heads,
        // No position is as far on as this.
        shape.window.min(1 << 30),
        num_blocks,
        shape.head_dim,
    );
    output
}

#[cube(launch)]
pub(super) fn attention_kernel(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    sinks: &[f32],
    positions: &[u32],
    sequences: &[u32],
    blocks: &[u32],
    output: &mut [f32],
    all_heads: usize,
    num_heads: usize,
    num_kv_heads: usize,
    window: usize,
    num_blocks: usize,
    #[comptime] head_dim: usize,
) {
    let unit = UNIT_POS as usize;
    // Cubes of a last, shorter line repeat the last head and do not write it.
    let query_head = min(CUBE_POS, all_heads - 1);
    let head = query_head % num_heads;
    let kv_head = head / (num_heads / num_kv_heads);
    let token = query_head / num_heads;
    let first_block = sequences[token] as usize * num_blocks;
    let length = positions[token] as usize + 1;
    let start = length - min(window, length);
    let scale = 1.0 / f32::cast_from(head_dim as u32).sqrt();

    let mut shared = Shared::<[f32]>::new_slice(TILE);
    let mut weights = Shared::<[f32]>::new_slice(TILE);
    // Where the key and the value of each position of a tile begin.
    let mut firsts = Shared::<[u32]>::new_slice(TILE);
    let mut own_query = Shared::<[f32]>::new_slice(head_dim);
    for i in range_stepped(unit, head_dim, TILE) {
        own_query[i] = query[query_head * head_dim + i] * scale;
    }
    sync_cube();

    // Without a sink the first score takes over: its weight is 1 and the sink's 0.
    let mut largest = max(sinks[head], f32::MIN.runtime());
    let mut total = (sinks[head] - largest).exp();
    // A unit sums the values `unit`, `unit + TILE`, ... of the head.
    let num_sums = comptime!(head_dim.div_ceil(TILE));
    let mut sums = Array::<f32>::new(num_sums);
    #[unroll]
    for part in 0..num_sums {
        sums[part] = 0.0;
    }

    for tile in range_stepped(start, length, TILE) {
        let cached = tile + unit;
        let mut score = f32::MIN.runtime();
        if cached < length {
            let row = cache_row(blocks, first_block, cached);
            let first = (row * num_kv_heads + kv_head) * head_dim;
            firsts[unit] = first as u32;
            score = product(&own_query, keys, first, head_dim);
        }
        let next = max(largest, largest_of_cube(&mut shared, score));
        let mut weight = 0.0f32;
        if cached < length {
            weight = (score - next).exp();
        }
        weights[unit] = weight;
        let kept = (largest - next).exp();
        // Orders the writes of all weights and places before their use, too.
        total = total * kept + add_cube(&mut shared, weight);
        largest = next;
        let in_tile = min(length - tile, TILE);
        add_values(
            &mut sums, &weights, &firsts, values, unit, in_tile, kept, head_dim,
        );
        // Nobody writes the next weights while these are read.
        sync_cube();
    }
    #[unroll]
    for part in 0..num_sums {
        let i = unit + part * TILE;
        if CUBE_POS < all_heads && i < head_dim {
            output[query_head * head_dim + i] = sums[part] / total;
        }
    }
}

/// Adds the weighted values of a tile to what is `kept` of the sums before.
#[cube]
fn add_values(
    sums: &mut Array<f32>,
    weights: &Shared<[f32]>,
    firsts: &Shared<[u32]>,
    values: &[f32],
    unit: usize,
    in_tile: usize,
    kept: f32,
    #[comptime] head_dim: usize,
) {
    #[unroll]
    for part in 0..comptime!(head_dim.div_ceil(TILE)) {
        let i = unit + part * TILE;
        if i < head_dim {
            let mut sum = sums[part] * kept;
            for place in 0..in_tile {
                sum += weights[place] * values[firsts[place] as usize + i];
            }
            sums[part] = sum;
        }
    }
}

/// Product of the query with the key that begins at `first`.
#[cube]
fn product(query: &Shared<[f32]>, keys: &[f32], first: usize, #[comptime] head_dim: usize) -> f32 {
    let mut sum = 0.0f32;
    for i in 0..head_dim {
        sum += query[i] * keys[first + i];
    }
    sum
}

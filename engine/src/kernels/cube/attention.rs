//! Rotary positions, cache writes and attention.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{cubes, empty_matrix};
use crate::kernels::{AttentionShape, RotaryPairs};

/// See [`reference::rope_and_cache_write`](crate::kernels::reference::rope_and_cache_write): one
/// unit a pair of values. The cache is written in place.
pub(super) fn rope_and_cache_write(
    qkv: CubeTensor,
    rotations: CubeTensor,
    (keys, values): (CubeTensor, CubeTensor),
    shape: &AttentionShape,
) -> (CubeTensor, CubeTensor, CubeTensor) {
    let num_tokens = qkv.meta.shape()[0];
    let row_pairs = shape.query_size() / 2 + shape.kv_size();
    let query = empty_matrix(&qkv, num_tokens, shape.query_size());
    let (cube_count, cube_dim) = cubes(num_tokens * row_pairs);
    let client = qkv.client.clone();
    rope_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        qkv.into_buffer_arg(),
        rotations.into_buffer_arg(),
        query.clone().into_buffer_arg(),
        keys.clone().into_buffer_arg(),
        values.clone().into_buffer_arg(),
        shape.query_size(),
        shape.kv_size(),
        shape.head_dim,
        shape.position,
        shape.pairs == RotaryPairs::Halves,
    );
    (query, keys, values)
}

/// See [`reference::attention`](crate::kernels::reference::attention): one unit a value, with the
/// softmax kept up to date position by position.
pub(super) fn attention(
    query: CubeTensor,
    (keys, values): (CubeTensor, CubeTensor),
    sinks: CubeTensor,
    shape: &AttentionShape,
) -> CubeTensor {
    let num_tokens = query.meta.shape()[0];
    let output = empty_matrix(&query, num_tokens, shape.query_size());
    let (cube_count, cube_dim) = cubes(num_tokens * shape.query_size());
    let client = query.client.clone();
    attention_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        query.into_buffer_arg(),
        keys.into_buffer_arg(),
        values.into_buffer_arg(),
        sinks.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        shape.num_heads,
        shape.num_kv_heads,
        shape.head_dim,
        shape.position,
        shape.window.min(shape.position + num_tokens),
    );
    output
}

#[cube(launch)]
fn rope_kernel(
    qkv: &[f32],
    rotations: &[f32],
    query: &mut [f32],
    keys: &mut [f32],
    values: &mut [f32],
    query_size: usize,
    kv_size: usize,
    head_dim: usize,
    position: usize,
    #[comptime] halves: bool,
) {
    let row_size = query_size + 2 * kv_size;
    let index = ABSOLUTE_POS * 2;
    if index < qkv.len() {
        let token = index / row_size;
        let place = index % row_size;
        let pair = place % head_dim / 2;
        let head = place - place % head_dim;
        let angle = (position + token) * head_dim + pair * 2;
        let mut column = head + pair * 2;
        let mut partner = head + pair * 2 + 1;
        if comptime!(halves) {
            column = head + pair;
            partner = head + pair + head_dim / 2;
        }
        let x = qkv[token * row_size + column];
        let y = qkv[token * row_size + partner];
        let cached = (position + token) * kv_size;
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

#[cube(launch)]
fn attention_kernel(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    sinks: &[f32],
    output: &mut [f32],
    num_heads: usize,
    num_kv_heads: usize,
    head_dim: usize,
    position: usize,
    window: usize,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let query_head = index / head_dim;
        let kv_head = query_head % num_heads / (num_heads / num_kv_heads);
        let length = position + query_head / num_heads + 1;
        let scale = 1.0 / f32::cast_from(head_dim as u32).sqrt();
        // Without a sink the first score takes over: its weight is 1 and the sink's 0.
        let mut largest = max(sinks[query_head % num_heads], f32::MIN.runtime());
        let mut total = (sinks[query_head % num_heads] - largest).exp();
        let mut sum = 0.0f32;
        let start = select(window < length, length - min(window, length), 0);
        for cached in start..length {
            let first = (cached * num_kv_heads + kv_head) * head_dim;
            let mut score = 0.0f32;
            for i in 0..head_dim {
                score += query[query_head * head_dim + i] * keys[first + i];
            }
            score *= scale;
            let next = max(largest, score);
            let kept = (largest - next).exp();
            let weight = (score - next).exp();
            total = total * kept + weight;
            sum = sum * kept + weight * values[first + index % head_dim];
            largest = next;
        }
        output[index] = sum / total;
    }
}

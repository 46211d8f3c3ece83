//! Attention of one query head.

use super::super::attention::AttentionHead;
use super::exponential::exponential;
use super::{LANES, add_up};
use crate::block_pool::BLOCK_TOKENS;

/// Values of a head that are accumulated together: four 256-bit vectors of f32.
const HEAD_PART: usize = 32;

/// Attention of one query head. Values are added in the order of positions.
pub(in crate::kernels::cpu) fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    let mut weights = Vec::with_capacity(head.positions.len());
    for block in head.block_range() {
        let mut scores = [0.0_f32; BLOCK_TOKENS];
        let keys = head.keys(block).as_chunks::<BLOCK_TOKENS>().0;
        for (query, keys) in head.query.iter().zip(keys) {
            for (score, key) in scores.iter_mut().zip(keys) {
                *score += query * key;
            }
        }
        weights.extend_from_slice(&scores[head.within(block)]);
    }
    let inverse = softmax(head, &mut weights);
    add_values(head, &weights, inverse, output);
}

/// Turns products of query and keys into weights, which are to be multiplied with the result.
fn softmax(head: &AttentionHead<'_>, weights: &mut [f32]) -> f32 {
    let scale = head.scale();
    // Whole parts have a length that the compiler knows: only those become vectors.
    let (parts, rest) = weights.as_chunks_mut::<LANES>();
    let mut largest = [head.sink; LANES];
    for part in parts.iter_mut() {
        for (largest, weight) in largest.iter_mut().zip(part) {
            scale_and_compare(scale, weight, largest);
        }
    }
    for (largest, weight) in largest.iter_mut().zip(rest.iter_mut()) {
        scale_and_compare(scale, weight, largest);
    }
    let largest = largest.into_iter().fold(head.sink, f32::max);
    let mut lanes = [0.0_f32; LANES];
    for part in parts {
        for (lane, weight) in lanes.iter_mut().zip(part) {
            *weight = exponential(*weight - largest);
            *lane += *weight;
        }
    }
    for (lane, weight) in lanes.iter_mut().zip(rest) {
        *weight = exponential(*weight - largest);
        *lane += *weight;
    }
    // A sink of minus infinity adds nothing, not even to a bit.
    1.0 / (add_up(lanes) + exponential(head.sink - largest))
}

#[inline]
fn scale_and_compare(scale: f32, weight: &mut f32, largest: &mut f32) {
    *weight *= scale;
    *largest = if *weight > *largest {
        *weight
    } else {
        *largest
    };
}

/// `weights` times `inverse` times values.
fn add_values(head: &AttentionHead<'_>, weights: &[f32], inverse: f32, output: &mut [f32]) {
    let size = output.len();
    for (index, part) in output.chunks_mut(HEAD_PART).enumerate() {
        let mut sums = [0.0_f32; HEAD_PART];
        let mut weights = weights.iter();
        for block in head.block_range() {
            let within = head.within(block);
            let rows = &head.values(block)[within.start * size..within.end * size];
            for (row, weight) in rows.chunks(size).zip(&mut weights) {
                add_row(&mut sums, *weight, &row[index * HEAD_PART..]);
            }
        }
        for (out, sum) in part.iter_mut().zip(&sums) {
            *out = sum * inverse;
        }
    }
}

#[inline]
fn add_row(sums: &mut [f32; HEAD_PART], weight: f32, row: &[f32]) {
    // A whole part has a length that the compiler knows: only that becomes vectors.
    if let Some(row) = row.first_chunk::<HEAD_PART>() {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += weight * value;
        }
    } else {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
}

//! Kernels in plain Rust, for every CPU; written in fixed lanes, so that they vectorise.
//!
//! Functions marked always-inline are compiled once more inside the wider instruction sets.

mod bytes;
mod exponential;
mod mxfp4;
mod nibbles;

use std::ops::Range;

use half::bf16;

use super::activations::QuantizedRow;
use super::thread_pool::Columns;
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::{SwigluLimits, cache_row};
use crate::layout::{MatrixLayout, Row};
use exponential::exponential;

/// Lanes of a dot product: two 256-bit vectors of f32.
pub(super) const LANES: usize = 16;
/// Values of a head that are accumulated together: four 256-bit vectors of f32.
const HEAD_PART: usize = 32;

/// Products of weight rows with every token.
pub(super) fn multiply(
    rows: &[u8],
    layout: &MatrixLayout,
    tokens: &[&QuantizedRow],
    columns: &mut Columns<'_>,
) {
    for (column, bytes) in rows.chunks(layout.row_bytes()).enumerate() {
        let row = Row::new(layout, bytes);
        for (index, token) in tokens.iter().enumerate() {
            columns.row_mut(index)[column] = match row {
                Row::Nibbles {
                    scales,
                    minima,
                    codes,
                    table,
                } => nibbles::dot(
                    &nibbles::NibbleRow {
                        scales,
                        minima,
                        codes,
                        table,
                    },
                    token,
                ),
                Row::Bytes { scales, codes } => bytes::dot(scales, codes, token),
                Row::Mxfp4 { scales, codes } => mxfp4::dot(scales, codes, token),
                Row::Dense(_) | Row::Bf16(_) => {
                    unreachable!("plain floats take the exact path")
                }
            };
        }
    }
}

/// Dot product in 16 lanes, added up in a fixed order.
///
/// # Panics
/// If the lengths differ.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len(), "two vectors of one length");
    let mut lanes = [0.0_f32; LANES];
    let (left_parts, left_rest) = left.as_chunks::<LANES>();
    let (right_parts, right_rest) = right.as_chunks::<LANES>();
    for (x, y) in left_parts.iter().zip(right_parts) {
        for i in 0..LANES {
            lanes[i] += x[i] * y[i];
        }
    }
    for (i, (x, y)) in left_rest.iter().zip(right_rest).enumerate() {
        lanes[i] += x * y;
    }
    add_up(lanes)
}

/// [`dot`] with a row of bf16: the same lanes, the same order and the same bits as with the row
/// decoded.
///
/// # Panics
/// If the lengths differ.
pub(super) fn dot_bf16(left: &[f32], right: &[u8]) -> f32 {
    let (values, []) = right.as_chunks::<2>() else {
        panic!("whole half words")
    };
    assert_eq!(left.len(), values.len(), "two vectors of one length");
    let mut lanes = [0.0_f32; LANES];
    let (left_parts, left_rest) = left.as_chunks::<LANES>();
    let (right_parts, right_rest) = values.as_chunks::<LANES>();
    for (x, y) in left_parts.iter().zip(right_parts) {
        for i in 0..LANES {
            lanes[i] += x[i] * bf16::from_le_bytes(y[i]).to_f32();
        }
    }
    for (i, (x, y)) in left_rest.iter().zip(right_rest).enumerate() {
        lanes[i] += x * bf16::from_le_bytes(*y).to_f32();
    }
    add_up(lanes)
}

/// Sum of lanes, by halves.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
fn add_up(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// One query head and where its keys and values are.
#[derive(Clone, Debug)]
pub(super) struct AttentionHead<'a> {
    pub(super) query: &'a [f32],
    pub(super) keys: &'a [f32],
    pub(super) values: &'a [f32],
    /// A score without a value; minus infinity: none.
    pub(super) sink: f32,
    /// Where the head begins in the row of a position.
    pub(super) first: usize,
    /// Values of a position.
    pub(super) stride: usize,
    /// Where the positions are, see [`Places`](crate::kernels::Places).
    pub(super) blocks: &'a [u32],
    /// Positions to attend to.
    pub(super) positions: Range<usize>,
}

impl AttentionHead<'_> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "part of a loop that must vectorise")]
    pub(super) fn row<'c>(&self, cache: &'c [f32], position: usize) -> &'c [f32] {
        let row = cache_row(self.blocks, position);
        &cache[row * self.stride + self.first..][..self.query.len()]
    }

    /// The positions from `position` on that stand one behind the other in its block.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "part of a loop that must vectorise")]
    pub(super) fn in_block(&self, position: usize) -> usize {
        let end = (position / BLOCK_TOKENS + 1) * BLOCK_TOKENS;
        end.min(self.positions.end) - position
    }
}

/// Attention of one query head. Values are added in the order of positions.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
pub(super) fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    // Loops, not iterator chains: closures would keep the vector width of the whole program.
    let first = head.positions.start;
    let mut weights = vec![0.0_f32; head.positions.len()];
    for (index, weight) in weights.iter_mut().enumerate() {
        *weight = dot(head.query, head.row(head.keys, first + index));
    }
    let inverse = softmax(head, &mut weights);
    add_values(head, &weights, inverse, output);
}

/// Turns products of query and keys into weights, which are to be multiplied with the result.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
pub(super) fn softmax(head: &AttentionHead<'_>, weights: &mut [f32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a head has some hundred values")]
    let scale = 1.0 / (head.query.len() as f32).sqrt();
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

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
fn scale_and_compare(scale: f32, weight: &mut f32, largest: &mut f32) {
    *weight *= scale;
    *largest = if *weight > *largest {
        *weight
    } else {
        *largest
    };
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
fn add_values(head: &AttentionHead<'_>, weights: &[f32], inverse: f32, output: &mut [f32]) {
    let first = head.positions.start;
    let (parts, rest) = output.as_chunks_mut::<HEAD_PART>();
    let rest_first = parts.len() * HEAD_PART;
    for (index, part) in parts.iter_mut().enumerate() {
        let mut sums = [0.0_f32; HEAD_PART];
        for (position, weight) in weights.iter().enumerate() {
            let row = head.row(head.values, first + position);
            let row = &row[index * HEAD_PART..][..HEAD_PART];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        for (out, sum) in part.iter_mut().zip(&sums) {
            *out = sum * inverse;
        }
    }
    for (index, out) in rest.iter_mut().enumerate() {
        let products = weights.iter().enumerate().map(|(position, weight)| {
            weight * head.row(head.values, first + position)[rest_first + index]
        });
        *out = products.sum::<f32>() * inverse;
    }
}

/// `silu(gate) * up`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
pub(super) fn swiglu(gate: &[f32], up: &[f32], output: &mut [f32]) {
    for ((out, gate), up) in output.iter_mut().zip(gate).zip(up) {
        *out = gate / (1.0 + exponential(-gate)) * up;
    }
}

/// `gate * sigmoid(alpha * gate) * (up + 1)`, the gate cut above the limit and `up` on both sides.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "takes the vector width of the function it is part of"
)]
pub(super) fn limited_swiglu(gate: &[f32], up: &[f32], limits: SwigluLimits, output: &mut [f32]) {
    let SwigluLimits { alpha, limit } = limits;
    for ((out, gate), up) in output.iter_mut().zip(gate).zip(up) {
        // Comparisons, not `min`, which looks for broken numbers: these vectorise.
        let gate = if *gate > limit { limit } else { *gate };
        let up = if *up > limit { limit } else { *up };
        let up = if up < -limit { -limit } else { up };
        *out = gate / (1.0 + exponential(-alpha * gate)) * (up + 1.0);
    }
}

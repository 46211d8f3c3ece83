//! Kernels in plain Rust, for every CPU; written in fixed lanes, so that they vectorise.
//!
//! Functions marked always-inline are compiled once more inside the wider instruction sets.

mod attention;
mod bytes;
mod exponential;
mod mxfp4;
mod nibbles;

use half::bf16;

use super::activations::QuantizedRow;
use super::thread_pool::Columns;
use crate::kernels::SwigluLimits;
use crate::layout::{MatrixLayout, Row};
pub(super) use attention::attend;
pub(super) use exponential::exponential;

/// Lanes of a dot product: two 256-bit vectors of f32.
pub(super) const LANES: usize = 16;

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
pub(super) fn add_up(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
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

//! Nibble weights in plain Rust.

use super::super::activations::QuantizedRow;
use crate::layout::{BLOCK_LENGTH, NIBBLE_BLOCK_BYTES, half};

/// The parts of a row, see [`crate::layout`].
pub(super) struct NibbleRow<'a> {
    pub(super) scales: &'a [u8],
    pub(super) minima: &'a [u8],
    pub(super) codes: &'a [u8],
    pub(super) table: [i8; 16],
}

/// Product of a row with a token: exact integers within a block, f32 across blocks in order.
pub(super) fn dot(row: &NibbleRow<'_>, token: &QuantizedRow) -> f32 {
    let blocks = row.codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0;
    let parts = row
        .scales
        .as_chunks::<2>()
        .0
        .iter()
        .zip(row.minima.as_chunks::<2>().0);
    let activations = token.codes.as_chunks::<BLOCK_LENGTH>().0.iter();
    assert_eq!(
        activations.len(),
        blocks.len(),
        "a row and a token of one length"
    );
    let mut output = 0.0;
    for (index, ((block, (scale, minimum)), x)) in
        blocks.iter().zip(parts).zip(activations).enumerate()
    {
        let mut sum = 0_i32;
        for (i, byte) in block.iter().enumerate() {
            sum += i32::from(row.table[usize::from(byte & 15)]) * i32::from(x[i]);
            sum += i32::from(row.table[usize::from(byte >> 4)]) * i32::from(x[i + 16]);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "at most 32 * 127 * 127, below 2^24"
        )]
        let sum = sum as f32;
        output += half(*scale) * token.scales[index] * sum + half(*minimum) * token.sums[index];
    }
    output
}

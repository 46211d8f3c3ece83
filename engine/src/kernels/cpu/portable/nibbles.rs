//! Nibble weights in plain Rust.

use super::super::activations::{QuantizedRow, slot};
use crate::layout::{NIBBLE_BLOCK_BYTES, half};

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
    let halves = |bytes: &[u8], index: usize| half(bytes.as_chunks::<2>().0[index]);
    assert_eq!(
        blocks.len(),
        token.num_blocks,
        "a row and a token of one length"
    );
    let mut output = 0.0;
    for (index, block) in blocks.iter().enumerate() {
        let sum = block_sum(block, &row.table, token, index);
        let slot = slot(index);
        output += halves(row.scales, index) * token.scales[slot] * sum
            + halves(row.minima, index) * token.sums[slot];
    }
    output
}

/// Sum of the products of a block of 4-bit codes with the activations of a token's block.
pub(super) fn block_sum(
    block: &[u8; NIBBLE_BLOCK_BYTES],
    table: &[i8; 16],
    token: &QuantizedRow,
    index: usize,
) -> f32 {
    let low = block.iter().map(|byte| usize::from(byte & 15));
    let high = block.iter().map(|byte| usize::from(byte >> 4));
    let products = low.chain(high).zip(token.block(index));
    let sum: i32 = products
        .map(|(code, x)| i32::from(table[code]) * i32::from(x))
        .sum();
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most 32 * 127 * 127, below 2^24"
    )]
    let sum = sum as f32;
    sum
}

//! 4-bit floats in plain Rust.

use super::super::activations::{QuantizedRow, slot};
use super::nibbles::block_sum;
use crate::layout::{DOUBLED_FP4, NIBBLE_BLOCK_BYTES, power_of_two};

/// Product of a row with a token: exact integers within a block, f32 across blocks in order.
pub(super) fn dot(scales: &[u8], codes: &[u8], token: &QuantizedRow) -> f32 {
    let blocks = codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0;
    assert_eq!(
        blocks.len(),
        token.num_blocks,
        "a row and a token of one length"
    );
    let mut output = 0.0;
    for (index, (block, scale)) in blocks.iter().zip(scales).enumerate() {
        let sum = block_sum(block, &DOUBLED_FP4, token, index);
        output += power_of_two(*scale) * (token.scales[slot(index)] * 0.5 * sum);
    }
    output
}

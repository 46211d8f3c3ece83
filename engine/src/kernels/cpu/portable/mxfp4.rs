//! 4-bit floats in plain Rust.

use super::super::activations::QuantizedRow;
use crate::layout::{BLOCK_LENGTH, DOUBLED_FP4, NIBBLE_BLOCK_BYTES, power_of_two};

/// Product of a row with a token: exact integers within a block, f32 across blocks in order.
pub(super) fn dot(scales: &[u8], codes: &[u8], token: &QuantizedRow) -> f32 {
    let blocks = codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0;
    let activations = token.codes.as_chunks::<BLOCK_LENGTH>().0.iter();
    assert_eq!(
        activations.len(),
        blocks.len(),
        "a row and a token of one length"
    );
    let mut output = 0.0;
    for (((block, scale), x), token_scale) in blocks
        .iter()
        .zip(scales)
        .zip(activations)
        .zip(&token.scales)
    {
        let mut sum = 0_i32;
        for (i, byte) in block.iter().enumerate() {
            sum += i32::from(DOUBLED_FP4[usize::from(byte & 15)]) * i32::from(x[i]);
            sum += i32::from(DOUBLED_FP4[usize::from(byte >> 4)]) * i32::from(x[i + 16]);
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 32 * 12 * 127")]
        let sum = sum as f32;
        output += power_of_two(*scale) * (token_scale * 0.5 * sum);
    }
    output
}

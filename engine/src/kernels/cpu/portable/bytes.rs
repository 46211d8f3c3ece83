//! Byte weights in plain Rust.

use super::super::activations::{QuantizedRow, slot};
use crate::layout::{BLOCK_LENGTH, half};

/// Product of a row with a token: exact integers within a block, f32 across blocks in order.
pub(super) fn dot(scales: &[u8], codes: &[u8], token: &QuantizedRow) -> f32 {
    let blocks = codes.as_chunks::<BLOCK_LENGTH>().0;
    assert_eq!(
        blocks.len(),
        token.num_blocks,
        "a row and a token of one length"
    );
    let mut output = 0.0;
    for (index, (block, scale)) in blocks.iter().zip(scales.as_chunks::<2>().0).enumerate() {
        let products = block.iter().zip(token.block(index));
        let sum: i32 = products
            .map(|(w, x)| i32::from(w.cast_signed()) * i32::from(x))
            .sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "at most 32 * 128 * 127, below 2^24"
        )]
        let sum = sum as f32;
        output += half(*scale) * token.scales[slot(index)] * sum;
    }
    output
}

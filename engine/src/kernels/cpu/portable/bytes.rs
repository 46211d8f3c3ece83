//! Byte weights in plain Rust.

use super::super::activations::QuantizedRow;
use crate::layout::{BLOCK_LENGTH, half};

/// Product of a row with a token: exact integers within a block, f32 across blocks in order.
pub(super) fn dot(scales: &[u8], codes: &[u8], token: &QuantizedRow) -> f32 {
    let blocks = codes.as_chunks::<BLOCK_LENGTH>().0;
    let activations = token.codes.as_chunks::<BLOCK_LENGTH>().0.iter();
    assert_eq!(
        activations.len(),
        blocks.len(),
        "a row and a token of one length"
    );
    let scales = scales.as_chunks::<2>().0.iter().zip(&token.scales);
    let mut output = 0.0;
    for ((block, x), (scale, token_scale)) in blocks.iter().zip(activations).zip(scales) {
        let products = block.iter().zip(x);
        let sum: i32 = products
            .map(|(w, x)| i32::from(w.cast_signed()) * i32::from(*x))
            .sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "at most 32 * 128 * 127, below 2^24"
        )]
        let sum = sum as f32;
        output += half(*scale) * token_scale * sum;
    }
    output
}

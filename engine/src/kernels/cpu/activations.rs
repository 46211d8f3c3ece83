//! Activations of one token, rounded to int8 in blocks of 32.

use crate::layout::BLOCK_LENGTH;

/// Blocks whose scales a vector kernel reads at once; scales and sums are padded to it with 0.
pub const GROUP: usize = 8;

/// A token's activations: `value = scale * code`.
#[derive(Clone, Debug, Default)]
pub struct QuantizedRow {
    /// One code a value, -127 to 127.
    pub codes: Vec<i8>,
    /// One scale a block, padded with 0 to a multiple of [`GROUP`].
    pub scales: Vec<f32>,
    /// Sum of a block's values, `scale * sum(codes)`, padded likewise: what a minimum multiplies.
    pub sums: Vec<f32>,
}

impl QuantizedRow {
    /// Rounds `row`; the largest value of a block becomes 127.
    ///
    /// # Panics
    /// If `row` is not made of whole blocks.
    #[inline]
    pub fn new(row: &[f32]) -> Self {
        assert!(row.len().is_multiple_of(BLOCK_LENGTH), "whole blocks");
        let padded = (row.len() / BLOCK_LENGTH).next_multiple_of(GROUP);
        let mut quantized = Self {
            codes: vec![0; row.len()],
            scales: vec![0.0; padded],
            sums: vec![0.0; padded],
        };
        let blocks = row.as_chunks::<BLOCK_LENGTH>().0.iter();
        let codes = quantized.codes.as_chunks_mut::<BLOCK_LENGTH>().0;
        let parts = quantized.scales.iter_mut().zip(&mut quantized.sums);
        for ((block, codes), (scale, sum)) in blocks.zip(codes).zip(parts) {
            (*scale, *sum) = quantize_block(block, codes);
        }
        quantized
    }
}

/// Rounds one block and gives its scale and sum.
#[inline(always)]
fn quantize_block(block: &[f32; BLOCK_LENGTH], codes: &mut [i8; BLOCK_LENGTH]) -> (f32, f32) {
    // Adding and subtracting this rounds to the nearest integer, ties to even, and vectorises.
    const ROUNDER: f32 = 12_582_912.0;
    let mut lanes = [0.0_f32; 8];
    for part in block.as_chunks::<8>().0 {
        for (lane, value) in lanes.iter_mut().zip(part) {
            let magnitude = value.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    }
    let largest = lanes.into_iter().fold(0.0_f32, f32::max);
    if largest < f32::MIN_POSITIVE * 256.0 {
        codes.fill(0);
        return (0.0, 0.0);
    }
    let scale = largest / 127.0;
    let inverse = 127.0 / largest;
    let mut sum = 0_i32;
    for (code, value) in codes.iter_mut().zip(block) {
        let rounded = (value * inverse + ROUNDER).to_bits();
        // The low bits of the rounded float are the integer itself, in two's complement.
        #[expect(clippy::cast_possible_truncation, reason = "the low byte is the code")]
        let rounded = (rounded as u8).cast_signed();
        sum += i32::from(rounded);
        *code = rounded;
    }
    #[expect(clippy::cast_precision_loss, reason = "32 codes sum to at most 4064")]
    let sum = sum as f32;
    (scale, scale * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_within_half_a_step_and_its_sum_is_that_of_its_codes() {
        let row: Vec<f32> = (0_i16..64)
            .map(|i| f32::from(i * 37 % 101 - 50) / 7.0)
            .collect();
        let quantized = QuantizedRow::new(&row);
        for (index, (value, code)) in row.iter().zip(&quantized.codes).enumerate() {
            let scale = quantized.scales[index / BLOCK_LENGTH];
            assert!(
                (value - scale * f32::from(*code)).abs() <= scale * 0.501,
                "value {index}"
            );
        }
        let codes: i32 = quantized.codes[..BLOCK_LENGTH]
            .iter()
            .map(|code| i32::from(*code))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a small sum")]
        let sum = quantized.scales[0] * codes as f32;
        assert!((quantized.sums[0] - sum).abs() < 1e-6);
        assert_eq!(quantized.scales.len(), GROUP);
    }

    #[test]
    fn zeros_have_no_scale() {
        let quantized = QuantizedRow::new(&[0.0; 32]);
        assert!(quantized.codes.iter().all(|code| *code == 0));
        assert!(
            quantized
                .scales
                .iter()
                .chain(&quantized.sums)
                .all(|value| *value == 0.0)
        );
    }
}

//! Activations of one token, rounded to int8 in blocks of 32.
//!
//! Codes lie as vector kernels read them: two neighbouring blocks share 64 bytes, first the first
//! halves of both, then the second halves. What belongs to a block as a whole stands at its
//! [`slot`].

use crate::layout::BLOCK_LENGTH;

/// Blocks whose scales a vector kernel reads at once; rows are padded to it with zeros.
pub const GROUP: usize = 8;
/// Codes in half a block: what one half of a nibble row's bytes holds.
pub const HALF_BLOCK: usize = BLOCK_LENGTH / 2;

/// A token's activations: `value = scale * code`.
#[derive(Clone, Debug, Default)]
pub struct QuantizedRow {
    /// Blocks of values; the rest is padding.
    pub num_blocks: usize,
    /// One code a value, -127 to 127; see [`code_offset`].
    pub codes: Vec<i8>,
    /// One scale a block, at its [`slot`].
    pub scales: Vec<f32>,
    /// Sum of a block's values, `scale * sum(codes)`, likewise: what a minimum multiplies.
    pub sums: Vec<f32>,
    /// Sum of a block's codes, likewise: what products are too large by, when something was added
    /// to every weight to make it a number without a sign.
    pub code_sums: Vec<i32>,
}

/// Where in its group the scale of a block stands: even blocks first. In this order the sums of
/// four pairs of blocks come out of the vector kernels.
#[inline]
pub fn slot(block: usize) -> usize {
    let in_group = block % GROUP;
    block - in_group + in_group / 2 + in_group % 2 * (GROUP / 2)
}

/// Where the first half of a block's codes begins; the second half is [`BLOCK_LENGTH`] behind it.
#[inline]
pub fn code_offset(block: usize) -> usize {
    block / 2 * (2 * BLOCK_LENGTH) + block % 2 * HALF_BLOCK
}

impl QuantizedRow {
    /// Rounds `row`; the largest value of a block becomes 127. A block with a value that is no
    /// finite number has a scale that is none either, so that products show it.
    ///
    /// # Panics
    /// If `row` is not made of whole blocks.
    #[inline]
    pub fn new(row: &[f32]) -> Self {
        assert!(row.len().is_multiple_of(BLOCK_LENGTH), "whole blocks");
        let num_blocks = row.len() / BLOCK_LENGTH;
        let padded = num_blocks.next_multiple_of(GROUP);
        let mut quantized = Self {
            num_blocks,
            codes: vec![0; padded * BLOCK_LENGTH],
            scales: vec![0.0; padded],
            sums: vec![0.0; padded],
            code_sums: vec![0; padded],
        };
        for (index, block) in row.as_chunks::<BLOCK_LENGTH>().0.iter().enumerate() {
            let mut codes = [0; BLOCK_LENGTH];
            let (scale, sum) = quantize_block(block, &mut codes);
            let (offset, slot) = (code_offset(index), slot(index));
            let (first, second) = codes.split_at(HALF_BLOCK);
            quantized.codes[offset..][..HALF_BLOCK].copy_from_slice(first);
            quantized.codes[offset + BLOCK_LENGTH..][..HALF_BLOCK].copy_from_slice(second);
            quantized.scales[slot] = scale;
            #[expect(clippy::cast_precision_loss, reason = "32 codes sum to at most 4064")]
            let float_sum = sum as f32;
            quantized.sums[slot] = scale * float_sum;
            quantized.code_sums[slot] = sum;
        }
        quantized
    }

    /// # Panics
    /// If a vector kernel would read behind the end.
    #[inline]
    pub fn assert_padded(&self) {
        let padded = self.num_blocks.next_multiple_of(GROUP);
        let lengths = [self.scales.len(), self.sums.len(), self.code_sums.len()];
        assert_eq!(lengths, [padded; 3], "padded to whole groups");
        assert_eq!(self.codes.len(), padded * BLOCK_LENGTH, "likewise");
    }

    /// The codes of a block, in order.
    pub fn block(&self, block: usize) -> impl Iterator<Item = i8> {
        let offset = code_offset(block);
        let half = |offset: usize| self.codes[offset..][..HALF_BLOCK].iter().copied();
        half(offset).chain(half(offset + BLOCK_LENGTH))
    }
}

/// Rounds one block and gives its scale and the sum of its codes.
#[inline(always)]
fn quantize_block(block: &[f32; BLOCK_LENGTH], codes: &mut [i8; BLOCK_LENGTH]) -> (f32, i32) {
    // Adding and subtracting this rounds to the nearest integer, ties to even, and vectorises.
    const ROUNDER: f32 = 12_582_912.0;
    // Magnitudes are in the order of their bits, and behind infinity comes what is no number: a
    // comparison of floats would pass it over.
    let mut lanes = [0_u32; 8];
    for part in block.as_chunks::<8>().0 {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane = value.abs().to_bits().max(*lane);
        }
    }
    let largest = f32::from_bits(lanes.into_iter().fold(0, u32::max));
    if largest < f32::MIN_POSITIVE * 256.0 {
        codes.fill(0);
        return (0.0, 0);
    }
    if !largest.is_finite() {
        codes.fill(0);
        return (f32::NAN, 0);
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
    (scale, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_within_half_a_step_and_its_sums_are_those_of_its_codes() {
        let row: Vec<f32> = (0_i16..288)
            .map(|i| f32::from(i * 37 % 101 - 50) / 7.0)
            .collect();
        let quantized = QuantizedRow::new(&row);
        assert_eq!((quantized.num_blocks, quantized.scales.len()), (9, 16));
        for (index, values) in row.chunks(BLOCK_LENGTH).enumerate() {
            let (scale, mut sum) = (quantized.scales[slot(index)], 0);
            for (value, code) in values.iter().zip(quantized.block(index)) {
                let distance = (value - scale * f32::from(code)).abs();
                assert!(distance <= scale * 0.501, "block {index}");
                sum += i32::from(code);
            }
            assert_eq!(quantized.code_sums[slot(index)], sum);
            #[expect(clippy::cast_precision_loss, reason = "a small sum")]
            let sum = scale * sum as f32;
            assert!((quantized.sums[slot(index)] - sum).abs() < 1e-6);
        }
    }

    #[test]
    fn slots_and_offsets_name_every_place_once() {
        let mut slots: Vec<_> = (0..16).map(slot).collect();
        assert_eq!(slots[..8], [0, 4, 1, 5, 2, 6, 3, 7]);
        slots.sort_unstable();
        assert!(slots.into_iter().eq(0..16));
        let mut offsets: Vec<_> = (0..16)
            .flat_map(|block| [code_offset(block), code_offset(block) + BLOCK_LENGTH])
            .collect();
        offsets.sort_unstable();
        assert!(
            offsets
                .into_iter()
                .eq((0..32).map(|half| half * HALF_BLOCK))
        );
    }

    #[test]
    fn what_is_no_finite_number_makes_its_block_none() {
        for wrong in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in 32..64 {
                let mut row = [1.0; 96];
                row[place] = wrong;
                let quantized = QuantizedRow::new(&row);
                let (scale, sum) = (quantized.scales[slot(1)], quantized.sums[slot(1)]);
                assert!(scale.is_nan() && sum.is_nan(), "{wrong} at {place}");
                assert!(quantized.block(1).all(|code| code == 0));
                let others = [slot(0), slot(2)].map(|slot| quantized.sums[slot]);
                assert!(others.iter().all(|sum| sum.is_finite()));
            }
        }
    }

    #[test]
    fn zeros_have_no_scale() {
        let quantized = QuantizedRow::new(&[0.0; 32]);
        assert!(quantized.codes.iter().all(|code| *code == 0));
        let floats = quantized.scales.iter().chain(&quantized.sums);
        assert!(floats.into_iter().all(|value| *value == 0.0));
    }
}

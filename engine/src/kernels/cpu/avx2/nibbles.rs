//! Nibble weights: codes through a byte shuffle, products in pairs to 16 and 32 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_srli_epi16, _mm256_add_ps, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set_m128i, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_ps, _mm256_setzero_ps, _mm256_shuffle_epi8,
};

use super::super::activations::{GROUP, QuantizedRow};
use super::super::thread_pool::Columns;
use super::Avx2;
use super::tile::{RowProduct, add_up, for_each_tile, load_floats, load_halves, to_array};
use crate::layout::{BLOCK_LENGTH, NIBBLE_BLOCK_BYTES};

impl Avx2 {
    /// Products of nibble rows with every token; differs from
    /// [`reference::matmul`](crate::kernels::reference::matmul) by the rounding of activations.
    pub(in crate::kernels::cpu) fn multiply_nibbles(
        self,
        rows: &[u8],
        table: [i8; 16],
        tokens: &[QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        let Some(first) = tokens.first() else { return };
        let row_bytes = first.codes.len() / BLOCK_LENGTH * (4 + NIBBLE_BLOCK_BYTES);
        let product = NibbleProduct {
            table,
            _proof: self,
        };
        for_each_tile(product, rows.chunks(row_bytes), tokens, columns);
    }
}

#[derive(Clone, Copy)]
struct NibbleProduct {
    table: [i8; 16],
    _proof: Avx2,
}

impl RowProduct for NibbleProduct {
    #[inline]
    fn tile<const N: usize>(self, row: &[u8], tokens: &[QuantizedRow; N]) -> [f32; N] {
        let num_blocks = row.len() / (4 + NIBBLE_BLOCK_BYTES);
        assert_eq!(
            row.len(),
            num_blocks * (4 + NIBBLE_BLOCK_BYTES),
            "whole blocks"
        );
        for token in tokens {
            assert_eq!(token.codes.len(), num_blocks * BLOCK_LENGTH, "one length");
            assert!(token.scales.len().is_multiple_of(GROUP) && token.scales.len() >= num_blocks);
            assert_eq!(token.sums.len(), token.scales.len(), "a sum a block");
        }
        // SAFETY: `_proof` exists, so AVX2, FMA and F16C are there; the lengths were asserted.
        unsafe { tile(row, num_blocks, &self.table, tokens) }
    }
}

/// # Safety
/// `row` has `num_blocks` nibble blocks, tokens as many blocks, scales and sums padded to eights.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const N: usize>(
    row: &[u8],
    num_blocks: usize,
    table: &[i8; 16],
    tokens: &[QuantizedRow; N],
) -> [f32; N] {
    // SAFETY: the table has 16 bytes.
    let table = unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) };
    let table = _mm256_broadcastsi128_si256(table);
    let (low_half, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    let codes = row[num_blocks * 4..].as_ptr();
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    let mut minimum_sums = [_mm256_setzero_ps(); N];
    for first in (0..num_blocks).step_by(GROUP) {
        let count = GROUP.min(num_blocks - first);
        let scales = load_halves(row, first * 2, count);
        let minima = load_halves(row, (num_blocks + first) * 2, count);
        let mut block_scales = [[0.0; GROUP]; N];
        for t in 0..N {
            let token_scales = load_floats(&tokens[t].scales, first);
            block_scales[t] = to_array(_mm256_mul_ps(scales, token_scales));
            let token_sums = load_floats(&tokens[t].sums, first);
            minimum_sums[t] = _mm256_fmadd_ps(minima, token_sums, minimum_sums[t]);
        }
        for b in 0..count {
            // SAFETY: block `first + b` is below `num_blocks`, 16 bytes of codes each.
            let packed = unsafe {
                _mm_loadu_si128(
                    codes
                        .add((first + b) * NIBBLE_BLOCK_BYTES)
                        .cast::<__m128i>(),
                )
            };
            let spread = _mm256_set_m128i(_mm_srli_epi16::<4>(packed), packed);
            let weights = _mm256_shuffle_epi8(table, _mm256_and_si256(spread, low_half));
            for t in 0..N {
                let x = tokens[t].codes.as_ptr();
                // SAFETY: likewise, 32 activations a block.
                let x = unsafe {
                    _mm256_loadu_si256(x.add((first + b) * BLOCK_LENGTH).cast::<__m256i>())
                };
                // Table values are 0 to 127, so a pair's sum stays below 2^15.
                let pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(weights, x), ones);
                let scale = _mm256_set1_ps(block_scales[t][b]);
                let sum = &mut sums[t][b % 2];
                *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(pairs), scale, *sum);
            }
        }
    }
    let mut output = [0.0; N];
    for t in 0..N {
        let sum = _mm256_add_ps(_mm256_add_ps(sums[t][0], sums[t][1]), minimum_sums[t]);
        output[t] = add_up(sum);
    }
    output
}

//! Byte weights: absolute values times signed activations, in fours to 32 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]

use std::arch::x86_64::{
    __m256i, _mm256_abs_epi8, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_dpbusd_epi32,
    _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_sign_epi8,
};

use super::super::activations::{GROUP, QuantizedRow};
use super::super::avx2::tile::{
    RowProduct, add_up, for_each_tile, load_floats, load_halves, to_array,
};
use super::super::thread_pool::Columns;
use super::Avx512;
use crate::layout::BLOCK_LENGTH;

impl Avx512 {
    /// Products of byte rows with every token; differs from
    /// [`reference::matmul`](crate::kernels::reference::matmul) by the rounding of activations.
    pub(in crate::kernels::cpu) fn multiply_bytes(
        self,
        rows: &[u8],
        tokens: &[QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        let Some(first) = tokens.first() else { return };
        let row_bytes = first.codes.len() / BLOCK_LENGTH * (2 + BLOCK_LENGTH);
        let product = ByteProduct { _proof: self };
        for_each_tile(product, rows.chunks(row_bytes), tokens, columns);
    }
}

#[derive(Clone, Copy)]
struct ByteProduct {
    _proof: Avx512,
}

impl RowProduct for ByteProduct {
    #[inline]
    fn tile<const N: usize>(self, row: &[u8], tokens: &[QuantizedRow; N]) -> [f32; N] {
        let num_blocks = row.len() / (2 + BLOCK_LENGTH);
        assert_eq!(row.len(), num_blocks * (2 + BLOCK_LENGTH), "whole blocks");
        for token in tokens {
            assert_eq!(token.codes.len(), num_blocks * BLOCK_LENGTH, "one length");
            assert!(token.scales.len().is_multiple_of(GROUP) && token.scales.len() >= num_blocks);
        }
        // SAFETY: `_proof` exists, so AVX2, FMA, F16C and AVX-512 VNNI are there; the lengths were asserted.
        unsafe { tile(row, num_blocks, tokens) }
    }
}

/// # Safety
/// `row` has `num_blocks` byte blocks, tokens as many blocks, scales padded to eights.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
unsafe fn tile<const N: usize>(
    row: &[u8],
    num_blocks: usize,
    tokens: &[QuantizedRow; N],
) -> [f32; N] {
    let zero = _mm256_setzero_si256();
    let codes = row[num_blocks * 2..].as_ptr();
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for first in (0..num_blocks).step_by(GROUP) {
        let count = GROUP.min(num_blocks - first);
        let scales = load_halves(row, first * 2, count);
        let mut block_scales = [[0.0; GROUP]; N];
        for t in 0..N {
            let token_scales = load_floats(&tokens[t].scales, first);
            block_scales[t] = to_array(_mm256_mul_ps(scales, token_scales));
        }
        for b in 0..count {
            // SAFETY: block `first + b` is below `num_blocks`, 32 bytes of codes each.
            let weights = unsafe {
                _mm256_loadu_si256(codes.add((first + b) * BLOCK_LENGTH).cast::<__m256i>())
            };
            let magnitudes = _mm256_abs_epi8(weights);
            for t in 0..N {
                let x = tokens[t].codes.as_ptr();
                // SAFETY: likewise, 32 activations a block.
                let x = unsafe {
                    _mm256_loadu_si256(x.add((first + b) * BLOCK_LENGTH).cast::<__m256i>())
                };
                let signed = _mm256_sign_epi8(x, weights);
                let fours = _mm256_dpbusd_epi32(zero, magnitudes, signed);
                let scale = _mm256_set1_ps(block_scales[t][b]);
                let sum = &mut sums[t][b % 2];
                *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(fours), scale, *sum);
            }
        }
    }
    let mut output = [0.0; N];
    for t in 0..N {
        let sum = _mm256_add_ps(sums[t][0], sums[t][1]);
        output[t] = add_up(sum);
    }
    output
}

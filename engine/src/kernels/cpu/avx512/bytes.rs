//! Byte weights: absolute values times signed activations, in fours to 32 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]

use std::arch::x86_64::{
    __m256, __m256i, _mm256_abs_epi8, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_dpbusd_epi32,
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
        // SAFETY: `_proof` exists, so AVX2, FMA, F16C and AVX-512 VNNI are there; the lengths
        // were asserted.
        unsafe { tile(row, num_blocks, tokens) }
    }
}

/// # Safety
/// `row` has `num_blocks` blocks, tokens have as many, with scales padded to eights.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
unsafe fn tile<const N: usize>(
    row: &[u8],
    num_blocks: usize,
    tokens: &[QuantizedRow; N],
) -> [f32; N] {
    let constants = Constants::new();
    let codes = row[num_blocks * 2..].as_ptr();
    let activations: [*const i8; N] = std::array::from_fn(|t| tokens[t].codes.as_ptr());
    let mut even = [_mm256_setzero_ps(); N];
    let mut odd = [_mm256_setzero_ps(); N];
    for first in (0..num_blocks).step_by(GROUP) {
        let count = GROUP.min(num_blocks - first);
        let scales = load_halves(row, first * 2, count);
        let mut block_scales = [[0.0; GROUP]; N];
        for t in 0..N {
            let token_scales = load_floats(&tokens[t].scales, first);
            block_scales[t] = to_array(_mm256_mul_ps(scales, token_scales));
        }
        for b in (0..count).step_by(2) {
            // SAFETY: blocks up to `first + count` are in the row and in every token; block
            // `b + 1` is computed only where there is one.
            unsafe {
                let weights = Constants::weights(codes.add((first + b) * BLOCK_LENGTH));
                for t in 0..N {
                    let x = activations[t].add((first + b) * BLOCK_LENGTH);
                    let sums = constants.products(weights, x);
                    even[t] = _mm256_fmadd_ps(sums, _mm256_set1_ps(block_scales[t][b]), even[t]);
                }
                if b + 1 == count {
                    break;
                }
                let weights = Constants::weights(codes.add((first + b + 1) * BLOCK_LENGTH));
                for t in 0..N {
                    let x = activations[t].add((first + b + 1) * BLOCK_LENGTH);
                    let sums = constants.products(weights, x);
                    odd[t] = _mm256_fmadd_ps(sums, _mm256_set1_ps(block_scales[t][b + 1]), odd[t]);
                }
            }
        }
    }
    let mut output = [0.0; N];
    for t in 0..N {
        output[t] = add_up(_mm256_add_ps(even[t], odd[t]));
    }
    output
}

/// Vectors that stay the same for all blocks.
#[derive(Clone, Copy)]
struct Constants {
    zero: __m256i,
}

impl Constants {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
    fn new() -> Self {
        Self {
            zero: _mm256_setzero_si256(),
        }
    }

    /// The weights of the block at `codes`.
    ///
    /// # Safety
    /// `codes` points to 32 bytes.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
    unsafe fn weights(codes: *const u8) -> __m256i {
        // SAFETY: the caller's, and the load needs no alignment.
        unsafe { _mm256_loadu_si256(codes.cast::<__m256i>()) }
    }

    /// Eight partial sums of the products of a block with the activations at `x`.
    ///
    /// # Safety
    /// `x` points to 32 activations.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
    unsafe fn products(self, weights: __m256i, x: *const i8) -> __m256 {
        // SAFETY: the caller's, and the load needs no alignment.
        let x = unsafe { _mm256_loadu_si256(x.cast::<__m256i>()) };
        let magnitudes = _mm256_abs_epi8(weights);
        let signed = _mm256_sign_epi8(x, weights);
        let sums = _mm256_dpbusd_epi32(self.zero, magnitudes, signed);
        _mm256_cvtepi32_ps(sums)
    }
}

//! 4-bit floats: magnitudes and signs through byte shuffles, products in pairs to 16 and 32 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm_srli_epi16, _mm256_abs_epi8,
    _mm256_add_ps, _mm256_and_si256, _mm256_blendv_epi8, _mm256_broadcastsi128_si256,
    _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32,
    _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps,
    _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sign_epi8,
    _mm256_slli_epi32,
};

use super::super::activations::{GROUP, QuantizedRow};
use super::super::thread_pool::Columns;
use super::Avx2;
use super::tile::{RowProduct, add_up, for_each_tile, load_floats, to_array};
use crate::layout::{BLOCK_LENGTH, DOUBLED_FP4, NIBBLE_BLOCK_BYTES};

/// Bytes of a block in a row: its scale and its codes.
const BLOCK_BYTES: usize = 1 + NIBBLE_BLOCK_BYTES;

impl Avx2 {
    /// Products of rows of 4-bit floats with every token; differs from
    /// [`reference::matmul`](crate::kernels::reference::matmul) by the rounding of activations.
    pub(in crate::kernels::cpu) fn multiply_mxfp4(
        self,
        rows: &[u8],
        tokens: &[QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        let Some(first) = tokens.first() else { return };
        let row_bytes = first.codes.len() / BLOCK_LENGTH * BLOCK_BYTES;
        let product = Mxfp4Product { _proof: self };
        for_each_tile(product, rows.chunks(row_bytes), tokens, columns);
    }
}

#[derive(Clone, Copy)]
struct Mxfp4Product {
    _proof: Avx2,
}

impl RowProduct for Mxfp4Product {
    #[inline]
    fn tile<const N: usize>(self, row: &[u8], tokens: &[QuantizedRow; N]) -> [f32; N] {
        let num_blocks = row.len() / BLOCK_BYTES;
        assert_eq!(row.len(), num_blocks * BLOCK_BYTES, "whole blocks");
        for token in tokens {
            assert_eq!(token.codes.len(), num_blocks * BLOCK_LENGTH, "one length");
            assert!(token.scales.len().is_multiple_of(GROUP) && token.scales.len() >= num_blocks);
        }
        // SAFETY: `_proof` exists, so AVX2, FMA and F16C are there; the lengths were asserted.
        unsafe { tile(row, num_blocks, tokens) }
    }
}

/// # Safety
/// `row` has `num_blocks` blocks, tokens have as many, with scales padded to eights.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const N: usize>(
    row: &[u8],
    num_blocks: usize,
    tokens: &[QuantizedRow; N],
) -> [f32; N] {
    let constants = Constants::new();
    let codes = row[num_blocks..].as_ptr();
    let activations: [*const i8; N] = std::array::from_fn(|t| tokens[t].codes.as_ptr());
    let mut even = [_mm256_setzero_ps(); N];
    let mut odd = [_mm256_setzero_ps(); N];
    for first in (0..num_blocks).step_by(GROUP) {
        let count = GROUP.min(num_blocks - first);
        let scales = load_scales(row, first);
        let mut block_scales = [[0.0; GROUP]; N];
        for t in 0..N {
            let token_scales = load_floats(&tokens[t].scales, first);
            block_scales[t] = to_array(_mm256_mul_ps(scales, token_scales));
        }
        for b in (0..count).step_by(2) {
            // SAFETY: blocks up to `first + count` are in the row and in every token; block
            // `b + 1` is computed only where there is one.
            unsafe {
                let weights = constants.weights(codes.add((first + b) * NIBBLE_BLOCK_BYTES));
                for t in 0..N {
                    let x = activations[t].add((first + b) * BLOCK_LENGTH);
                    let sums = constants.products(weights, x);
                    even[t] = _mm256_fmadd_ps(sums, _mm256_set1_ps(block_scales[t][b]), even[t]);
                }
                if b + 1 == count {
                    break;
                }
                let weights = constants.weights(codes.add((first + b + 1) * NIBBLE_BLOCK_BYTES));
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

/// Half the scales of eight blocks from `first` on: codes are twice their values. Behind the last
/// block stand codes, which nobody uses as scales.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn load_scales(row: &[u8], first: usize) -> __m256 {
    let bytes = &row[first..first + GROUP];
    // SAFETY: the slice has eight bytes, and the load needs no alignment.
    let exponents = unsafe { _mm_loadl_epi64(bytes.as_ptr().cast::<__m128i>()) };
    let exponents = _mm256_cvtepu8_epi32(exponents);
    let is_zero = _mm256_cmpeq_epi32(exponents, _mm256_setzero_si256());
    // 2^-127 is no normal number.
    let smallest = _mm256_set1_epi32(1 << 22);
    let powers = _mm256_blendv_epi8(_mm256_slli_epi32::<23>(exponents), smallest, is_zero);
    _mm256_mul_ps(_mm256_castsi256_ps(powers), _mm256_set1_ps(0.5))
}

/// Vectors that stay the same for all blocks.
#[derive(Clone, Copy)]
struct Constants {
    table: __m256i,
    low_half: __m256i,
    ones: __m256i,
}

/// Codes of a block, and their magnitudes.
#[derive(Clone, Copy)]
struct Weights {
    signed: __m256i,
    magnitudes: __m256i,
}

impl Constants {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn new() -> Self {
        // SAFETY: the table has 16 bytes, and the load needs no alignment.
        let table = unsafe { _mm_loadu_si128(DOUBLED_FP4.as_ptr().cast::<__m128i>()) };
        Self {
            table: _mm256_broadcastsi128_si256(table),
            low_half: _mm256_set1_epi8(15),
            ones: _mm256_set1_epi16(1),
        }
    }

    /// The weights of the block at `codes`.
    ///
    /// # Safety
    /// `codes` points to 16 bytes.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn weights(self, codes: *const u8) -> Weights {
        // SAFETY: the caller's, and the load needs no alignment.
        let packed = unsafe { _mm_loadu_si128(codes.cast::<__m128i>()) };
        let spread = _mm256_set_m128i(_mm_srli_epi16::<4>(packed), packed);
        let signed = _mm256_shuffle_epi8(self.table, _mm256_and_si256(spread, self.low_half));
        Weights {
            signed,
            magnitudes: _mm256_abs_epi8(signed),
        }
    }

    /// Eight partial sums of the products of a block with the activations at `x`.
    ///
    /// # Safety
    /// `x` points to 32 activations.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn products(self, weights: Weights, x: *const i8) -> __m256 {
        // SAFETY: the caller's, and the load needs no alignment.
        let x = unsafe { _mm256_loadu_si256(x.cast::<__m256i>()) };
        // The product of bytes takes one of them without a sign. Activations are -127 to 127, so
        // a change of sign is exact; magnitudes are at most 12, so a pair's sum is below 2^12.
        let x = _mm256_sign_epi8(x, weights.signed);
        let pairs = _mm256_maddubs_epi16(weights.magnitudes, x);
        _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, self.ones))
    }
}

//! Rows of 4-bit floats with a power of two a block.

use std::arch::x86_64::{
    __m128i, __m256, _mm_and_si128, _mm_loadl_epi64, _mm_setr_epi8, _mm_shuffle_epi8,
    _mm256_castsi256_ps, _mm256_cvtepu8_epi32, _mm256_max_epi32, _mm256_min_epu32,
    _mm256_set1_epi32, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_sllv_epi32, _mm256_sub_epi32,
};

use super::super::activations::GROUP;
use super::format::{Pair, RowFormat};
use super::nibbles;
use crate::layout::{DOUBLED_FP4, NIBBLE_BLOCK_BYTES};

/// See [`crate::layout::LayoutKind::Mxfp4`]. Codes become twice their value plus the shift.
#[derive(Clone, Copy)]
pub(in crate::kernels::cpu) struct Mxfp4Format;

/// Twice the least value.
const LEAST: i8 = -12;

/// Twice the values, without sign, once for each half of a vector.
static TABLE: [[i8; 16]; 2] = {
    let mut table = DOUBLED_FP4;
    let mut index = 0;
    while index < table.len() {
        table[index] -= LEAST;
        index += 1;
    }
    [table, table]
};

impl RowFormat for Mxfp4Format {
    const SIGNED: bool = false;
    const SHIFT: i32 = -LEAST as i32;
    const MINIMA: bool = false;
    const HEAD_BYTES: usize = 1;
    const CODE_BYTES: usize = NIBBLE_BLOCK_BYTES;

    #[inline(always)]
    unsafe fn pair(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's.
        unsafe { nibbles::pair(&TABLE, codes) }
    }

    #[inline(always)]
    unsafe fn single(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's.
        unsafe { nibbles::single(&TABLE, codes) }
    }

    /// Half the scales, for codes are twice their values: the exponents less one, put together
    /// without a multiplication, which would be slow for the smallest two.
    #[inline(always)]
    unsafe fn scales(self, row: &[u8], first: usize, count: usize) -> __m256 {
        let bytes = &row[first..first + GROUP];
        // SAFETY: the slice has eight bytes, and the load needs no alignment.
        unsafe {
            let exponents = _mm_loadl_epi64(bytes.as_ptr().cast::<__m128i>());
            // Behind the last block stand codes.
            let exponents = _mm_and_si128(exponents, keep_bytes(count));
            let slots = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, -1, -1, -1, -1, -1, -1, -1, -1);
            let exponents = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(exponents, slots));
            let one = _mm256_set1_epi32(1);
            let halves = _mm256_slli_epi32::<23>(_mm256_sub_epi32(exponents, one));
            // 2^-128 and 2^-127 are no normal numbers.
            let small =
                _mm256_sllv_epi32(_mm256_set1_epi32(1 << 21), _mm256_min_epu32(exponents, one));
            _mm256_castsi256_ps(_mm256_max_epi32(halves, small))
        }
    }

    #[inline(always)]
    unsafe fn minima(self, _: &[u8], _: usize, _: usize, _: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_setzero_ps() }
    }
}

/// A mask of the first `count` bytes, at most eight.
///
/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
unsafe fn keep_bytes(count: usize) -> __m128i {
    static KEEP: [u8; 2 * GROUP] = [
        255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let keep = &KEEP[GROUP - count.min(GROUP)..][..GROUP];
    // SAFETY: the slice has eight bytes, and the load needs no alignment.
    unsafe { _mm_loadl_epi64(keep.as_ptr().cast::<__m128i>()) }
}

//! Rows of 8-bit codes.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadu_si128, _mm256_set_m128i, _mm256_setzero_ps,
    _mm256_zextsi128_si256,
};

use super::super::activations::HALF_BLOCK;
use super::format::{Pair, RowFormat, load_halves};
use crate::layout::BLOCK_LENGTH;

/// See [`crate::layout::LayoutKind::Bytes`].
#[derive(Clone, Copy)]
pub(in crate::kernels::cpu) struct ByteFormat;

impl RowFormat for ByteFormat {
    const SIGNED: bool = true;
    const SHIFT: i32 = 0;
    const MINIMA: bool = false;
    const HEAD_BYTES: usize = 2;
    const CODE_BYTES: usize = BLOCK_LENGTH;

    #[inline(always)]
    unsafe fn pair(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's: two blocks have four halves.
        unsafe { [halves(codes), halves(codes.add(HALF_BLOCK))] }
    }

    #[inline(always)]
    unsafe fn single(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's: a block has two halves, and the loads need no alignment.
        unsafe {
            let first = _mm_loadu_si128(codes.cast::<__m128i>());
            let second = _mm_loadu_si128(codes.add(HALF_BLOCK).cast::<__m128i>());
            [
                _mm256_zextsi128_si256(first),
                _mm256_zextsi128_si256(second),
            ]
        }
    }

    #[inline(always)]
    unsafe fn scales(self, row: &[u8], first: usize, count: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { load_halves(row, first * 2, count) }
    }

    #[inline(always)]
    unsafe fn minima(self, _: &[u8], _: usize, _: usize, _: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_setzero_ps() }
    }
}

/// The half block at `codes` and the one a block behind it.
///
/// # Safety
/// Inlined where AVX2 is enabled; both halves are there.
#[inline(always)]
unsafe fn halves(codes: *const u8) -> __m256i {
    // SAFETY: the caller's, and the loads need no alignment.
    unsafe {
        let low = _mm_loadu_si128(codes.cast::<__m128i>());
        let high = _mm_loadu_si128(codes.add(BLOCK_LENGTH).cast::<__m128i>());
        _mm256_set_m128i(high, low)
    }
}

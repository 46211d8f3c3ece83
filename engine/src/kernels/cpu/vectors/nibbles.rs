//! Rows of 4-bit codes through a table, with minima.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadu_si128, _mm_srli_epi16, _mm256_and_si256,
    _mm256_loadu_si256, _mm256_set1_epi8, _mm256_shuffle_epi8, _mm256_srli_epi16,
    _mm256_zextsi128_si256,
};

use super::format::{Pair, RowFormat, load_halves};
use crate::layout::{LARGEST_TABLE_VALUE, NIBBLE_BLOCK_BYTES};

/// See [`crate::layout::LayoutKind::Nibbles`].
#[derive(Clone, Copy)]
pub(in crate::kernels::cpu) struct NibbleFormat {
    /// The table, once for each half of a vector.
    table: [[i8; 16]; 2],
}

impl NibbleFormat {
    /// # Panics
    /// If a value of the table is negative or too large for sums of products in 16 bits.
    pub(in crate::kernels::cpu) fn new(table: [i8; 16]) -> Self {
        let allowed = 0..=LARGEST_TABLE_VALUE;
        assert!(table.iter().all(|value| allowed.contains(value)));
        Self {
            table: [table, table],
        }
    }
}

impl RowFormat for NibbleFormat {
    const SIGNED: bool = false;
    const SHIFT: i32 = 0;
    const MINIMA: bool = true;
    const HEAD_BYTES: usize = 4;
    const CODE_BYTES: usize = NIBBLE_BLOCK_BYTES;

    #[inline(always)]
    unsafe fn pair(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's.
        unsafe { pair(&self.table, codes) }
    }

    #[inline(always)]
    unsafe fn single(self, codes: *const u8) -> Pair {
        // SAFETY: the caller's.
        unsafe { single(&self.table, codes) }
    }

    #[inline(always)]
    unsafe fn scales(self, row: &[u8], first: usize, count: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { load_halves(row, first * 2, count) }
    }

    #[inline(always)]
    unsafe fn minima(self, row: &[u8], num_blocks: usize, first: usize, count: usize) -> __m256 {
        // SAFETY: the caller's.
        unsafe { load_halves(row, (num_blocks + first) * 2, count) }
    }
}

/// Two blocks of 4-bit codes through `table`.
///
/// # Safety
/// Inlined where AVX2 is enabled; `codes` points to two blocks.
#[inline(always)]
pub(super) unsafe fn pair(table: &[[i8; 16]; 2], codes: *const u8) -> Pair {
    // SAFETY: the caller's, and the loads need no alignment.
    unsafe {
        let packed = _mm256_loadu_si256(codes.cast::<__m256i>());
        look_up(table, [packed, _mm256_srli_epi16::<4>(packed)])
    }
}

/// One block of 4-bit codes through `table`, beside zeros as if these were codes: what they mean is
/// multiplied with activations that are 0.
///
/// # Safety
/// Inlined where AVX2 is enabled; `codes` points to one block.
#[inline(always)]
pub(super) unsafe fn single(table: &[[i8; 16]; 2], codes: *const u8) -> Pair {
    // SAFETY: the caller's, and the load needs no alignment.
    unsafe {
        let packed = _mm_loadu_si128(codes.cast::<__m128i>());
        let high = _mm_srli_epi16::<4>(packed);
        look_up(
            table,
            [_mm256_zextsi128_si256(packed), _mm256_zextsi128_si256(high)],
        )
    }
}

/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
unsafe fn look_up(table: &[[i8; 16]; 2], codes: Pair) -> Pair {
    // SAFETY: the table has 32 bytes, and the load needs no alignment.
    unsafe {
        let table = _mm256_loadu_si256(table.as_ptr().cast::<__m256i>());
        let low_half = _mm256_set1_epi8(15);
        let [low, high] = codes;
        [
            _mm256_shuffle_epi8(table, _mm256_and_si256(low, low_half)),
            _mm256_shuffle_epi8(table, _mm256_and_si256(high, low_half)),
        ]
    }
}

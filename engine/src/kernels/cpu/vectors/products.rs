//! Products of bytes: the only part that differs between instruction sets.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_loadu_si256,
    _mm256_set1_ps, _mm256_shuffle_ps, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

use super::super::activations::HALF_BLOCK;
use super::format::Pair;
use crate::layout::BLOCK_LENGTH;

/// Bytes of one block of eight decoded rows, see [`super::panel`].
pub(super) const PANEL_BLOCK_BYTES: usize = 8 * BLOCK_LENGTH;

/// Exact sums of products of weights and activations. Weights without a sign are at most 32,
/// activations -127 to 127.
///
/// # Safety of all functions
/// They are inlined where the instructions are enabled.
pub(in crate::kernels::cpu) trait Products: Copy {
    /// Sums of up to eight blocks, at their slots, and zeros. `x` points to the activations of
    /// those blocks; `SIGNED`: weights may be negative.
    unsafe fn group<const SIGNED: bool, const N: usize>(
        self,
        weights: &[Pair; N],
        x: *const i8,
    ) -> __m256i;

    /// Sums of one block of eight rows with some tokens. `weights` points to a block of a panel,
    /// each of `x` to the block of a token.
    unsafe fn block<const SIGNED: bool, const T: usize>(
        self,
        weights: *const u8,
        x: [*const i8; T],
    ) -> [__m256i; T];
}

/// Activations of the pair of blocks `index`.
///
/// # Safety
/// Inlined where AVX2 is enabled; the pair is there.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn load_pair(x: *const i8, index: usize) -> Pair {
    // SAFETY: the caller's, and the loads need no alignment.
    unsafe {
        let first = x.add(index * 2 * BLOCK_LENGTH);
        [
            _mm256_loadu_si256(first.cast::<__m256i>()),
            _mm256_loadu_si256(first.add(BLOCK_LENGTH).cast::<__m256i>()),
        ]
    }
}

/// Four values of eight rows: word `index` of a block in a panel.
///
/// # Safety
/// Inlined where AVX2 is enabled; the block is there.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn load_panel(weights: *const u8, index: usize) -> __m256i {
    // SAFETY: the caller's, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(weights.add(index * BLOCK_LENGTH).cast::<__m256i>()) }
}

/// Four values of a token, in every word: word `index` of the block at `x`.
///
/// # Safety
/// Inlined where AVX2 is enabled; the block is there.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn broadcast(x: *const i8, index: usize) -> __m256i {
    const WORDS: usize = HALF_BLOCK / 4;
    // SAFETY: the caller's; the words of a half follow each other, the halves are a block apart,
    // and a float of unaligned bytes is read as such. As a float, since as an integer compilers
    // load it first and then spread it.
    unsafe {
        let word = x.add(index / WORDS * BLOCK_LENGTH + index % WORDS * 4);
        let word = &*word.cast::<[u8; 4]>();
        _mm256_castps_si256(_mm256_set1_ps(f32::from_ne_bytes(*word)))
    }
}

/// Words of `first` and `second`, added in pairs: two of four sums of each of their blocks.
///
/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn join(first: __m256i, second: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        _mm256_add_epi32(
            _mm256_unpacklo_epi64(first, second),
            _mm256_unpackhi_epi64(first, second),
        )
    }
}

/// The sums of eight blocks at their slots, out of two sums of each: those of pairs 0 and 1, and
/// of pairs 2 and 3.
///
/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn join_last(first: __m256i, second: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        let (first, second) = (_mm256_castsi256_ps(first), _mm256_castsi256_ps(second));
        let even = _mm256_shuffle_ps::<0b10_00_10_00>(first, second);
        let odd = _mm256_shuffle_ps::<0b11_01_11_01>(first, second);
        _mm256_add_epi32(_mm256_castps_si256(even), _mm256_castps_si256(odd))
    }
}

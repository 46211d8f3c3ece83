//! Products of bytes: the only part that differs between instruction sets.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_loadu_si256,
    _mm256_shuffle_ps, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

use super::super::activations::{HALF_BLOCK, QuantizedRow};
use super::super::thread_pool::Columns;
use super::format::{Pair, RowFormat};
use crate::layout::BLOCK_LENGTH;

/// Words of four codes in a block.
pub(in crate::kernels::cpu) const BLOCK_WORDS: usize = BLOCK_LENGTH / 4;

/// Exact sums of products of weights and activations, and the few operations on floats that make
/// outputs of them. Weights without a sign are at most 32, activations -127 to 127.
///
/// Several tokens at once: a lane of a vector is a weight row, see [`super::panel`].
///
/// # Safety of all functions
/// They are inlined where the instructions are enabled.
pub(in crate::kernels::cpu) trait Products: Copy {
    /// Rows of a vector.
    const LANES: usize;
    /// What [`block`](Self::block) adds to every weight that may be negative.
    const SIGNED_SHIFT: i32;
    /// A whole number for each row.
    type Ints: Copy;
    /// A float for each row.
    type Floats: Copy;

    /// Sums of up to eight blocks, at their slots, and zeros. `x` points to the activations of
    /// those blocks; `SIGNED`: weights may be negative.
    unsafe fn group<const SIGNED: bool, const N: usize>(
        self,
        weights: &[Pair; N],
        x: *const i8,
    ) -> __m256i;

    /// [`super::panel::multiply`] with as many vectors of rows and tokens as registers hold.
    unsafe fn multiply_panel<F: RowFormat>(
        self,
        format: F,
        rows_and_tokens: (&[u8], &[&QuantizedRow]),
        columns: &mut Columns<'_>,
    );

    /// Adds to `sums` the products of one block of a panel with some tokens. `weights` points to
    /// the block, each of `x` to the block of a token.
    unsafe fn block<const SIGNED: bool, const PARTS: usize, const T: usize>(
        self,
        weights: *const i32,
        x: [*const i8; T],
        sums: [[Self::Ints; T]; PARTS],
    ) -> [[Self::Ints; T]; PARTS];

    /// The same number in every lane.
    unsafe fn ints(self, value: i32) -> Self::Ints;

    /// The same float in every lane.
    unsafe fn floats(self, value: f32) -> Self::Floats;

    /// A float for each lane.
    unsafe fn load(self, values: *const f32) -> Self::Floats;

    /// Writes the first lanes, as many as `output` has room for.
    unsafe fn store(self, values: Self::Floats, output: &mut [f32]);

    /// Whole numbers as floats.
    unsafe fn to_floats(self, values: Self::Ints) -> Self::Floats;

    unsafe fn plus(self, left: Self::Floats, right: Self::Floats) -> Self::Floats;

    unsafe fn times(self, left: Self::Floats, right: Self::Floats) -> Self::Floats;

    /// `left * right + sum`, rounded once.
    unsafe fn fused(
        self,
        left: Self::Floats,
        right: Self::Floats,
        sum: Self::Floats,
    ) -> Self::Floats;

    /// The larger one of each lane.
    unsafe fn larger(self, left: Self::Floats, right: Self::Floats) -> Self::Floats;

    /// Whether a lane of `left` is larger than that of `right`.
    unsafe fn is_any_larger(self, left: Self::Floats, right: Self::Floats) -> bool;

    /// `values * 2^counts`; a count is whole, and -126 to 127.
    unsafe fn times_power_of_two(self, values: Self::Floats, counts: Self::Floats) -> Self::Floats;

    /// `values`, but 0 where a lane of `measures` is below `least`.
    unsafe fn zero_below(
        self,
        values: Self::Floats,
        measures: Self::Floats,
        least: f32,
    ) -> Self::Floats;
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

/// Four values of a token: word `index` of the block at `x`, as the bits of a float. As an integer,
/// compilers load it first and then spread it.
///
/// # Safety
/// The block is there.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn token_word(x: *const i8, index: usize) -> f32 {
    const WORDS: usize = HALF_BLOCK / 4;
    // SAFETY: the caller's; the words of a half follow each other, the halves are a block apart.
    unsafe {
        let word = x.add(index / WORDS * BLOCK_LENGTH + index % WORDS * 4);
        f32::from_ne_bytes(*word.cast::<[u8; 4]>())
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

//! Products of bytes with AVX2: in pairs to 16 bits, then to 32.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(
    clippy::inline_always,
    reason = "takes the instructions of the function it is part of"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]

use std::arch::x86_64::{
    __m256, __m256i, _CMP_GT_OQ, _CMP_NLT_UQ, _mm256_abs_epi8, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_ps, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmp_ps,
    _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_max_ps, _mm256_movemask_ps, _mm256_mul_ps,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_sign_epi8,
    _mm256_slli_epi32, _mm256_storeu_ps, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

use super::super::activations::QuantizedRow;
use super::super::thread_pool::Columns;
use super::super::vectors;
use super::super::vectors::format::{Pair, RowFormat};
use super::super::vectors::products::{
    BLOCK_WORDS, Products, join, join_last, load_pair, token_word,
};
use super::super::vectors::{float_panel, panel};
use super::Avx2;
use crate::layout::MatrixLayout;

impl Avx2 {
    /// Products of weight rows with every token; differs from
    /// [`reference::matmul`](crate::kernels::reference::matmul) by the rounding of activations.
    pub(in crate::kernels::cpu) fn multiply(
        self,
        format: impl RowFormat,
        rows: &[u8],
        tokens: &[&QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { multiply(self, format, (rows, tokens), columns) }
    }

    /// Products of weight rows with every input, bit for bit those of
    /// [`portable::dot`](super::super::portable::dot).
    pub(in crate::kernels::cpu) fn multiply_floats(
        self,
        layout: &MatrixLayout,
        rows_and_inputs: (&[u8], &[&[f32]]),
        columns: &mut Columns<'_>,
    ) {
        // SAFETY: as above.
        unsafe { multiply_floats(self, layout, rows_and_inputs, columns) }
    }
}

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn multiply<F: RowFormat>(
    cpu: Avx2,
    format: F,
    rows_and_tokens: (&[u8], &[&QuantizedRow]),
    columns: &mut Columns<'_>,
) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe { vectors::multiply(cpu, format, rows_and_tokens, columns) }
}

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn multiply_floats(
    cpu: Avx2,
    layout: &MatrixLayout,
    rows_and_inputs: (&[u8], &[&[f32]]),
    columns: &mut Columns<'_>,
) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe {
        float_panel::multiply::<Avx2, 1, 4>(cpu, layout, rows_and_inputs, columns);
    }
}

impl Products for Avx2 {
    const LANES: usize = 8;
    const SIGNED_SHIFT: i32 = 0;
    type Ints = __m256i;
    type Floats = __m256;

    #[inline(always)]
    unsafe fn group<const SIGNED: bool, const N: usize>(
        self,
        weights: &[Pair; N],
        x: *const i8,
    ) -> __m256i {
        // SAFETY: the caller's.
        unsafe {
            let mut pairs = [_mm256_setzero_si256(); 4];
            for (index, [low, high]) in weights.iter().enumerate() {
                let [x_low, x_high] = load_pair(x, index);
                pairs[index] = if SIGNED {
                    _mm256_add_epi32(signed(*low, x_low), signed(*high, x_high))
                } else {
                    // A product is at most 32 * 127, so 16 bits hold the sum of eight.
                    _mm256_add_epi16(
                        _mm256_maddubs_epi16(*low, x_low),
                        _mm256_maddubs_epi16(*high, x_high),
                    )
                };
            }
            let [first, second, third, fourth] = pairs;
            if SIGNED {
                join_last(join(first, second), join(third, fourth))
            } else {
                join_last(join_words(first, second), join_words(third, fourth))
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply_panel<F: RowFormat>(
        self,
        format: F,
        rows_and_tokens: (&[u8], &[&QuantizedRow]),
        columns: &mut Columns<'_>,
    ) {
        // SAFETY: the caller's.
        unsafe { panel::multiply::<Self, F, 1, 4>(self, format, rows_and_tokens, columns) }
    }

    #[inline(always)]
    unsafe fn block<const SIGNED: bool, const PARTS: usize, const T: usize>(
        self,
        weights: *const i32,
        x: [*const i8; T],
        mut sums: [[__m256i; T]; PARTS],
    ) -> [[__m256i; T]; PARTS] {
        // SAFETY: the caller's, and loads need no alignment.
        unsafe {
            for (part, sums) in sums.iter_mut().enumerate() {
                let weights = weights.add(part * BLOCK_WORDS * Self::LANES);
                for half in 0..2 {
                    // Without a sign: a product is at most 32 * 127, so 16 bits get the sum of
                    // eight.
                    let mut pairs = [_mm256_setzero_si256(); T];
                    for word in 4 * half..4 * half + 4 {
                        let weights = weights.add(word * Self::LANES).cast::<__m256i>();
                        let weights = _mm256_loadu_si256(weights);
                        for t in 0..T {
                            let x = _mm256_castps_si256(_mm256_set1_ps(token_word(x[t], word)));
                            if SIGNED {
                                let fours = signed(weights, x);
                                sums[t] = _mm256_add_epi32(sums[t], fours);
                            } else {
                                let products = _mm256_maddubs_epi16(weights, x);
                                pairs[t] = _mm256_add_epi16(pairs[t], products);
                            }
                        }
                    }
                    if !SIGNED {
                        for t in 0..T {
                            let fours = _mm256_madd_epi16(pairs[t], _mm256_set1_epi16(1));
                            sums[t] = _mm256_add_epi32(sums[t], fours);
                        }
                    }
                }
            }
            sums
        }
    }

    #[inline(always)]
    unsafe fn ints(self, value: i32) -> __m256i {
        // SAFETY: the caller's.
        unsafe { _mm256_set1_epi32(value) }
    }

    #[inline(always)]
    unsafe fn floats(self, value: f32) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(self, values: *const f32) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_loadu_ps(values) }
    }

    #[inline(always)]
    unsafe fn store(self, values: __m256, output: &mut [f32]) {
        let mut lanes = [0.0; Self::LANES];
        // SAFETY: the array has eight floats, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), values) };
        output.copy_from_slice(&lanes[..output.len()]);
    }

    #[inline(always)]
    unsafe fn to_floats(self, values: __m256i) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_cvtepi32_ps(values) }
    }

    #[inline(always)]
    unsafe fn plus(self, left: __m256, right: __m256) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_add_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn times(self, left: __m256, right: __m256) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_mul_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn fused(self, left: __m256, right: __m256, sum: __m256) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_fmadd_ps(left, right, sum) }
    }

    #[inline(always)]
    unsafe fn larger(self, left: __m256, right: __m256) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_max_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn is_any_larger(self, left: __m256, right: __m256) -> bool {
        // SAFETY: the caller's.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(left, right)) != 0 }
    }

    #[inline(always)]
    unsafe fn times_power_of_two(self, values: __m256, counts: __m256) -> __m256 {
        // SAFETY: the caller's.
        unsafe {
            // The exponent of a float stands above its 23 bits of fraction, 127 more than it is.
            let exponents = _mm256_add_epi32(_mm256_cvtps_epi32(counts), _mm256_set1_epi32(127));
            let powers = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponents));
            _mm256_mul_ps(values, powers)
        }
    }

    #[inline(always)]
    unsafe fn zero_below(self, values: __m256, measures: __m256, least: f32) -> __m256 {
        // SAFETY: the caller's.
        unsafe {
            let kept = _mm256_cmp_ps::<_CMP_NLT_UQ>(measures, _mm256_set1_ps(least));
            _mm256_and_ps(values, kept)
        }
    }
}

/// [`join`] for sums of 16 bits, and their sums in pairs of 32.
///
/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
unsafe fn join_words(first: __m256i, second: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        let sums = _mm256_add_epi16(
            _mm256_unpacklo_epi64(first, second),
            _mm256_unpackhi_epi64(first, second),
        );
        _mm256_madd_epi16(sums, _mm256_set1_epi16(1))
    }
}

/// Sums of four neighbouring products. The product of bytes takes one of them without a sign;
/// magnitudes are at most 128 and activations 127, so the sum of two stays in 16 bits.
///
/// # Safety
/// Inlined where AVX2 is enabled.
#[inline(always)]
unsafe fn signed(weights: __m256i, x: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights));
        _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
    }
}

//! Products of bytes with AVX2: in pairs to 16 bits, then to 32.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(
    clippy::inline_always,
    reason = "takes the instructions of the function it is part of"
)]

use std::arch::x86_64::{
    __m256i, _mm256_abs_epi8, _mm256_add_epi16, _mm256_add_epi32, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_sign_epi8,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
};

use super::super::activations::QuantizedRow;
use super::super::thread_pool::Columns;
use super::super::vectors;
use super::super::vectors::format::{Pair, RowFormat};
use super::super::vectors::products::{
    Products, broadcast, join, join_last, load_pair, load_panel,
};
use super::Avx2;

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

impl Products for Avx2 {
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
    unsafe fn block<const SIGNED: bool, const T: usize>(
        self,
        weights: *const u8,
        x: [*const i8; T],
    ) -> [__m256i; T] {
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [_mm256_setzero_si256(); T];
            for half in 0..2 {
                // Without a sign: a product is at most 32 * 127, and 16 bits get the sum of eight.
                let mut pairs = [_mm256_setzero_si256(); T];
                for word in 4 * half..4 * half + 4 {
                    let weights = load_panel(weights, word);
                    for t in 0..T {
                        let x = broadcast(x[t], word);
                        if SIGNED {
                            sums[t] = _mm256_add_epi32(sums[t], signed(weights, x));
                        } else {
                            let products = _mm256_maddubs_epi16(weights, x);
                            pairs[t] = _mm256_add_epi16(pairs[t], products);
                        }
                    }
                }
                for t in 0..T {
                    if !SIGNED {
                        let fours = _mm256_madd_epi16(pairs[t], _mm256_set1_epi16(1));
                        sums[t] = _mm256_add_epi32(sums[t], fours);
                    }
                }
            }
            sums
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

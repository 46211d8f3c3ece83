//! Products of bytes with VNNI: in fours to 32 bits, in one instruction.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(
    clippy::inline_always,
    reason = "takes the instructions of the function it is part of"
)]

use std::arch::x86_64::{
    __m256i, _mm256_abs_epi8, _mm256_dpbusd_epi32, _mm256_setzero_si256, _mm256_sign_epi8,
};

use super::super::activations::QuantizedRow;
use super::super::thread_pool::Columns;
use super::super::vectors;
use super::super::vectors::format::{Pair, RowFormat};
use super::super::vectors::products::{
    Products, broadcast, join, join_last, load_pair, load_panel,
};
use super::Avx512;

impl Avx512 {
    /// Products of weight rows with every token: bit for bit those of the AVX2 kernel.
    pub(in crate::kernels::cpu) fn multiply(
        self,
        format: impl RowFormat,
        rows: &[u8],
        tokens: &[&QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        // SAFETY: `self` exists, so AVX-512 F, VL and VNNI are there beside AVX2, FMA and F16C.
        unsafe { multiply(self, format, (rows, tokens), columns) }
    }
}

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
unsafe fn multiply<F: RowFormat>(
    cpu: Avx512,
    format: F,
    rows_and_tokens: (&[u8], &[&QuantizedRow]),
    columns: &mut Columns<'_>,
) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe { vectors::multiply(cpu, format, rows_and_tokens, columns) }
}

impl Products for Avx512 {
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
                let sum = add::<SIGNED>(_mm256_setzero_si256(), *low, x_low);
                pairs[index] = add::<SIGNED>(sum, *high, x_high);
            }
            join_last(join(pairs[0], pairs[1]), join(pairs[2], pairs[3]))
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
            for word in 0..8 {
                let weights = load_panel(weights, word);
                for t in 0..T {
                    sums[t] = add::<SIGNED>(sums[t], weights, broadcast(x[t], word));
                }
            }
            sums
        }
    }
}

/// Adds the products of weights and activations, in fours. The instruction takes one of its factors
/// without a sign.
///
/// # Safety
/// Inlined where VNNI is enabled.
#[inline(always)]
unsafe fn add<const SIGNED: bool>(sum: __m256i, weights: __m256i, x: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        if SIGNED {
            let x = _mm256_sign_epi8(x, weights);
            _mm256_dpbusd_epi32(sum, _mm256_abs_epi8(weights), x)
        } else {
            _mm256_dpbusd_epi32(sum, weights, x)
        }
    }
}

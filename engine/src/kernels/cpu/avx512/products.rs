//! Products of bytes with VNNI: in fours to 32 bits, in one instruction.
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
    __m256i, __m512, __m512i, _CMP_GT_OQ, _CMP_NLT_UQ, _mm256_abs_epi8, _mm256_dpbusd_epi32,
    _mm256_setzero_si256, _mm256_sign_epi8, _mm512_add_ps, _mm512_castps_si512, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_scalef_ps, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_storeu_ps, _mm512_xor_si512,
};

use super::super::activations::QuantizedRow;
use super::super::thread_pool::Columns;
use super::super::vectors;
use super::super::vectors::format::{Pair, RowFormat};
use super::super::vectors::products::{
    BLOCK_WORDS, Products, join, join_last, load_pair, token_word,
};
use super::super::vectors::{float_panel, panel};
use super::Avx512;
use crate::layout::MatrixLayout;

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

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512vnni")]
unsafe fn multiply_floats(
    cpu: Avx512,
    layout: &MatrixLayout,
    rows_and_inputs: (&[u8], &[&[f32]]),
    columns: &mut Columns<'_>,
) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe {
        float_panel::multiply::<Avx512, 2, 6>(cpu, layout, rows_and_inputs, columns);
    }
}

impl Products for Avx512 {
    const LANES: usize = 16;
    const SIGNED_SHIFT: i32 = 128;
    type Ints = __m512i;
    type Floats = __m512;

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
    unsafe fn multiply_panel<F: RowFormat>(
        self,
        format: F,
        rows_and_tokens: (&[u8], &[&QuantizedRow]),
        columns: &mut Columns<'_>,
    ) {
        // SAFETY: the caller's.
        unsafe { panel::multiply::<Self, F, 2, 6>(self, format, rows_and_tokens, columns) }
    }

    #[inline(always)]
    unsafe fn block<const SIGNED: bool, const PARTS: usize, const T: usize>(
        self,
        weights: *const i32,
        x: [*const i8; T],
        mut sums: [[__m512i; T]; PARTS],
    ) -> [[__m512i; T]; PARTS] {
        // SAFETY: the caller's, and loads need no alignment.
        unsafe {
            for word in 0..BLOCK_WORDS {
                let mut lanes = [_mm512_setzero_si512(); PARTS];
                for (part, lanes) in lanes.iter_mut().enumerate() {
                    let weights = weights.add((part * BLOCK_WORDS + word) * Self::LANES);
                    *lanes = _mm512_loadu_si512(weights.cast::<__m512i>());
                    if SIGNED {
                        // Adds 128 to every byte.
                        *lanes = _mm512_xor_si512(*lanes, _mm512_set1_epi8(i8::MIN));
                    }
                }
                for t in 0..T {
                    let x = _mm512_castps_si512(_mm512_set1_ps(token_word(x[t], word)));
                    for part in 0..PARTS {
                        sums[part][t] = _mm512_dpbusd_epi32(sums[part][t], lanes[part], x);
                    }
                }
            }
            sums
        }
    }

    #[inline(always)]
    unsafe fn ints(self, value: i32) -> __m512i {
        // SAFETY: the caller's.
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    unsafe fn floats(self, value: f32) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn load(self, values: *const f32) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_loadu_ps(values) }
    }

    #[inline(always)]
    unsafe fn store(self, values: __m512, output: &mut [f32]) {
        let mut lanes = [0.0; Self::LANES];
        // SAFETY: the array has sixteen floats, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), values) };
        output.copy_from_slice(&lanes[..output.len()]);
    }

    #[inline(always)]
    unsafe fn to_floats(self, values: __m512i) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_cvtepi32_ps(values) }
    }

    #[inline(always)]
    unsafe fn plus(self, left: __m512, right: __m512) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_add_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn times(self, left: __m512, right: __m512) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_mul_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn fused(self, left: __m512, right: __m512, sum: __m512) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_fmadd_ps(left, right, sum) }
    }

    #[inline(always)]
    unsafe fn larger(self, left: __m512, right: __m512) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_max_ps(left, right) }
    }

    #[inline(always)]
    unsafe fn is_any_larger(self, left: __m512, right: __m512) -> bool {
        // SAFETY: the caller's.
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(left, right) != 0 }
    }

    #[inline(always)]
    unsafe fn times_power_of_two(self, values: __m512, counts: __m512) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_scalef_ps(values, counts) }
    }

    #[inline(always)]
    unsafe fn zero_below(self, values: __m512, measures: __m512, least: f32) -> __m512 {
        // SAFETY: the caller's.
        unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(measures, _mm512_set1_ps(least));
            _mm512_maskz_mov_ps(kept, values)
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

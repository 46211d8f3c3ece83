//! The portable float kernels, compiled once more for 256-bit vectors.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]
#![expect(
    clippy::unused_self,
    reason = "self is the proof that the instructions are there"
)]

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm256_add_ps, _mm256_castsi256_ps, _mm256_castsi256_si128,
    _mm256_cvtepu16_epi32, _mm256_extracti128_si256, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_mul_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_storeu_ps,
};

use half::bf16;

use super::super::activations::QuantizedRow;
use super::super::portable::{self, LANES};
use super::super::vectors::add_up;
use super::Avx2;
use crate::kernels::SwigluLimits;

impl Avx2 {
    /// See [`portable::dot`]: the same lanes and the same order.
    pub(in crate::kernels::cpu) fn dot(self, left: &[f32], right: &[f32]) -> f32 {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { dot(left, right) }
    }

    /// See [`portable::dot_bf16`].
    pub(in crate::kernels::cpu) fn dot_bf16(self, left: &[f32], right: &[u8]) -> f32 {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { dot_bf16(left, right) }
    }

    /// See [`portable::swiglu`].
    pub(in crate::kernels::cpu) fn swiglu(self, gate: &[f32], up: &[f32], output: &mut [f32]) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { swiglu(gate, up, output) }
    }

    /// See [`portable::limited_swiglu`].
    pub(in crate::kernels::cpu) fn limited_swiglu(
        self,
        gate: &[f32],
        up: &[f32],
        limits: SwigluLimits,
        output: &mut [f32],
    ) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { limited_swiglu(gate, up, limits, output) }
    }

    /// See [`QuantizedRow::new`].
    pub(in crate::kernels::cpu) fn quantize(self, row: &[f32]) -> QuantizedRow {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { quantize(row) }
    }
}

/// By hand: left to the compiler, the sum of lanes at the end spoils the loop before it.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn dot(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len(), "two vectors of one length");
    let (left_parts, left_rest) = left.as_chunks::<LANES>();
    let (right_parts, right_rest) = right.as_chunks::<LANES>();
    let (mut low, mut high) = (_mm256_setzero_ps(), _mm256_setzero_ps());
    for (x, y) in left_parts.iter().zip(right_parts) {
        // Not fused: the sums are those of the portable kernel.
        low = _mm256_add_ps(low, _mm256_mul_ps(load_floats(x, 0), load_floats(y, 0)));
        high = _mm256_add_ps(high, _mm256_mul_ps(load_floats(x, 8), load_floats(y, 8)));
    }
    if !left_rest.is_empty() {
        let mut lanes = [0.0_f32; LANES];
        // SAFETY: the array has sixteen floats, and loads and stores need no alignment.
        unsafe {
            _mm256_storeu_ps(lanes.as_mut_ptr(), low);
            _mm256_storeu_ps(lanes.as_mut_ptr().add(LANES / 2), high);
        }
        for ((lane, x), y) in lanes.iter_mut().zip(left_rest).zip(right_rest) {
            *lane += x * y;
        }
        // SAFETY: as above.
        unsafe {
            low = _mm256_loadu_ps(lanes.as_ptr());
            high = _mm256_loadu_ps(lanes.as_ptr().add(LANES / 2));
        }
    }
    // SAFETY: the instructions are enabled here.
    unsafe { add_up(_mm256_add_ps(low, high)) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn dot_bf16(left: &[f32], right: &[u8]) -> f32 {
    let (values, []) = right.as_chunks::<2>() else {
        panic!("whole half words")
    };
    assert_eq!(left.len(), values.len(), "two vectors of one length");
    let (left_parts, left_rest) = left.as_chunks::<LANES>();
    let (right_parts, right_rest) = values.as_chunks::<LANES>();
    let (mut low, mut high) = (_mm256_setzero_ps(), _mm256_setzero_ps());
    for (x, y) in left_parts.iter().zip(right_parts) {
        let [first, second] = decode_bf16(y);
        // Not fused: the sums are those of the portable kernel.
        low = _mm256_add_ps(low, _mm256_mul_ps(load_floats(x, 0), first));
        high = _mm256_add_ps(high, _mm256_mul_ps(load_floats(x, 8), second));
    }
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the array has sixteen floats, and stores need no alignment.
    unsafe {
        _mm256_storeu_ps(lanes.as_mut_ptr(), low);
        _mm256_storeu_ps(lanes.as_mut_ptr().add(LANES / 2), high);
    }
    for ((lane, x), y) in lanes.iter_mut().zip(left_rest).zip(right_rest) {
        *lane += x * bf16::from_le_bytes(*y).to_f32();
    }
    let sums = _mm256_add_ps(load_floats(&lanes, 0), load_floats(&lanes, 8));
    // SAFETY: the instructions are enabled here.
    unsafe { add_up(sums) }
}

/// Sixteen values: a bf16 is the upper half of an f32.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn decode_bf16(values: &[[u8; 2]; LANES]) -> [__m256; 2] {
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    let halves = unsafe { _mm256_loadu_si256(values.as_ptr().cast::<__m256i>()) };
    let wide = |halves: __m128i| {
        _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(halves)))
    };
    [
        wide(_mm256_castsi256_si128(halves)),
        wide(_mm256_extracti128_si256::<1>(halves)),
    ]
}

#[target_feature(enable = "avx2,fma,f16c")]
fn swiglu(gate: &[f32], up: &[f32], output: &mut [f32]) {
    portable::swiglu(gate, up, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn limited_swiglu(gate: &[f32], up: &[f32], limits: SwigluLimits, output: &mut [f32]) {
    portable::limited_swiglu(gate, up, limits, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn quantize(row: &[f32]) -> QuantizedRow {
    QuantizedRow::new(row)
}

/// Eight floats at `offset` of `values`.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn load_floats(values: &[f32], offset: usize) -> __m256 {
    let values = &values[offset..offset + 8];
    // SAFETY: the slice has eight floats, and the load needs no alignment.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}

//! The portable float kernels, compiled once more for 256-bit vectors.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(
    clippy::unused_self,
    reason = "self is the proof that the instructions are there"
)]

use std::arch::x86_64::{
    _mm256_add_ps, _mm256_loadu_ps, _mm256_mul_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::super::activations::QuantizedRow;
use super::super::portable::{self, AttentionHead, LANES};
use super::Avx2;
use super::tile::{add_up, load_floats};

impl Avx2 {
    /// See [`portable::dot`]: the same lanes and the same order.
    pub(in crate::kernels::cpu) fn dot(self, left: &[f32], right: &[f32]) -> f32 {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { dot(left, right) }
    }

    /// See [`portable::attend`].
    pub(in crate::kernels::cpu) fn attend(self, head: &AttentionHead<'_>, output: &mut [f32]) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { attend(head, output) }
    }

    /// See [`portable::swiglu`].
    pub(in crate::kernels::cpu) fn swiglu(self, gate: &[f32], up: &[f32], output: &mut [f32]) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { swiglu(gate, up, output) }
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
    add_up(_mm256_add_ps(low, high))
}

#[target_feature(enable = "avx2,fma,f16c")]
fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    portable::attend(head, output, |left, right| dot(left, right));
}

#[target_feature(enable = "avx2,fma,f16c")]
fn swiglu(gate: &[f32], up: &[f32], output: &mut [f32]) {
    portable::swiglu(gate, up, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn quantize(row: &[f32]) -> QuantizedRow {
    QuantizedRow::new(row)
}

//! The portable float kernels, compiled once more for 256-bit vectors.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]
#![expect(
    clippy::unused_self,
    reason = "self is the proof that the instructions are there"
)]

use super::super::activations::QuantizedRow;
use super::super::portable::{self, AttentionHead};
use super::Avx2;

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

#[target_feature(enable = "avx2,fma,f16c")]
fn dot(left: &[f32], right: &[f32]) -> f32 {
    portable::dot(left, right)
}

#[target_feature(enable = "avx2,fma,f16c")]
fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    portable::attend(head, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn swiglu(gate: &[f32], up: &[f32], output: &mut [f32]) {
    portable::swiglu(gate, up, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn quantize(row: &[f32]) -> QuantizedRow {
    QuantizedRow::new(row)
}

//! Attention with vectors of 256 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]

use super::super::attention::AttentionHead;
use super::super::vectors::attention;
use super::Avx2;

impl Avx2 {
    /// Attention of `heads` that share keys and values; `outputs` are zeros, a row for each head.
    pub(in crate::kernels::cpu) fn attend(self, heads: &[AttentionHead<'_>], outputs: &mut [f32]) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe { attend(self, heads, outputs) }
    }
}

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn attend(cpu: Avx2, heads: &[AttentionHead<'_>], outputs: &mut [f32]) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe { attention::attend(cpu, heads, outputs) }
}

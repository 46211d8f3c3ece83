//! Attention with vectors of 512 bits.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]

use super::super::attention::AttentionHead;
use super::super::vectors::attention;
use super::Avx512;

impl Avx512 {
    /// Attention of `heads` that share keys and values, bit for bit that of AVX2; `outputs` are
    /// zeros, a row for each head.
    pub(in crate::kernels::cpu) fn attend(self, heads: &[AttentionHead<'_>], outputs: &mut [f32]) {
        // SAFETY: `self` exists, so AVX-512 F and VL are there beside AVX2, FMA and F16C.
        unsafe { attend(self, heads, outputs) }
    }
}

/// # Safety
/// The CPU has the instructions.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
unsafe fn attend(cpu: Avx512, heads: &[AttentionHead<'_>], outputs: &mut [f32]) {
    // SAFETY: the caller's, and the instructions are enabled here.
    unsafe { attention::attend(cpu, heads, outputs) }
}

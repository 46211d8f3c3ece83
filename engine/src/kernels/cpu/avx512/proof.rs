//! The proof that this CPU has the instructions.

use super::super::avx2::Avx2;

/// AVX-512 F, VL and VNNI are there beside AVX2. Made only by [`Avx512::detect`].
#[derive(Clone, Copy, Debug)]
pub struct Avx512(Avx2);

impl Avx512 {
    /// Asks the CPU.
    pub(in crate::kernels::cpu) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        Avx2::detect().filter(|_| found).map(Self)
    }

    /// The smaller proof this one contains.
    pub(in crate::kernels::cpu) fn avx2(self) -> Avx2 {
        self.0
    }
}

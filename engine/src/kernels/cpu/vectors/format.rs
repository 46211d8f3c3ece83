//! How a layout's rows become vectors.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_and_si128, _mm_loadu_si128, _mm_setr_epi8, _mm_shuffle_epi8,
    _mm256_cvtph_ps,
};

use super::super::activations::GROUP;

/// Codes of two neighbouring blocks: the first halves of both, then the second halves.
pub(in crate::kernels::cpu) type Pair = [__m256i; 2];

/// The layout of a row: first what belongs to blocks, then codes.
///
/// # Safety of all functions
/// They are inlined where AVX2, FMA and F16C are enabled; `codes` points to the blocks named.
pub(in crate::kernels::cpu) trait RowFormat: Copy {
    /// Whether decoded codes have a sign; if not, they are at most 32.
    const SIGNED: bool;
    /// What was added to every code to make it a number without a sign.
    const SHIFT: i32;
    /// Whether blocks have a minimum.
    const MINIMA: bool;
    /// Bytes in front of the codes, a block.
    const HEAD_BYTES: usize;
    /// Bytes of the codes, a block.
    const CODE_BYTES: usize;

    /// The codes of two blocks.
    unsafe fn pair(self, codes: *const u8) -> Pair;

    /// The codes of one block, beside zeros.
    unsafe fn single(self, codes: *const u8) -> Pair;

    /// Scales of eight blocks from `first` on, at their slots; those from `count` on are 0.
    unsafe fn scales(self, row: &[u8], first: usize, count: usize) -> __m256;

    /// Minima likewise, where the layout has them.
    unsafe fn minima(self, row: &[u8], num_blocks: usize, first: usize, count: usize) -> __m256;

    /// Bytes of a row.
    fn row_bytes(num_blocks: usize) -> usize {
        num_blocks * (Self::HEAD_BYTES + Self::CODE_BYTES)
    }
}

/// Masks of `f16`: the first `n` of a load that begins at `8 - n` are kept.
static KEEP: [u16; 2 * GROUP] = {
    let mut keep = [0; 2 * GROUP];
    let mut index = 0;
    while index < GROUP {
        keep[index] = u16::MAX;
        index += 1;
    }
    keep
};

/// Eight f16 at `offset` of `row` as f32, at the slots of their blocks, those from `count` on as 0.
///
/// # Safety
/// Inlined where AVX2 and F16C are enabled.
#[inline(always)]
pub(super) unsafe fn load_halves(row: &[u8], offset: usize, count: usize) -> __m256 {
    let bytes = &row[offset..offset + 2 * GROUP];
    let keep = &KEEP[GROUP - count.min(GROUP)..][..GROUP];
    // SAFETY: both slices have 16 bytes, and the loads need no alignment.
    unsafe {
        let bits = _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>());
        let bits = _mm_and_si128(bits, _mm_loadu_si128(keep.as_ptr().cast::<__m128i>()));
        let slots = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
        _mm256_cvtph_ps(_mm_shuffle_epi8(bits, slots))
    }
}

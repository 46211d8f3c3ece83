//! What the integer kernels share: tiles of tokens, scales of eight blocks, sums of lanes.
#![expect(
    unsafe_code,
    reason = "loads through pointers; lengths are asserted before"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]

use std::arch::x86_64::{
    __m128i, __m256, _mm_and_si128, _mm_loadu_si128, _mm256_castps256_ps128, _mm256_cvtph_ps,
    _mm256_extractf128_ps, _mm256_loadu_ps, _mm256_storeu_ps,
};
use std::arch::x86_64::{_mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps};

use super::super::activations::{GROUP, QuantizedRow};
use super::super::thread_pool::Columns;

/// Tokens that share one decoding of the weights.
pub(in crate::kernels::cpu) const TILE: usize = 4;

/// Eight f16 bit masks: the first `n` of a load that begins at `8 - n` are kept.
static KEEP: [u16; 16] = [
    u16::MAX,
    u16::MAX,
    u16::MAX,
    u16::MAX,
    u16::MAX,
    u16::MAX,
    u16::MAX,
    u16::MAX,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
];

/// A product of one weight row with some tokens.
pub(in crate::kernels::cpu) trait RowProduct: Copy {
    /// Products with `N` tokens; every one a function of the row and that token alone.
    fn tile<const N: usize>(self, row: &[u8], tokens: &[QuantizedRow; N]) -> [f32; N];
}

/// Runs `product` over rows and tokens, four tokens at a time and then one by one.
#[inline]
pub(in crate::kernels::cpu) fn for_each_tile(
    product: impl RowProduct,
    rows: std::slice::Chunks<'_, u8>,
    tokens: &[QuantizedRow],
    columns: &mut Columns<'_>,
) {
    let (tiles, rest) = tokens.as_chunks::<TILE>();
    for (column, row) in rows.enumerate() {
        for (index, tile) in tiles.iter().enumerate() {
            for (i, value) in product.tile(row, tile).into_iter().enumerate() {
                columns.row_mut(index * TILE + i)[column] = value;
            }
        }
        for (index, token) in rest.iter().enumerate() {
            let [value] = product.tile(row, std::array::from_ref(token));
            columns.row_mut(tiles.len() * TILE + index)[column] = value;
        }
    }
}

/// Eight f16 at `offset` of `row` as f32, those from `count` on as 0.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(in crate::kernels::cpu) fn load_halves(row: &[u8], offset: usize, count: usize) -> __m256 {
    let bytes = &row[offset..offset + 16];
    let keep = &KEEP[GROUP - count.min(GROUP)..][..GROUP];
    // SAFETY: both slices have 16 bytes, and the loads need no alignment.
    let (bits, keep) = unsafe {
        (
            _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()),
            _mm_loadu_si128(keep.as_ptr().cast::<__m128i>()),
        )
    };
    _mm256_cvtph_ps(_mm_and_si128(bits, keep))
}

/// Eight floats at `offset` of `values`.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(in crate::kernels::cpu) fn load_floats(values: &[f32], offset: usize) -> __m256 {
    let values = &values[offset..offset + GROUP];
    // SAFETY: the slice has eight floats, and the load needs no alignment.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}

/// The eight lanes in memory.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(in crate::kernels::cpu) fn to_array(vector: __m256) -> [f32; GROUP] {
    let mut array = [0.0; GROUP];
    // SAFETY: the array has eight floats, and the store needs no alignment.
    unsafe { _mm256_storeu_ps(array.as_mut_ptr(), vector) };
    array
}

/// Sum of the eight lanes, by halves.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(in crate::kernels::cpu) fn add_up(vector: __m256) -> f32 {
    let four = _mm_add_ps(
        _mm256_castps256_ps128(vector),
        _mm256_extractf128_ps::<1>(vector),
    );
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

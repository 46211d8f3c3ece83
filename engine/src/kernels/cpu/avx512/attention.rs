//! Attention of one query head: sixteen positions at a time for scores, four vectors for values.
//! Heads of one token that share keys and values: see `together`.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]

mod together;

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps,
    _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};

use super::super::portable::{self, AttentionHead};
use super::Avx512;
use crate::kernels::cache_row;

/// Floats of a vector.
const LANES: usize = 16;
/// Vectors of values that are added up at a time.
const PART: usize = 4;

impl Avx512 {
    /// See [`portable::attend`]. Sums of products are fused and have an order of their own; they
    /// are the same for a position whatever stands beside it.
    pub(in crate::kernels::cpu) fn attend(self, head: &AttentionHead<'_>, output: &mut [f32]) {
        if head.query.len().is_multiple_of(LANES) {
            // SAFETY: `self` exists, so AVX-512 F and VL are there beside AVX2 and FMA.
            unsafe { attend(head, output) }
        } else {
            self.avx2().attend(head, output);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    let mut weights = vec![0.0_f32; head.positions.len()];
    let (mut position, mut rest) = (head.positions.start, &mut weights[..]);
    while !rest.is_empty() {
        let (scores, behind) = rest.split_at_mut(head.in_block(position));
        if scores.len() == LANES {
            scores_of_block::<true>(head, position, scores);
        } else {
            scores_of_block::<false>(head, position, scores);
        }
        position += scores.len();
        rest = behind;
    }
    let inverse = portable::softmax(head, &mut weights);
    let vectors = output.len() / LANES;
    let whole = vectors / PART * PART;
    for first in (0..whole).step_by(PART) {
        add_values::<PART>(head, (&weights, inverse), first * LANES, output);
    }
    for first in whole..vectors {
        add_values::<1>(head, (&weights, inverse), first * LANES, output);
    }
}

/// Products of the query with the keys from `position` on, as many as `output` has room for: they
/// are in one block. `FULL`: sixteen.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn scores_of_block<const FULL: bool>(
    head: &AttentionHead<'_>,
    position: usize,
    output: &mut [f32],
) {
    let count = if FULL { LANES } else { output.len() };
    // Rows of a block lie a stride apart, so where the first and the last one are, all are.
    let last = head.row(head.keys, position + count - 1);
    let first_row = cache_row(head.blocks, position);
    let keys = head.keys[first_row * head.stride + head.first..].as_ptr();
    debug_assert!(keys <= last.as_ptr());
    let mut sums = [_mm512_setzero_ps(); LANES];
    for (first, query) in head.query.as_chunks::<LANES>().0.iter().enumerate() {
        let query = load(query);
        for (i, sum) in sums.iter_mut().enumerate() {
            if FULL || i < count {
                // SAFETY: `keys` points into the whole cache; row `position + i` was found to lie
                // in it and has as many vectors as the query; the load needs no alignment.
                let keys = unsafe { _mm512_loadu_ps(keys.add(i * head.stride + first * LANES)) };
                *sum = _mm512_fmadd_ps(query, keys, *sum);
            }
        }
    }
    let mut scores = [0.0; LANES];
    store(add_up_sixteen(&sums), &mut scores);
    output.copy_from_slice(&scores[..count]);
}

/// Weighted sum of the values of all positions, times `inverse`: `N` vectors from `first` on. Even
/// positions and odd ones are added up apart.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn add_values<const N: usize>(
    head: &AttentionHead<'_>,
    (mut weights, inverse): (&[f32], f32),
    first: usize,
    output: &mut [f32],
) {
    let mut sums = [[_mm512_setzero_ps(); N]; 2];
    let mut position = head.positions.start;
    while !weights.is_empty() {
        // A block begins at an even position; a window may begin in the middle of one.
        let count = if position.is_multiple_of(2) {
            head.in_block(position)
        } else {
            1
        };
        let (block, rest) = weights.split_at(count);
        let first_row = cache_row(head.blocks, position);
        let values = &head.values[first_row * head.stride + head.first..];
        let sums = if position.is_multiple_of(2) {
            &mut sums[..]
        } else {
            &mut sums[1..]
        };
        let mut rows = values.chunks(head.stride);
        for pair in block.chunks(2) {
            for ((weight, sums), values) in pair.iter().zip(&mut *sums).zip(&mut rows) {
                let values = &values[first..first + N * LANES];
                let weight = _mm512_set1_ps(*weight);
                for (values, sum) in values.as_chunks::<LANES>().0.iter().zip(sums) {
                    *sum = _mm512_fmadd_ps(weight, load(values), *sum);
                }
            }
        }
        position += count;
        weights = rest;
    }
    let [even, odd] = sums;
    let inverse = _mm512_set1_ps(inverse);
    let output = output[first..].as_chunks_mut::<LANES>().0;
    for ((even, odd), output) in even.into_iter().zip(odd).zip(output) {
        store(_mm512_mul_ps(_mm512_add_ps(even, odd), inverse), output);
    }
}

/// The sum of the lanes of each vector: first inside quarters, lanes 0 and 2 beside 1 and 3; then
/// the quarters likewise.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn add_up_sixteen(sums: &[__m512; LANES]) -> __m512 {
    let mut twos = [_mm512_setzero_ps(); 8];
    for i in 0..8 {
        let (first, second) = (sums[2 * i], sums[2 * i + 1]);
        let low = _mm512_unpacklo_ps(first, second);
        twos[i] = _mm512_add_ps(low, _mm512_unpackhi_ps(first, second));
    }
    let mut fours = [_mm512_setzero_ps(); 4];
    for i in 0..4 {
        let first = _mm512_castps_pd(twos[2 * i]);
        let second = _mm512_castps_pd(twos[2 * i + 1]);
        let low = _mm512_castpd_ps(_mm512_unpacklo_pd(first, second));
        fours[i] = _mm512_add_ps(low, _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    }
    let mut eights = [_mm512_setzero_ps(); 2];
    for i in 0..2 {
        let (first, second) = (fours[2 * i], fours[2 * i + 1]);
        let low = _mm512_shuffle_f32x4::<0b01_00_01_00>(first, second);
        eights[i] = _mm512_add_ps(low, _mm512_shuffle_f32x4::<0b11_10_11_10>(first, second));
    }
    let [first, second] = eights;
    let even = _mm512_shuffle_f32x4::<0b10_00_10_00>(first, second);
    _mm512_add_ps(even, _mm512_shuffle_f32x4::<0b11_01_11_01>(first, second))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn load(values: &[f32; LANES]) -> __m512 {
    // SAFETY: the array has sixteen floats, and the load needs no alignment.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn store(values: __m512, output: &mut [f32; LANES]) {
    // SAFETY: the array has sixteen floats, and the store needs no alignment.
    unsafe { _mm512_storeu_ps(output.as_mut_ptr(), values) }
}

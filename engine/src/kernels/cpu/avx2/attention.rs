//! Attention of one query head: eight positions at a time for scores, eight vectors for values.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions, loads"
)]
#![expect(
    clippy::unused_self,
    reason = "self is the proof that the instructions are there"
)]

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_cvtss_f32, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_permute_ps, _mm256_permute2f128_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_storeu_ps, _mm256_unpackhi_pd, _mm256_unpackhi_ps, _mm256_unpacklo_pd,
    _mm256_unpacklo_ps,
};

use super::super::portable::{self, AttentionHead};
use super::Avx2;
use super::floats::load_floats;
use crate::kernels::cache_row;

/// Floats of a vector.
const LANES: usize = 8;
/// Vectors of values that are added up at a time.
const PART: usize = 8;

impl Avx2 {
    /// See [`portable::attend`]. Sums of products are fused and have an order of their own; they
    /// are the same for a position whatever stands beside it.
    pub(in crate::kernels::cpu) fn attend(self, head: &AttentionHead<'_>, output: &mut [f32]) {
        // SAFETY: `self` exists, so AVX2, FMA and F16C are there.
        unsafe {
            if head.query.len().is_multiple_of(LANES) {
                attend(head, output);
            } else {
                attend_ragged(head, output);
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn attend_ragged(head: &AttentionHead<'_>, output: &mut [f32]) {
    portable::attend(head, output);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn attend(head: &AttentionHead<'_>, output: &mut [f32]) {
    let mut weights = vec![0.0_f32; head.positions.len()];
    scores(head, &mut weights);
    let inverse = portable::softmax(head, &mut weights);
    let vectors = output.len() / LANES;
    let whole = vectors / PART * PART;
    for first in (0..whole).step_by(PART) {
        add_values::<PART>(head, &weights, first * LANES, output);
    }
    for first in whole..vectors {
        add_values::<1>(head, &weights, first * LANES, output);
    }
    for value in output {
        *value *= inverse;
    }
}

/// Products of the query with the key of every position.
#[target_feature(enable = "avx2,fma,f16c")]
fn scores(head: &AttentionHead<'_>, mut output: &mut [f32]) {
    let mut position = head.positions.start;
    while !output.is_empty() {
        let (block, rest) = output.split_at_mut(head.in_block(position));
        scores_of_block(head, position, block);
        position += block.len();
        output = rest;
    }
}

/// The same of positions of one block, from `position` on.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn scores_of_block(head: &AttentionHead<'_>, mut position: usize, output: &mut [f32]) {
    let size = head.query.len();
    let (eights, rest) = output.as_chunks_mut::<LANES>();
    for eight in eights {
        // Rows of a block lie a stride apart, so where the first and the last one are, all are.
        let last = head.row(head.keys, position + LANES - 1);
        let first_row = cache_row(head.blocks, position);
        let keys = head.keys[first_row * head.stride + head.first..].as_ptr();
        debug_assert!(keys <= last.as_ptr());
        let mut sums = [_mm256_setzero_ps(); LANES];
        for first in (0..size).step_by(LANES) {
            let query = load_floats(head.query, first);
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `keys` points into the whole cache; row `position + i` was found to lie
                // in it, `first` is a multiple of eight below its length; no alignment is needed.
                let keys = unsafe { _mm256_loadu_ps(keys.add(i * head.stride + first)) };
                *sum = _mm256_fmadd_ps(query, keys, *sum);
            }
        }
        // SAFETY: the array has eight floats, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(eight.as_mut_ptr(), add_up_eight(&sums)) };
        position += LANES;
    }
    for score in rest {
        let key = head.row(head.keys, position);
        let mut sum = _mm256_setzero_ps();
        for first in (0..size).step_by(LANES) {
            sum = _mm256_fmadd_ps(load_floats(head.query, first), load_floats(key, first), sum);
        }
        *score = add_up(sum);
        position += 1;
    }
}

/// Weighted sum of the values of all positions, in their order: `N` vectors from `first` on.
#[target_feature(enable = "avx2,fma,f16c")]
fn add_values<const N: usize>(
    head: &AttentionHead<'_>,
    mut weights: &[f32],
    first: usize,
    output: &mut [f32],
) {
    let mut sums = [_mm256_setzero_ps(); N];
    let mut position = head.positions.start;
    while !weights.is_empty() {
        let (block, rest) = weights.split_at(head.in_block(position));
        let first_row = cache_row(head.blocks, position);
        let values = &head.values[first_row * head.stride + head.first..];
        for (weight, values) in block.iter().zip(values.chunks(head.stride)) {
            let weight = _mm256_set1_ps(*weight);
            let values = &values[first..first + N * LANES];
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = _mm256_fmadd_ps(weight, load_floats(values, i * LANES), *sum);
            }
        }
        position += block.len();
        weights = rest;
    }
    for (sum, output) in sums.iter().zip(output[first..].as_chunks_mut::<LANES>().0) {
        // SAFETY: the array has eight floats, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(output.as_mut_ptr(), *sum) };
    }
}

/// The sum of the lanes of each vector, as [`add_up`] adds them.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add_up_eight(sums: &[__m256; LANES]) -> __m256 {
    let mut twos = [_mm256_setzero_ps(); 4];
    for i in 0..4 {
        let (first, second) = (sums[2 * i], sums[2 * i + 1]);
        let (low, high) = (
            _mm256_unpacklo_ps(first, second),
            _mm256_unpackhi_ps(first, second),
        );
        twos[i] = _mm256_add_ps(low, high);
    }
    let mut fours = [_mm256_setzero_ps(); 2];
    for i in 0..2 {
        let (first, second) = (
            _mm256_castps_pd(twos[2 * i]),
            _mm256_castps_pd(twos[2 * i + 1]),
        );
        let (low, high) = (
            _mm256_unpacklo_pd(first, second),
            _mm256_unpackhi_pd(first, second),
        );
        fours[i] = _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
    }
    _mm256_add_ps(
        _mm256_permute2f128_ps::<0x20>(fours[0], fours[1]),
        _mm256_permute2f128_ps::<0x31>(fours[0], fours[1]),
    )
}

/// The sum of the lanes: of each half, lanes 0 and 2 beside 1 and 3; then the halves.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add_up(sum: __m256) -> f32 {
    let twos = _mm256_add_ps(sum, _mm256_permute_ps::<0b01_00_11_10>(sum));
    let fours = _mm256_add_ps(twos, _mm256_permute_ps::<0b10_11_00_01>(twos));
    let halves = _mm256_add_ps(fours, _mm256_permute2f128_ps::<0x01>(fours, fours));
    _mm256_cvtss_f32(halves)
}

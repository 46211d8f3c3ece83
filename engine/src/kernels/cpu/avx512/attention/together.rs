//! Tokens and query heads that share keys and values, which come from afar once for all of them.
//! The sums of each head are those it has alone, to the bit.
#![expect(
    unsafe_code,
    reason = "calls functions that need the proven instructions"
)]

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps,
};
use std::ops::Range;

use super::super::super::portable::{self, AttentionHead};
use super::super::super::thread_pool::Columns;
use super::super::Avx512;
use super::{LANES, add_up_sixteen, load, store};
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::cache_row;

/// Vectors of a query, a key, a value: heads of another size are computed one by one.
const VECTORS: usize = 4;
/// Heads at a time: the sums of their values fill the registers.
const HEADS: usize = 3;

/// Positions that all tokens look at before the next ones: 16 kB of keys, which stay in the cache
/// that is nearest to a processor.
const STRETCH: usize = 64;

/// A query, a key, a value, or sums of values.
type Row = [__m512; VECTORS];

impl Avx512 {
    /// [`Self::attend`] for rows of heads; those of a row differ in query and sink alone. `output`
    /// has the heads' columns, one behind the other.
    pub(in crate::kernels::cpu) fn attend_together(
        self,
        rows: &[Vec<AttentionHead<'_>>],
        output: &mut Columns<'_>,
    ) {
        let num_heads = rows.first().map_or(0, Vec::len);
        let size = output.range().len() / num_heads.max(1);
        if size != VECTORS * LANES {
            for (row, heads) in output.rows().zip(rows) {
                for (head, output) in heads.iter().zip(output.row_mut(row).chunks_mut(size)) {
                    self.attend(head, output);
                }
            }
            return;
        }
        for first in (0..num_heads).step_by(HEADS) {
            // SAFETY: `self` exists, so AVX-512 F and VL are there beside AVX2 and FMA.
            unsafe {
                match num_heads - first {
                    1 => attend::<1>(rows, first, output),
                    2 => attend::<2>(rows, first, output),
                    _ => attend::<HEADS>(rows, first, output),
                }
            }
        }
    }
}

/// Heads of one token.
struct Token<'a, const N: usize> {
    heads: [&'a AttentionHead<'a>; N],
    /// Of every position; those of one head stand together.
    weights: Vec<f32>,
    /// Of values at even positions, and at odd ones.
    sums: [[Row; N]; 2],
}

/// The heads from `first` on.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn attend<const N: usize>(rows: &[Vec<AttentionHead<'_>>], first: usize, output: &mut Columns<'_>) {
    let mut tokens = Vec::with_capacity(rows.len());
    for heads in rows {
        let heads: [&AttentionHead<'_>; N] = std::array::from_fn(|n| &heads[first + n]);
        tokens.push(Token {
            heads,
            weights: vec![0.0; N * heads[0].positions.len()],
            sums: [[[_mm512_setzero_ps(); VECTORS]; N]; 2],
        });
    }
    let begin = tokens.iter().map(|token| token.positions().start).min();
    let end = tokens.iter().map(|token| token.positions().end).max();
    let begin = begin.unwrap_or(0) / STRETCH * STRETCH;
    let stretches = (begin..end.unwrap_or(0)).step_by(STRETCH);
    // What a stretch has is near while all tokens look at it.
    for stretch in stretches.clone() {
        for token in &mut tokens {
            for block in (stretch..stretch + STRETCH).step_by(BLOCK_TOKENS) {
                scores(token, block);
            }
        }
    }
    let mut inverses = vec![[0.0; N]; tokens.len()];
    for (token, inverses) in tokens.iter_mut().zip(&mut inverses) {
        let length = token.positions().len();
        let weights = token.weights.chunks_mut(length);
        for ((head, weights), inverse) in token.heads.iter().zip(weights).zip(inverses) {
            *inverse = portable::softmax(head, weights);
        }
    }
    for stretch in stretches {
        for token in &mut tokens {
            let [mut even, mut odd] = token.sums;
            for block in (stretch..stretch + STRETCH).step_by(BLOCK_TOKENS) {
                add_values(token, block, (&mut even, &mut odd));
            }
            token.sums = [even, odd];
        }
    }
    for ((row, token), inverses) in output.rows().zip(&tokens).zip(&inverses) {
        let size = VECTORS * LANES;
        let output = &mut output.row_mut(row)[first * size..][..N * size];
        write(token, inverses, output);
    }
}

impl<const N: usize> Token<'_, N> {
    fn positions(&self) -> Range<usize> {
        self.heads[0].positions.clone()
    }

    /// The positions of a block that it looks at, from the first one of all on.
    fn within(&self, block: usize) -> Range<usize> {
        let Range { start, end } = self.positions();
        let (first, last) = (block.max(start), (block + BLOCK_TOKENS).min(end));
        first.saturating_sub(start)..last.saturating_sub(start)
    }

    /// What a cache has from the `index`th position on, as far as its block goes.
    fn rows<'c>(&self, cache: &'c [f32], index: usize) -> &'c [f32] {
        let head = self.heads[0];
        let first_row = cache_row(head.blocks, head.positions.start + index);
        &cache[first_row * head.stride + head.first..]
    }
}

/// Products of all queries with the keys of a block.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn scores<const N: usize>(token: &mut Token<'_, N>, block: usize) {
    let within = token.within(block);
    if within.is_empty() {
        return;
    }
    let head = token.heads[0];
    let keys = token.rows(head.keys, within.start);
    let mut queries = [[_mm512_setzero_ps(); VECTORS]; N];
    for (query, head) in queries.iter_mut().zip(token.heads) {
        *query = row_at(head.query, 0);
    }
    let mut sums = [[_mm512_setzero_ps(); LANES]; N];
    let count = within.len().min(LANES);
    for i in 0..count {
        let key = row_at(keys, i * head.stride);
        for (query, sums) in queries.iter().zip(&mut sums) {
            let mut sum = _mm512_setzero_ps();
            for (query, key) in query.iter().zip(key) {
                sum = _mm512_fmadd_ps(*query, key, sum);
            }
            sums[i] = sum;
        }
    }
    let length = token.positions().len();
    for (n, sums) in sums.iter().enumerate() {
        let mut scores = [0.0; LANES];
        store(add_up_sixteen(sums), &mut scores);
        let weights = &mut token.weights[n * length + within.start..][..count];
        weights.copy_from_slice(&scores[..count]);
    }
}

/// Adds the weighted values of a block. Even positions and odd ones are added up apart.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn add_values<const N: usize>(
    token: &Token<'_, N>,
    block: usize,
    (even, odd): (&mut [Row; N], &mut [Row; N]),
) {
    let within = token.within(block);
    if within.is_empty() {
        return;
    }
    let head = token.heads[0];
    let values = token.rows(head.values, within.start);
    let length = token.positions().len();
    let weights: [&[f32]; N] =
        std::array::from_fn(|n| &token.weights[n * length..][within.clone()]);
    // Values of this function alone can stay in registers.
    let (mut even_sums, mut odd_sums) = (*even, *odd);
    let (mut i, count) = (0, within.len());
    // A block begins at an even position; a window may begin in the middle of one.
    if !(head.positions.start + within.start).is_multiple_of(2) {
        add_value(&mut odd_sums, values, (&weights, 0));
        i = 1;
    }
    while i + 1 < count {
        let (first, second) = (&values[i * head.stride..], &values[(i + 1) * head.stride..]);
        add_value(&mut even_sums, first, (&weights, i));
        add_value(&mut odd_sums, second, (&weights, i + 1));
        i += 2;
    }
    if i < count {
        add_value(&mut even_sums, &values[i * head.stride..], (&weights, i));
    }
    (*even, *odd) = (even_sums, odd_sums);
}

/// Adds the first value of `values` times each head's weight of that index.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn add_value<const N: usize>(
    sums: &mut [Row; N],
    values: &[f32],
    (weights, index): (&[&[f32]; N], usize),
) {
    let value = row_at(values, 0);
    for (weights, sums) in weights.iter().zip(sums) {
        let weight = _mm512_set1_ps(weights[index]);
        for (value, sum) in value.iter().zip(sums) {
            *sum = _mm512_fmadd_ps(weight, *value, *sum);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn write<const N: usize>(token: &Token<'_, N>, inverses: &[f32; N], output: &mut [f32]) {
    let [even, odd] = &token.sums;
    let outputs = output.as_chunks_mut::<LANES>().0.chunks_mut(VECTORS);
    for (((even, odd), inverse), output) in even.iter().zip(odd).zip(inverses).zip(outputs) {
        let inverse = _mm512_set1_ps(*inverse);
        for ((even, odd), output) in even.iter().zip(odd).zip(output) {
            store(_mm512_mul_ps(_mm512_add_ps(*even, *odd), inverse), output);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl")]
fn row_at(values: &[f32], first: usize) -> Row {
    let vectors = values[first..][..VECTORS * LANES].as_chunks::<LANES>().0;
    [
        load(&vectors[0]),
        load(&vectors[1]),
        load(&vectors[2]),
        load(&vectors[3]),
    ]
}

//! One token with rows of weights, one row after the other: memory is read strictly forward.

use std::arch::x86_64::{
    __m256, __m256i, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_mul_ps, _mm256_mullo_epi32, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_sub_epi32,
};

use super::super::activations::{GROUP, QuantizedRow};
use super::add_up;
use super::format::{Pair, RowFormat};
use super::products::Products;
use crate::layout::BLOCK_LENGTH;

/// Products of `rows` with `token`, one an output.
///
/// # Safety
/// See [`super::multiply`]; the token is padded.
#[inline(always)]
pub(super) unsafe fn multiply<P: Products, F: RowFormat>(
    products: P,
    format: F,
    rows: &[u8],
    token: &QuantizedRow,
    output: &mut [f32],
) {
    let row_bytes = F::row_bytes(token.num_blocks);
    assert_eq!(rows.len(), output.len() * row_bytes, "whole rows");
    for (row, output) in rows.chunks_exact(row_bytes).zip(output) {
        // SAFETY: the caller's; a row has the blocks of the token.
        *output = unsafe { product(products, format, row, token) };
    }
}

/// # Safety
/// See [`multiply`]; the row has as many blocks as the token.
#[inline(always)]
unsafe fn product<P: Products, F: RowFormat>(
    products: P,
    format: F,
    row: &[u8],
    token: &QuantizedRow,
) -> f32 {
    let num_blocks = token.num_blocks;
    let (num_whole, rest) = (num_blocks / GROUP * GROUP, num_blocks % GROUP);
    let codes = row[num_blocks * F::HEAD_BYTES..].as_ptr();
    let group = Group {
        products,
        format,
        row,
        token,
    };
    // SAFETY: the caller's; blocks up to `num_blocks` are there.
    unsafe {
        let mut lanes = _mm256_setzero_ps();
        for first in (0..num_whole).step_by(GROUP) {
            let at = |pair: usize| codes.add((first + 2 * pair) * F::CODE_BYTES);
            let weights = [
                format.pair(at(0)),
                format.pair(at(1)),
                format.pair(at(2)),
                format.pair(at(3)),
            ];
            lanes = group.add(&weights, (first, GROUP), lanes);
        }
        let codes = codes.add(num_whole * F::CODE_BYTES);
        let at = (num_whole, rest);
        lanes = match rest {
            0 => lanes,
            1 | 2 => group.add(&last_weights::<F, 1>(format, codes, rest), at, lanes),
            3 | 4 => group.add(&last_weights::<F, 2>(format, codes, rest), at, lanes),
            _ => group.add(&last_weights::<F, 4>(format, codes, rest), at, lanes),
        };
        add_up(lanes)
    }
}

/// The codes of the last blocks, as many pairs as they need, and zeros.
///
/// # Safety
/// See [`multiply`]; `codes` points to `count` blocks.
#[inline(always)]
unsafe fn last_weights<F: RowFormat, const N: usize>(
    format: F,
    codes: *const u8,
    count: usize,
) -> [Pair; N] {
    // SAFETY: the caller's.
    unsafe {
        let mut weights = [[_mm256_setzero_si256(); 2]; N];
        for (index, pair) in weights.iter_mut().enumerate() {
            let codes = codes.add(2 * index * F::CODE_BYTES);
            match count.saturating_sub(2 * index) {
                0 => break,
                1 => *pair = format.single(codes),
                _ => *pair = format.pair(codes),
            }
        }
        weights
    }
}

/// What a group of eight blocks is computed from, beside its weights.
struct Group<'a, P, F> {
    products: P,
    format: F,
    row: &'a [u8],
    token: &'a QuantizedRow,
}

impl<P: Products, F: RowFormat> Group<'_, P, F> {
    /// Adds the products of `count` blocks from `first` on, whose weights these are, to their
    /// lanes.
    ///
    /// # Safety
    /// See [`multiply`].
    #[inline(always)]
    unsafe fn add<const N: usize>(
        &self,
        weights: &[Pair; N],
        (first, count): (usize, usize),
        mut lanes: __m256,
    ) -> __m256 {
        let token = self.token;
        // SAFETY: the caller's; a token's values are padded to whole groups, and loads need no
        // alignment.
        unsafe {
            let x = token.codes.as_ptr().add(first * BLOCK_LENGTH);
            let mut sums = if F::SIGNED {
                self.products.group::<true, N>(weights, x)
            } else {
                self.products.group::<false, N>(weights, x)
            };
            if F::SHIFT != 0 {
                let code_sums = token.code_sums.as_ptr().add(first).cast::<__m256i>();
                let code_sums = _mm256_loadu_si256(code_sums);
                let too_much = _mm256_mullo_epi32(code_sums, _mm256_set1_epi32(F::SHIFT));
                sums = _mm256_sub_epi32(sums, too_much);
            }
            if F::MINIMA {
                let minima = self.format.minima(self.row, token.num_blocks, first, count);
                let token_sums = _mm256_loadu_ps(token.sums.as_ptr().add(first));
                lanes = _mm256_fmadd_ps(minima, token_sums, lanes);
            }
            let scales = self.format.scales(self.row, first, count);
            let scales = _mm256_mul_ps(scales, _mm256_loadu_ps(token.scales.as_ptr().add(first)));
            _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scales, lanes)
        }
    }
}

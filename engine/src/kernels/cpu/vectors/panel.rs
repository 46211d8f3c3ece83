//! Several tokens with eight rows of weights at a time, which are decoded once for all of them.
//!
//! A panel holds a block of eight rows word by word: word 0 of all rows, then word 1, and so on, so
//! that a lane is a row and nothing is added across lanes.

use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_mul_ps, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_sub_epi32,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use super::super::activations::{GROUP, QuantizedRow, code_offset, slot};
use super::super::thread_pool::Columns;
use super::format::{Pair, RowFormat};
use super::products::{PANEL_BLOCK_BYTES, Products};
use crate::layout::BLOCK_LENGTH;

/// Rows of a panel: the 32-bit lanes of a vector.
const PANEL_ROWS: usize = 8;
/// Tokens that share a load of weights.
const TILE: usize = 4;

/// Eight decoded rows.
struct Panel {
    num_blocks: usize,
    /// Block by block, [`PANEL_BLOCK_BYTES`] each.
    codes: Vec<u8>,
    /// Eight a block.
    scales: Vec<f32>,
    /// Eight a block, where the layout has them.
    minima: Vec<f32>,
}

/// Products of `rows` with `tokens`.
///
/// # Safety
/// See [`super::multiply`]; the tokens are padded and have one length.
#[inline(always)]
pub(super) unsafe fn multiply<P: Products, F: RowFormat>(
    products: P,
    format: F,
    (rows, tokens): (&[u8], &[&QuantizedRow]),
    columns: &mut Columns<'_>,
) {
    let num_blocks = tokens[0].num_blocks;
    let row_bytes = F::row_bytes(num_blocks);
    assert_eq!(rows.len(), columns.range().len() * row_bytes, "whole rows");
    let mut panel = Panel::new::<F>(num_blocks);
    let (tiles, rest) = tokens.as_chunks::<TILE>();
    for (index, rows) in rows.chunks(PANEL_ROWS * row_bytes).enumerate() {
        let (first, count) = (index * PANEL_ROWS, rows.len() / row_bytes);
        // SAFETY: the caller's; `rows` are up to eight rows of `num_blocks` blocks.
        unsafe {
            panel.fill(format, rows, row_bytes);
            for (index, tile) in tiles.iter().enumerate() {
                let outputs = panel.product::<P, F, TILE>(products, tile);
                for (token, output) in outputs.iter().enumerate() {
                    let row = columns.row_mut(index * TILE + token);
                    row[first..first + count].copy_from_slice(&output[..count]);
                }
            }
            for (index, token) in rest.iter().enumerate() {
                let [output] = panel.product::<P, F, 1>(products, std::array::from_ref(token));
                let row = columns.row_mut(tiles.len() * TILE + index);
                row[first..first + count].copy_from_slice(&output[..count]);
            }
        }
    }
}

impl Panel {
    fn new<F: RowFormat>(num_blocks: usize) -> Self {
        let padded = num_blocks.next_multiple_of(GROUP);
        Self {
            num_blocks,
            codes: vec![0; num_blocks.next_multiple_of(2) * PANEL_BLOCK_BYTES],
            scales: vec![0.0; padded * PANEL_ROWS],
            minima: vec![0.0; if F::MINIMA { padded * PANEL_ROWS } else { 0 }],
        }
    }

    /// Decodes `rows`; where there are fewer than eight, the last ones keep what was there.
    ///
    /// # Safety
    /// See [`multiply`].
    #[inline(always)]
    unsafe fn fill<F: RowFormat>(&mut self, format: F, rows: &[u8], row_bytes: usize) {
        let num_blocks = self.num_blocks;
        // SAFETY: the caller's; a pair is read only where both blocks are there, and the codes have
        // room for whole pairs.
        unsafe {
            for first in (0..num_blocks).step_by(2) {
                let mut pairs = [[_mm256_setzero_si256(); 2]; PANEL_ROWS];
                for (row, pair) in rows.chunks_exact(row_bytes).zip(&mut pairs) {
                    let codes = num_blocks * F::HEAD_BYTES + first * F::CODE_BYTES;
                    let codes = row[codes..].as_ptr();
                    *pair = if first + 1 < num_blocks {
                        format.pair(codes)
                    } else {
                        format.single(codes)
                    };
                }
                let output = self.codes[first * PANEL_BLOCK_BYTES..].as_mut_ptr();
                store_pairs(&pairs, output);
            }
        }
        for (index, row) in rows.chunks_exact(row_bytes).enumerate() {
            for first in (0..num_blocks).step_by(GROUP) {
                let count = GROUP.min(num_blocks - first);
                // SAFETY: the caller's.
                unsafe {
                    spread(
                        format.scales(row, first, count),
                        &mut self.scales,
                        (first, index),
                    );
                    if F::MINIMA {
                        let minima = format.minima(row, num_blocks, first, count);
                        spread(minima, &mut self.minima, (first, index));
                    }
                }
            }
        }
    }

    /// Products of the eight rows with each of the tokens.
    ///
    /// # Safety
    /// See [`multiply`].
    #[inline(always)]
    unsafe fn product<P: Products, F: RowFormat, const T: usize>(
        &self,
        products: P,
        tokens: &[&QuantizedRow; T],
    ) -> [[f32; PANEL_ROWS]; T] {
        // SAFETY: the caller's; panel and tokens have `num_blocks` blocks, loads need no alignment.
        unsafe {
            let mut lanes = [[_mm256_setzero_ps(); T]; GROUP];
            for block in 0..self.num_blocks {
                let weights = self.codes.as_ptr().add(block * PANEL_BLOCK_BYTES);
                let mut x = [std::ptr::null(); T];
                for t in 0..T {
                    x[t] = tokens[t].codes.as_ptr().add(code_offset(block));
                }
                let mut sums = if F::SIGNED {
                    products.block::<true, T>(weights, x)
                } else {
                    products.block::<false, T>(weights, x)
                };
                let (slot, lane) = (slot(block), block % GROUP);
                let scales = _mm256_loadu_ps(self.scales.as_ptr().add(block * PANEL_ROWS));
                for t in 0..T {
                    let token = tokens[t];
                    let mut sum = lanes[lane][t];
                    if F::SHIFTED {
                        let shift = _mm256_set1_epi32(*token.shifts.as_ptr().add(slot));
                        sums[t] = _mm256_sub_epi32(sums[t], shift);
                    }
                    if F::MINIMA {
                        let minima = self.minima.as_ptr().add(block * PANEL_ROWS);
                        let token_sum = _mm256_set1_ps(*token.sums.as_ptr().add(slot));
                        sum = _mm256_fmadd_ps(_mm256_loadu_ps(minima), token_sum, sum);
                    }
                    let token_scale = _mm256_set1_ps(*token.scales.as_ptr().add(slot));
                    let scales = _mm256_mul_ps(scales, token_scale);
                    lanes[lane][t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[t]), scales, sum);
                }
            }
            let mut output = [[0.0; PANEL_ROWS]; T];
            for t in 0..T {
                let lanes = lanes.map(|lane| lane[t]);
                _mm256_storeu_ps(output[t].as_mut_ptr(), add_lanes(&lanes));
            }
            output
        }
    }
}

/// Adds eight lanes in the order of [`super::add_up`], which finds them at their slots.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn add_lanes(lanes: &[__m256; GROUP]) -> __m256 {
    // SAFETY: the caller's.
    unsafe {
        let mut pairs = [_mm256_setzero_ps(); GROUP / 2];
        for (index, pair) in pairs.iter_mut().enumerate() {
            *pair = _mm256_add_ps(lanes[2 * index], lanes[2 * index + 1]);
        }
        let [a, b, c, d] = pairs;
        _mm256_add_ps(_mm256_add_ps(a, c), _mm256_add_ps(b, d))
    }
}

/// Writes what eight blocks from `first` on have at their slots to row `index` of a panel's table.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn spread(values: __m256, table: &mut [f32], (first, index): (usize, usize)) {
    let mut array = [0.0; GROUP];
    // SAFETY: the array has eight floats, and the store needs no alignment.
    unsafe { _mm256_storeu_ps(array.as_mut_ptr(), values) };
    for block in 0..GROUP {
        table[(first + block) * PANEL_ROWS + index] = array[slot(block)];
    }
}

/// Writes two blocks of eight rows word by word.
///
/// # Safety
/// See [`super::multiply`]; `output` has room for two blocks of a panel.
#[inline(always)]
unsafe fn store_pairs(pairs: &[Pair; PANEL_ROWS], output: *mut u8) {
    // SAFETY: the caller's, and the stores need no alignment.
    unsafe {
        let mut blocks = [[_mm256_setzero_si256(); PANEL_ROWS]; 2];
        for (row, [low, high]) in pairs.iter().enumerate() {
            blocks[0][row] = _mm256_permute2x128_si256::<0x20>(*low, *high);
            blocks[1][row] = _mm256_permute2x128_si256::<0x31>(*low, *high);
        }
        for (index, block) in blocks.iter().enumerate() {
            for (word, vector) in transpose(block).into_iter().enumerate() {
                let output = output.add(index * PANEL_BLOCK_BYTES + word * BLOCK_LENGTH);
                _mm256_storeu_si256(output.cast::<__m256i>(), vector);
            }
        }
    }
}

/// Word `j` of vector `i` becomes word `i` of vector `j`.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn transpose(rows: &[__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: the caller's.
    unsafe {
        let mut twos = [_mm256_setzero_si256(); 8];
        for i in 0..4 {
            twos[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
            twos[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
        }
        let mut fours = [_mm256_setzero_si256(); 8];
        for half in [0, 4] {
            for i in 0..2 {
                let (first, second) = (twos[half + i], twos[half + i + 2]);
                fours[half + 2 * i] = _mm256_unpacklo_epi64(first, second);
                fours[half + 2 * i + 1] = _mm256_unpackhi_epi64(first, second);
            }
        }
        let mut words = [_mm256_setzero_si256(); 8];
        for i in 0..4 {
            words[i] = _mm256_permute2x128_si256::<0x20>(fours[i], fours[i + 4]);
            words[i + 4] = _mm256_permute2x128_si256::<0x31>(fours[i], fours[i + 4]);
        }
        words
    }
}

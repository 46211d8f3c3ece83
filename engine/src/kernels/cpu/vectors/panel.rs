//! Several tokens with a panel of weight rows, which are decoded once for all of them.
//!
//! A panel holds a block of its rows word by word: word 0 of all rows, then word 1, and so on, so
//! that a lane of a vector is a row and nothing is added across lanes. Blocks lie in the order in
//! which they are added: first all of lane 0, the blocks 0, 8, 16 and so on, then those of lane 1.
//! So one sum of floats a row and token is enough, and it stays in a register.

use std::arch::x86_64::{
    __m256i, _mm256_castps_si256, _mm256_permute2x128_si256, _mm256_setzero_si256,
    _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64,
};
use std::cell::RefCell;

use super::super::activations::{GROUP, QuantizedRow, code_offset, slot};
use super::super::thread_pool::Columns;
use super::format::{Pair, RowFormat};
use super::products::{BLOCK_WORDS, Products};

/// Rows that are turned into lanes together.
const EIGHT: usize = 8;

/// Decoded rows: `PARTS` vectors of them.
#[derive(Default)]
struct Panel {
    num_blocks: usize,
    /// [`BLOCK_WORDS`] vectors a block and part, the parts of a block one behind the other; four
    /// codes a lane.
    codes: Vec<i32>,
    /// A vector a block and part.
    scales: Vec<f32>,
    /// Likewise, where the layout has them.
    minima: Vec<f32>,
}

thread_local! {
    /// A thread works on one panel at a time, and the next one has room where the last one was.
    static PANEL: RefCell<Panel> = RefCell::default();
}

/// Products of `rows` with `tokens`: `PARTS` vectors of rows with up to `TILE` tokens at a time.
///
/// # Safety
/// See [`super::multiply`]; the tokens are padded and have one length.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn multiply<
    P: Products,
    F: RowFormat,
    const PARTS: usize,
    const TILE: usize,
>(
    products: P,
    format: F,
    (rows, tokens): (&[u8], &[&QuantizedRow]),
    columns: &mut Columns<'_>,
) {
    let num_blocks = tokens[0].num_blocks;
    let row_bytes = F::row_bytes(num_blocks);
    assert_eq!(rows.len(), columns.range().len() * row_bytes, "whole rows");
    let mut panel = PANEL.take();
    panel.reserve::<P, F, PARTS>(num_blocks);
    for (index, rows) in rows.chunks(PARTS * P::LANES * row_bytes).enumerate() {
        let first = index * PARTS * P::LANES;
        let range = first..first + rows.len() / row_bytes;
        // SAFETY: the caller's; `rows` are rows of `num_blocks` blocks, no more than the panel has
        // room for.
        unsafe {
            panel.fill::<P, F, PARTS>(format, rows);
            let mut token = 0;
            while token < tokens.len() {
                let at = (token, range.clone());
                let left = tokens.len() - token;
                token += if left >= TILE {
                    panel.tile::<P, F, PARTS, TILE>(products, tokens, at, columns)
                } else if left >= 2 {
                    panel.tile::<P, F, PARTS, 2>(products, tokens, at, columns)
                } else {
                    panel.tile::<P, F, PARTS, 1>(products, tokens, at, columns)
                };
            }
        }
    }
    PANEL.set(panel);
}

fn grow<T: Clone + Default>(values: &mut Vec<T>, length: usize) {
    values.resize(values.len().max(length), T::default());
}

/// Where a block lies in the order of a panel.
fn place(block: usize, num_blocks: usize) -> usize {
    let (lane, before) = (block % GROUP, block / GROUP);
    lane * (num_blocks / GROUP) + lane.min(num_blocks % GROUP) + before
}

impl Panel {
    /// Makes room; what is there stays there.
    fn reserve<P: Products, F: RowFormat, const PARTS: usize>(&mut self, num_blocks: usize) {
        let num_lanes = num_blocks * PARTS * P::LANES;
        grow(&mut self.codes, num_lanes * BLOCK_WORDS);
        grow(&mut self.scales, num_lanes);
        if F::MINIMA {
            grow(&mut self.minima, num_lanes);
        }
        self.num_blocks = num_blocks;
    }

    /// Decodes `rows`; where there are fewer than the panel has, the others are anything, and
    /// nobody looks at their products.
    ///
    /// # Safety
    /// See [`multiply`]; there is room for the rows.
    #[inline(always)]
    unsafe fn fill<P: Products, F: RowFormat, const PARTS: usize>(
        &mut self,
        format: F,
        rows: &[u8],
    ) {
        let num_blocks = self.num_blocks;
        for (eight, rows) in rows.chunks(EIGHT * F::row_bytes(num_blocks)).enumerate() {
            let (part, lane) = (eight * EIGHT / P::LANES, eight * EIGHT % P::LANES);
            for first in (0..num_blocks).step_by(2) {
                // SAFETY: the caller's.
                let blocks = unsafe { codes_of_eight(format, rows, (first, num_blocks)) };
                for (block, words) in (first..num_blocks).zip(&blocks) {
                    let vector = (place(block, num_blocks) * PARTS + part) * BLOCK_WORDS;
                    for (word, values) in words.iter().enumerate() {
                        let lanes = (vector + word) * P::LANES + lane;
                        // SAFETY: as above.
                        unsafe { store_eight(*values, &mut self.codes[lanes..]) };
                    }
                }
            }
            for first in (0..num_blocks).step_by(GROUP) {
                let at = (first, num_blocks);
                // SAFETY: the caller's.
                let scales = unsafe { heads_of_eight::<F, false>(format, rows, at) };
                let minima = if F::MINIMA {
                    // SAFETY: the caller's.
                    unsafe { heads_of_eight::<F, true>(format, rows, at) }
                } else {
                    scales
                };
                for block in first..num_blocks.min(first + GROUP) {
                    let lanes = (place(block, num_blocks) * PARTS + part) * P::LANES + lane;
                    let slot = slot(block) - first;
                    // SAFETY: as above.
                    unsafe {
                        store_eight(scales[slot], &mut self.scales[lanes..]);
                        if F::MINIMA {
                            store_eight(minima[slot], &mut self.minima[lanes..]);
                        }
                    }
                }
            }
        }
    }

    /// Products of the panel with the `T` tokens from the one named on, written to the columns
    /// named; gives `T`.
    ///
    /// # Safety
    /// See [`multiply`]; the tokens are there.
    #[inline(always)]
    unsafe fn tile<P: Products, F: RowFormat, const PARTS: usize, const T: usize>(
        &self,
        products: P,
        tokens: &[&QuantizedRow],
        (first, range): (usize, std::ops::Range<usize>),
        columns: &mut Columns<'_>,
    ) -> usize {
        let tile: &[&QuantizedRow; T] = tokens[first..]
            .first_chunk()
            .expect("invariant: the caller counted them");
        // SAFETY: the caller's.
        unsafe {
            let mut lanes = [[[products.floats(0.0); T]; PARTS]; GROUP];
            let (mut begin, num_blocks) = (0, self.num_blocks);
            for (lane, sums) in lanes.iter_mut().enumerate().take(num_blocks) {
                let count = (num_blocks - lane).div_ceil(GROUP);
                *sums = self.lane::<P, F, PARTS, T>(products, tile, (lane, begin, count));
                begin += count;
            }
            for t in 0..T {
                let row = &mut columns.row_mut(first + t)[range.clone()];
                let parts = row.chunks_mut(P::LANES).enumerate();
                for (part, output) in parts {
                    // Not `map`, which would copy all of it for each of its parts.
                    let mut of_row = [products.floats(0.0); GROUP];
                    for (sum, lane) in of_row.iter_mut().zip(&lanes) {
                        *sum = lane[part][t];
                    }
                    products.store(add_lanes(products, of_row), output);
                }
            }
        }
        T
    }

    /// Sums of the `count` blocks of one lane, which lie in the panel from `begin` on.
    ///
    /// # Safety
    /// See [`multiply`].
    #[inline(always)]
    unsafe fn lane<P: Products, F: RowFormat, const PARTS: usize, const T: usize>(
        &self,
        products: P,
        tokens: &[&QuantizedRow; T],
        (lane, begin, count): (usize, usize, usize),
    ) -> [[P::Floats; T]; PARTS] {
        // SAFETY: the caller's; panel and tokens have these blocks.
        unsafe {
            let mut totals = [[products.floats(0.0); T]; PARTS];
            for index in 0..count {
                let block = index * GROUP + lane;
                let (vector, slot) = ((begin + index) * PARTS, slot(block));
                let weights = self.codes.as_ptr().add(vector * BLOCK_WORDS * P::LANES);
                let (mut x, mut sums) = ([std::ptr::null(); T], [[products.ints(0); T]; PARTS]);
                for t in 0..T {
                    x[t] = tokens[t].codes.as_ptr().add(code_offset(block));
                    let shift = F::SHIFT + if F::SIGNED { P::SIGNED_SHIFT } else { 0 };
                    if shift != 0 {
                        let code_sum = *tokens[t].code_sums.as_ptr().add(slot);
                        let too_much = products.ints(-shift * code_sum);
                        for sums in &mut sums {
                            sums[t] = too_much;
                        }
                    }
                }
                let sums = if F::SIGNED {
                    products.block::<true, PARTS, T>(weights, x, sums)
                } else {
                    products.block::<false, PARTS, T>(weights, x, sums)
                };
                for part in 0..PARTS {
                    let lanes = (vector + part) * P::LANES;
                    let scales = products.load(self.scales.as_ptr().add(lanes));
                    for t in 0..T {
                        let total = &mut totals[part][t];
                        if F::MINIMA {
                            let minima = products.load(self.minima.as_ptr().add(lanes));
                            let token_sum = *tokens[t].sums.as_ptr().add(slot);
                            *total = products.fused(minima, products.floats(token_sum), *total);
                        }
                        let token_scale = *tokens[t].scales.as_ptr().add(slot);
                        let scales = products.times(scales, products.floats(token_scale));
                        let sums = products.to_floats(sums[part][t]);
                        *total = products.fused(sums, scales, *total);
                    }
                }
            }
            totals
        }
    }
}

/// Adds eight lanes in the order of [`super::add_up`], which finds them at their slots.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn add_lanes<P: Products>(products: P, lanes: [P::Floats; GROUP]) -> P::Floats {
    // SAFETY: the caller's.
    unsafe {
        let pair = |index: usize| (lanes[2 * index], lanes[2 * index + 1]);
        let [(a, b), (c, d)] = [pair(0), pair(2)];
        let even = products.plus(products.plus(a, b), products.plus(c, d));
        let [(a, b), (c, d)] = [pair(1), pair(3)];
        let odd = products.plus(products.plus(a, b), products.plus(c, d));
        products.plus(even, odd)
    }
}

/// What up to eight rows have at each slot of the group of blocks that begins at `first`: their
/// scales or minima.
///
/// # Safety
/// See [`super::multiply`]; the rows have `num_blocks` blocks.
#[inline(always)]
unsafe fn heads_of_eight<F: RowFormat, const MINIMA: bool>(
    format: F,
    rows: &[u8],
    (first, num_blocks): (usize, usize),
) -> [__m256i; EIGHT] {
    let count = GROUP.min(num_blocks - first);
    // SAFETY: the caller's.
    unsafe {
        let mut vectors = [_mm256_setzero_si256(); EIGHT];
        let rows = rows.chunks_exact(F::row_bytes(num_blocks));
        for (row, vector) in rows.zip(&mut vectors) {
            *vector = _mm256_castps_si256(if MINIMA {
                format.minima(row, num_blocks, first, count)
            } else {
                format.scales(row, first, count)
            });
        }
        transpose(&vectors)
    }
}

/// Writes eight lanes to the front of `output`.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn store_eight<T: Copy>(values: __m256i, output: &mut [T]) {
    const { assert!(size_of::<T>() == size_of::<i32>()) };
    let output = &mut output[..EIGHT];
    // SAFETY: the slice has eight words, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(output.as_mut_ptr().cast::<__m256i>(), values) };
}

/// Two blocks from `first` on of up to eight rows, word by word.
///
/// # Safety
/// See [`super::multiply`]; the rows have `num_blocks` blocks.
#[inline(always)]
unsafe fn codes_of_eight<F: RowFormat>(
    format: F,
    rows: &[u8],
    (first, num_blocks): (usize, usize),
) -> [[__m256i; BLOCK_WORDS]; 2] {
    // SAFETY: the caller's.
    unsafe {
        let mut blocks = [[_mm256_setzero_si256(); EIGHT]; 2];
        for (index, row) in rows.chunks_exact(F::row_bytes(num_blocks)).enumerate() {
            let codes = row[num_blocks * F::HEAD_BYTES + first * F::CODE_BYTES..].as_ptr();
            let [low, high]: Pair = if first + 1 < num_blocks {
                format.pair(codes)
            } else {
                format.single(codes)
            };
            blocks[0][index] = _mm256_permute2x128_si256::<0x20>(low, high);
            blocks[1][index] = _mm256_permute2x128_si256::<0x31>(low, high);
        }
        [transpose(&blocks[0]), transpose(&blocks[1])]
    }
}

/// Word `j` of vector `i` becomes word `i` of vector `j`.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
unsafe fn transpose(rows: &[__m256i; EIGHT]) -> [__m256i; EIGHT] {
    // SAFETY: the caller's.
    unsafe {
        let mut twos = [_mm256_setzero_si256(); 8];
        for i in 0..4 {
            twos[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
            twos[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
        }
        let mut fours = [_mm256_setzero_si256(); 8];
        for i in 0..2 {
            for j in 0..2 {
                let (first, second) = (twos[4 * i + j], twos[4 * i + j + 2]);
                fours[4 * i + 2 * j] = _mm256_unpacklo_epi64(first, second);
                fours[4 * i + 2 * j + 1] = _mm256_unpackhi_epi64(first, second);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_in_the_order_of_their_lanes() {
        for num_blocks in [1, 7, 8, 9, 18, 90] {
            let by_lane = (0..GROUP).flat_map(|lane| (lane..num_blocks).step_by(GROUP));
            for (expected, block) in by_lane.enumerate() {
                assert_eq!(
                    place(block, num_blocks),
                    expected,
                    "{block} of {num_blocks}"
                );
            }
        }
    }
}

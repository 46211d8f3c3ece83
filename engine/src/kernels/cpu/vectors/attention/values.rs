//! Weighted sums of values.

use std::ops::Range;

use super::super::super::attention::AttentionHead;
use super::super::products::Products;
use super::ahead::Ahead;
use super::softmax::Weights;
use super::{Group, STRETCH, within};
use crate::block_pool::BLOCK_TOKENS;

/// Adds to the outputs of a group the weighted values of a stretch.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
pub(super) unsafe fn add_values<P: Products>(
    products: P,
    (heads, group): (&[AttentionHead<'_>], &Group),
    (stretch, weights): (&Range<usize>, (&[Weights], Ahead)),
    outputs: &mut [f32],
) {
    let mut common = within(&group.common, stretch);
    if common.is_empty() {
        common = stretch.end..stretch.end;
    }
    let (before, behind) = (stretch.start..common.start, common.end..stretch.end);
    // SAFETY: the caller's.
    unsafe {
        one_by_one(products, heads, (&before, weights), outputs);
        match heads.len() {
            6 if P::LANES == BLOCK_TOKENS => {
                of_heads::<P, 6, 4>(products, heads, (common, weights), outputs);
            }
            6 => of_heads::<P, 6, 2>(products, heads, (common, weights), outputs),
            3 => of_heads::<P, 3, 4>(products, heads, (common, weights), outputs),
            2 => of_heads::<P, 2, 4>(products, heads, (common, weights), outputs),
            _ => of_heads::<P, 1, 4>(products, heads, (common, weights), outputs),
        }
        one_by_one(products, heads, (&behind, weights), outputs);
    }
}

/// The same of positions that some heads do not attend to.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn one_by_one<P: Products>(
    products: P,
    heads: &[AttentionHead<'_>],
    (positions, (weights, ahead)): (&Range<usize>, (&[Weights], Ahead)),
    outputs: &mut [f32],
) {
    if positions.is_empty() {
        return;
    }
    let size = outputs.len() / heads.len();
    for (r, output) in outputs.chunks_mut(size).enumerate() {
        let (heads, weights) = (&heads[r..=r], (&weights[r..], ahead));
        let positions = within(&heads[0].positions, positions);
        // SAFETY: the caller's.
        unsafe { of_heads::<P, 1, 4>(products, heads, (positions, weights), output) };
    }
}

/// The same of `R` heads, which attend to all of `positions`: `V` vectors at a time.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn of_heads<P: Products, const R: usize, const V: usize>(
    products: P,
    heads: &[AttentionHead<'_>],
    (positions, weights): (Range<usize>, (&[Weights], Ahead)),
    outputs: &mut [f32],
) {
    if positions.is_empty() {
        return;
    }
    let size = outputs.len() / R;
    let (mut value, vectors) = (0, size / P::LANES * P::LANES);
    // SAFETY: the caller's; so many values are left.
    unsafe {
        while value + V * P::LANES <= vectors {
            of_vectors::<P, R, V>(products, (&heads[0], value), (&positions, weights), outputs);
            value += V * P::LANES;
        }
        while value < vectors {
            of_vectors::<P, R, 1>(products, (&heads[0], value), (&positions, weights), outputs);
            value += P::LANES;
        }
    }
    for (output, weights) in outputs.chunks_mut(size).zip(weights.0) {
        for (value, output) in (vectors..).zip(&mut output[vectors..]) {
            for position in positions.clone() {
                let values = heads[0].values(position / BLOCK_TOKENS);
                let row = &values[position % BLOCK_TOKENS * size..];
                *output = weights.0[position % STRETCH].mul_add(row[value], *output);
            }
        }
    }
}

/// The same of `V` vectors, from `value` on.
///
/// # Safety
/// See [`multiply`](super::super::multiply); so many values are there.
#[inline(always)]
unsafe fn of_vectors<P: Products, const R: usize, const V: usize>(
    products: P,
    (head, value): (&AttentionHead<'_>, usize),
    (positions, (weights, ahead)): (&Range<usize>, (&[Weights], Ahead)),
    outputs: &mut [f32],
) {
    let size = outputs.len() / R;
    let weights = &weights[..R];
    // SAFETY: the caller's; a block has sixteen rows of values, and a head a weight for each
    // position of the stretch.
    unsafe {
        let mut sums = [[products.floats(0.0); V]; R];
        for (r, sums) in sums.iter_mut().enumerate() {
            let outputs = &outputs[r * size + value..][..V * P::LANES];
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = products.load(outputs.as_ptr().add(v * P::LANES));
            }
        }
        let mut position = positions.start;
        while position < positions.end {
            let (block, place) = (position / BLOCK_TOKENS, position % BLOCK_TOKENS);
            let end = positions.end.min((block + 1) * BLOCK_TOKENS);
            let mut row = head.values(block)[place * size + value..].as_ptr();
            for position in position..end {
                let place = position % STRETCH;
                // The loops over all values ask for one block.
                ahead.line(value + place * V * P::LANES / STRETCH);
                let mut lanes = [products.floats(0.0); V];
                for (v, lanes) in lanes.iter_mut().enumerate() {
                    *lanes = products.load(row.add(v * P::LANES));
                }
                for r in 0..R {
                    let weight = products.floats(weights[r].0[place]);
                    for v in 0..V {
                        sums[r][v] = products.fused(weight, lanes[v], sums[r][v]);
                    }
                }
                row = row.wrapping_add(size);
            }
            position = end;
        }
        for (r, sums) in sums.into_iter().enumerate() {
            let outputs = &mut outputs[r * size + value..][..V * P::LANES];
            for (sum, output) in sums.into_iter().zip(outputs.chunks_exact_mut(P::LANES)) {
                products.store(sum, output);
            }
        }
    }
}

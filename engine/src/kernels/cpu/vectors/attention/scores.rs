//! Products of queries and keys.

use std::ops::Range;

use super::super::super::attention::AttentionHead;
use super::super::products::Products;
use super::ahead::Ahead;
use super::softmax::Weights;
use super::{Group, STRETCH, within};
use crate::block_pool::BLOCK_TOKENS;

/// Products of the queries of a group with the keys of a stretch.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
pub(super) unsafe fn scores<P: Products>(
    products: P,
    (heads, group): (&[AttentionHead<'_>], &Group),
    (stretch, ahead): (&Range<usize>, Ahead),
    weights: &mut [Weights],
) {
    let positions = within(&group.all, stretch);
    let blocks = positions.start / BLOCK_TOKENS..positions.end.div_ceil(BLOCK_TOKENS);
    let places = (stretch.start / BLOCK_TOKENS, ahead);
    // SAFETY: the caller's.
    unsafe {
        match heads.len() {
            6 if P::LANES == BLOCK_TOKENS => {
                of_blocks::<P, 6, 4>(products, heads, (blocks, places), weights);
            }
            6 => of_blocks::<P, 6, 2>(products, heads, (blocks, places), weights),
            3 => of_blocks::<P, 3, 4>(products, heads, (blocks, places), weights),
            2 => of_blocks::<P, 2, 4>(products, heads, (blocks, places), weights),
            _ => of_blocks::<P, 1, 4>(products, heads, (blocks, places), weights),
        }
    }
}

/// The same of `R` heads, `V` vectors of positions at a time; `places`: the block where the weights
/// begin, and what is asked for meanwhile.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn of_blocks<P: Products, const R: usize, const V: usize>(
    products: P,
    heads: &[AttentionHead<'_>],
    (blocks, places): (Range<usize>, (usize, Ahead)),
    weights: &mut [Weights],
) {
    let step = V * P::LANES / BLOCK_TOKENS;
    let mut block = blocks.start;
    // SAFETY: the caller's.
    unsafe {
        while block + step <= blocks.end {
            of_vectors::<P, R, V>(products, heads, (block, places), weights);
            block += step;
        }
        while block < blocks.end {
            if P::LANES == BLOCK_TOKENS {
                of_vectors::<P, R, 1>(products, heads, (block, places), weights);
            } else {
                of_vectors::<P, R, 2>(products, heads, (block, places), weights);
            }
            block += 1;
        }
    }
}

/// The same of `V` vectors of positions, from `block` on. Scores of positions that a head does not
/// attend to are computed and not used.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn of_vectors<P: Products, const R: usize, const V: usize>(
    products: P,
    heads: &[AttentionHead<'_>],
    (block, (first, ahead)): (usize, (usize, Ahead)),
    weights: &mut [Weights],
) {
    let heads = &heads[..R];
    let size = heads[0].query.len();
    // SAFETY: the caller's; queries have as many values as keys, and those of a block are sixteen
    // for each.
    unsafe {
        let mut keys = [std::ptr::null::<f32>(); V];
        for (v, keys) in keys.iter_mut().enumerate() {
            let lane = v * P::LANES;
            let of_block = heads[0].keys(block + lane / BLOCK_TOKENS);
            *keys = of_block[lane % BLOCK_TOKENS..].as_ptr();
        }
        let mut queries = [std::ptr::null::<f32>(); R];
        for (query, head) in queries.iter_mut().zip(heads) {
            *query = head.query.as_ptr();
        }
        let mut sums = [[products.floats(0.0); V]; R];
        // All loops over a stretch ask for one block.
        let lines_before = (block - first) * size * BLOCK_TOKENS / STRETCH;
        for value in 0..size {
            ahead.line(lines_before + value * (V * P::LANES) / STRETCH);
            let mut lanes = [products.floats(0.0); V];
            for v in 0..V {
                lanes[v] = products.load(keys[v].add(value * BLOCK_TOKENS));
            }
            for r in 0..R {
                let query = products.floats(*queries[r].add(value));
                for v in 0..V {
                    sums[r][v] = products.fused(query, lanes[v], sums[r][v]);
                }
            }
        }
        let place = (block - first) * BLOCK_TOKENS;
        for (weights, sums) in weights.iter_mut().zip(sums) {
            let places = &mut weights.0[place..][..V * P::LANES];
            let places = places.chunks_exact_mut(P::LANES);
            for (sum, place) in sums.into_iter().zip(places) {
                products.store(sum, place);
            }
        }
    }
}

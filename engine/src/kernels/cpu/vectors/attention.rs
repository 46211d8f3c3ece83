//! Attention of heads that share keys and values, several at a time.
//!
//! A lane of a vector is a position where scores are computed, and a value of a head where weighted
//! values are added. Stretches of positions are computed one after the other, each for all heads
//! while its keys and values are near; weights are relative to one of the largest scores so far,
//! and what was added before shrinks when a much larger one comes (Milakov and Gimelshein 2018,
//! "Online normalizer calculation for softmax"; Dao et al. 2022, "`FlashAttention`").
//!
//! A score is the sum of products of values 0, 1, 2, ... in this order, an output that of weighted
//! values in the order of positions; all of them fused. Stretches begin at the same positions for
//! everybody. So the bits of a head are those it has alone, whatever vectors and neighbours it is
//! computed with.

mod ahead;
mod group;
mod scores;
mod softmax;
mod values;

use std::ops::Range;

use super::super::attention::AttentionHead;
use super::products::Products;
use crate::block_pool::BLOCK_TOKENS;
use ahead::Ahead;
use group::{Group, MAX_HEADS};
use softmax::{RunningSoftmax, Weights, base_two};

/// Positions of a stretch: with 64 values a head 16 kB of keys and as many of values, which the
/// cache holds that is nearest to a processor.
const STRETCH: usize = 4 * BLOCK_TOKENS;

/// Attention of `heads`, those of a sequence behind each other; `outputs` are zeros, a row for
/// each.
///
/// # Safety
/// See [`super::multiply`].
///
/// # Panics
/// If the heads do not fit the outputs.
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn attend<P: Products>(
    products: P,
    heads: &[AttentionHead<'_>],
    outputs: &mut [f32],
) {
    let Some(first) = heads.first() else { return };
    let size = first.query.len();
    assert_eq!(outputs.len(), heads.len() * size, "a row for each head");
    assert!(
        heads.iter().all(|head| head.query.len() == size),
        "heads of one size"
    );
    let begin = heads.iter().map(|head| head.positions.start).min();
    let end = heads.iter().map(|head| head.positions.end).max();
    let begin = begin.unwrap_or(0) / STRETCH * STRETCH;
    let groups = Group::of(heads);
    let mut softmaxes = vec![RunningSoftmax::new(); heads.len()];
    let mut weights = [Weights([0.0; STRETCH]); MAX_HEADS];
    let scale = base_two(first.scale());
    for start in (begin..end.unwrap_or(0)).step_by(STRETCH) {
        let stretch = start..start + STRETCH;
        for group in &groups {
            let heads = &heads[group.heads.clone()];
            let outputs = &mut outputs[group.heads.start * size..group.heads.end * size];
            let softmaxes = &mut softmaxes[group.heads.clone()];
            // SAFETY: the caller's.
            unsafe {
                let ahead = Ahead::new((heads, group), stretch.end, AttentionHead::keys);
                scores::scores(products, (heads, group), (&stretch, ahead), &mut weights);
                let rows = outputs.chunks_mut(size).zip(&mut weights);
                for ((softmax, head), (output, weights)) in
                    softmaxes.iter_mut().zip(heads).zip(rows)
                {
                    let positions = within(&head.positions, &stretch);
                    if !positions.is_empty() {
                        let lanes = positions.start - start..positions.end - start;
                        softmax.add(products, (weights, lanes), scale, output);
                    }
                }
                let ahead = Ahead::new((heads, group), stretch.end, AttentionHead::values);
                let weights = (&weights[..], ahead);
                values::add_values(products, (heads, group), (&stretch, weights), outputs);
            }
        }
    }
    for ((softmax, head), output) in softmaxes.iter().zip(heads).zip(outputs.chunks_mut(size)) {
        let factor = softmax.finish(head.sink);
        for value in output {
            *value *= factor;
        }
    }
}

/// What is in both.
#[inline(always)]
fn within(first: &Range<usize>, second: &Range<usize>) -> Range<usize> {
    first.start.max(second.start)..first.end.min(second.end)
}

//! Scores to weights, while more of them come.

use std::ops::Range;

use super::super::super::portable::{LANES, add_up, exponential};
use super::super::products::Products;
use super::STRETCH;

/// Below it, `e^x` counts as nothing.
const LEAST: f32 = -87.3;
/// The logarithm of 2 in two parts: the first has few bits, so that its multiples are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// The softmax of a head, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct RunningSoftmax {
    /// The largest score so far.
    largest: f32,
    /// Sums of weights, of every sixteenth position each.
    sums: [f32; LANES],
}

impl RunningSoftmax {
    /// Of no position.
    pub(super) fn new() -> Self {
        Self {
            largest: f32::NEG_INFINITY,
            sums: [0.0; LANES],
        }
    }

    /// Turns products of query and keys into weights relative to the largest score so far; what was
    /// added to `output` with another one is changed to this. `lanes`: the positions of the stretch
    /// that the head attends to, one at least; the others become nothing.
    ///
    /// # Safety
    /// See [`multiply`](super::super::multiply).
    #[inline(always)]
    pub(super) unsafe fn add<P: Products>(
        &mut self,
        products: P,
        (weights, lanes): (&mut [f32; STRETCH], Range<usize>),
        scale: f32,
        output: &mut [f32],
    ) {
        weights[..lanes.start].fill(f32::NEG_INFINITY);
        weights[lanes.end..].fill(f32::NEG_INFINITY);
        // SAFETY: the caller's.
        unsafe {
            // A scale is positive, so the largest product has the largest score.
            let largest = largest(products, weights) * scale;
            if largest > self.largest {
                let factor = exponential(self.largest - largest);
                scale_all(products, output, factor);
                scale_all(products, &mut self.sums, factor);
                self.largest = largest;
            }
            for sixteen in weights.as_chunks_mut::<LANES>().0 {
                exponentials(products, sixteen, (scale, self.largest), &mut self.sums);
            }
        }
    }

    /// What the output is to be multiplied with. `sink`: see
    /// [`AttentionHead`](super::super::super::attention::AttentionHead).
    pub(super) fn finish(&self, sink: f32) -> f32 {
        let largest = self.largest.max(sink);
        let factor = exponential(self.largest - largest);
        // A sink of minus infinity adds nothing, not even to a bit.
        factor / (add_up(self.sums) * factor + exponential(sink - largest))
    }
}

/// Multiplies all of them.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn scale_all<P: Products>(products: P, values: &mut [f32], factor: f32) {
    let mut vectors = values.chunks_exact_mut(P::LANES);
    for values in &mut vectors {
        // SAFETY: the caller's; a vector is there.
        unsafe {
            let scaled = products.times(products.load(values.as_ptr()), products.floats(factor));
            products.store(scaled, values);
        }
    }
    for value in vectors.into_remainder() {
        *value *= factor;
    }
}

/// The largest of all.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn largest<P: Products>(products: P, scores: &[f32; STRETCH]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (first, lanes) in lanes.chunks_mut(P::LANES).enumerate() {
        // SAFETY: the caller's; lanes are a part of sixteen.
        unsafe {
            let mut largest = products.load(scores[first * P::LANES..].as_ptr());
            for sixteen in &scores.as_chunks::<LANES>().0[1..] {
                let scores = products.load(sixteen[first * P::LANES..].as_ptr());
                largest = products.larger(scores, largest);
            }
            products.store(largest, lanes);
        }
    }
    // Comparisons, not `max`, which looks for broken numbers.
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            let (first, second) = (lanes[i], lanes[i + width]);
            lanes[i] = if second > first { second } else { first };
        }
        width /= 2;
    }
    lanes[0]
}

/// `e^(score * scale - largest)`, added to `sums` too: within 3e-7 relative, as
/// [`exponential`] computes it.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn exponentials<P: Products>(
    products: P,
    scores: &mut [f32; LANES],
    (scale, largest): (f32, f32),
    sums: &mut [f32; LANES],
) {
    for (scores, sums) in scores.chunks_mut(P::LANES).zip(sums.chunks_mut(P::LANES)) {
        // SAFETY: the caller's; lanes are a part of sixteen.
        unsafe {
            let score = products.load(scores.as_ptr());
            let x = products.fused(score, products.floats(scale), products.floats(-largest));
            let count = products.times(x, products.floats(std::f32::consts::LOG2_E));
            let count = products.rounded(count);
            let rest = products.fused(count, products.floats(-LN_2_HIGH), x);
            let rest = products.fused(count, products.floats(-LN_2_LOW), rest);
            let mut power = products.floats(1.0 / 720.0);
            for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
                power = products.fused(power, rest, products.floats(coefficient));
            }
            let weight = products.times_power_of_two(power, count);
            let weight = products.zero_below(weight, x, LEAST);
            products.store(weight, scores);
            products.store(products.plus(products.load(sums.as_ptr()), weight), sums);
        }
    }
}

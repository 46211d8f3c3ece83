//! Scores to weights, while more of them come.

use std::ops::Range;

use super::super::super::portable::{LANES, add_up, exponential};
use super::super::products::Products;
use super::STRETCH;

/// Products of queries and keys of a head in a stretch, and then the weights they become.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Weights(pub(super) [f32; STRETCH]);

/// Weights are powers of two, so many times the largest one at most may be added before all are
/// made relative to a larger score: far from what a float holds, and seldom passed.
const HEADROOM: f32 = 16.0;
/// Below it, a power of two counts as nothing.
const LEAST: f32 = -126.0;
/// Added to a float, it leaves the nearest integer; ties to even.
const ROUNDER: f32 = 12_582_912.0;

/// The softmax of a head, as far as it has come.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct RunningSoftmax {
    /// Sums of weights, of every sixteenth position each.
    sums: [f32; LANES],
    /// The logarithm to base 2 that weights are relative to: no more than [`HEADROOM`] below that
    /// of the largest one so far.
    reference: f32,
}

impl RunningSoftmax {
    /// Of no position.
    pub(super) fn new() -> Self {
        Self {
            sums: [0.0; LANES],
            reference: f32::NEG_INFINITY,
        }
    }

    /// Turns products of query and keys into weights relative to the reference; where this becomes
    /// another one, so does what was added to `output`. `lanes`: the positions of the stretch that
    /// the head attends to, one at least; the others become nothing. `scale`: what makes a product
    /// the logarithm of its weight, see [`base_two`].
    ///
    /// # Safety
    /// See [`multiply`](super::super::multiply).
    #[inline(always)]
    pub(super) unsafe fn add<P: Products>(
        &mut self,
        products: P,
        (Weights(weights), lanes): (&mut Weights, Range<usize>),
        scale: f32,
        output: &mut [f32],
    ) {
        weights[..lanes.start].fill(f32::NEG_INFINITY);
        weights[lanes.end..].fill(f32::NEG_INFINITY);
        // SAFETY: the caller's; a stretch is whole vectors, and lanes are a part of sixteen.
        unsafe {
            let mut largest = products.floats(f32::NEG_INFINITY);
            for vector in weights.chunks_exact(P::LANES) {
                largest = products.larger(products.load(vector.as_ptr()), largest);
            }
            // A scale is positive, so the largest product has the largest weight.
            let largest = products.times(largest, products.floats(scale));
            if products.is_any_larger(largest, products.floats(self.reference + HEADROOM)) {
                let mut lanes = [f32::NEG_INFINITY; LANES];
                products.store(largest, &mut lanes[..P::LANES]);
                let largest = lanes.into_iter().fold(f32::NEG_INFINITY, f32::max);
                let factor = power_of_two(self.reference - largest);
                scale_all(products, output, factor);
                scale_all(products, &mut self.sums, factor);
                self.reference = largest;
            }
            for sixteen in weights.as_chunks_mut::<LANES>().0 {
                let vectors = sixteen.chunks_exact_mut(P::LANES);
                for (vector, sums) in vectors.zip(self.sums.chunks_exact_mut(P::LANES)) {
                    let product = products.load(vector.as_ptr());
                    let weight = weight(products, product, (scale, self.reference));
                    products.store(weight, vector);
                    products.store(products.plus(products.load(sums.as_ptr()), weight), sums);
                }
            }
        }
    }

    /// What the output is to be multiplied with. `sink`: see
    /// [`AttentionHead`](super::super::super::attention::AttentionHead).
    pub(super) fn finish(&self, sink: f32) -> f32 {
        let sink = base_two(sink);
        let largest = self.reference.max(sink);
        let factor = power_of_two(self.reference - largest);
        // A sink of minus infinity adds nothing, not even to a bit.
        factor / (add_up(self.sums) * factor + power_of_two(sink - largest))
    }
}

/// A score, or what makes one, as the logarithm to base 2 of its weight.
pub(super) fn base_two(score: f32) -> f32 {
    score * std::f32::consts::LOG2_E
}

/// `2^value`, where [`exponential`] has it.
fn power_of_two(value: f32) -> f32 {
    exponential(value * std::f32::consts::LN_2)
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

/// `2^x`, `x = product * scale - reference`, within 3e-7 relative: `x = n + r` with `|r| <= 1/2`;
/// the Taylor polynomial of `2^r`, times `2^n`.
///
/// # Safety
/// See [`multiply`](super::super::multiply).
#[inline(always)]
unsafe fn weight<P: Products>(
    products: P,
    product: P::Floats,
    (scale, reference): (f32, f32),
) -> P::Floats {
    // SAFETY: the caller's.
    unsafe {
        let x = products.fused(product, products.floats(scale), products.floats(-reference));
        let shifted = products.plus(x, products.floats(ROUNDER));
        let count = products.plus(shifted, products.floats(-ROUNDER));
        let rest = products.fused(count, products.floats(-1.0), x);
        let mut power = products.floats(TAYLOR[0]);
        for coefficient in &TAYLOR[1..] {
            power = products.fused(power, rest, products.floats(*coefficient));
        }
        let weight = products.times_power_of_two(power, count);
        products.zero_below(weight, x, LEAST)
    }
}

/// Coefficients of `2^r`, the highest first: `(ln 2)^k / k!`.
const TAYLOR: [f32; 7] = {
    let (mut coefficients, mut count) = ([1.0; 7], 1.0);
    let mut place = coefficients.len() - 1;
    while place > 0 {
        coefficients[place - 1] = coefficients[place] * std::f32::consts::LN_2 / count;
        count += 1.0;
        place -= 1;
    }
    coefficients
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_give_powers_of_two() {
        for step in -50_i16..=50 {
            let r = f32::from(step) / 100.0;
            let power = TAYLOR
                .into_iter()
                .fold(0.0, |power: f32, next| power.mul_add(r, next));
            let error = f64::from(power) / f64::from(r).exp2() - 1.0;
            assert!(error.abs() < 3e-7, "2^{r}: relative error {error}");
        }
    }
}

//! Which experts work for which tokens, chosen where the logits are: nothing is read back.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{cubes, empty_matrix, empty_words};

/// Experts `[num_tokens, num_chosen]` and their weights, see
/// [`Routing`](crate::kernels::Routing); here the largest logit comes first. One unit a token.
pub(super) fn route(logits: CubeTensor, num_chosen: usize) -> (CubeTensor, CubeTensor) {
    let num_tokens = logits.meta.shape()[0];
    let num_experts = logits.meta.shape()[1];
    let experts = empty_words(&logits, num_tokens, num_chosen);
    let weights = empty_matrix(&logits, num_tokens, num_chosen);
    let (cube_count, cube_dim) = cubes(num_tokens);
    let client = logits.client.clone();
    router_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        logits.into_buffer_arg(),
        experts.clone().into_buffer_arg(),
        weights.clone().into_buffer_arg(),
        num_tokens,
        num_experts,
        num_chosen,
    );
    (experts, weights)
}

#[cube(launch)]
pub(super) fn router_kernel(
    logits: &[f32],
    experts: &mut [u32],
    weights: &mut [f32],
    num_tokens: usize,
    num_experts: usize,
    #[comptime] num_chosen: usize,
) {
    let token = ABSOLUTE_POS;
    if token < num_tokens {
        let first = token * num_experts;
        let mut exponentials = Array::<f32>::new(num_chosen);
        let mut largest = 0.0f32;
        let mut total = 0.0f32;
        let mut last = 0.0f32;
        let mut last_expert = 0usize;
        #[unroll]
        for choice in 0..num_chosen {
            let mut found = false;
            let mut best = 0.0f32;
            // Where no logit is a number, this one is chosen again.
            let mut best_expert = last_expert;
            for expert in 0..num_experts {
                let logit = logits[first + expert];
                // Those after the last choice: smaller, or equal and further on.
                let mut is_left = true;
                if comptime!(choice > 0) {
                    is_left = logit < last || (logit == last && expert > last_expert);
                }
                if is_left && (!found || logit > best) {
                    found = true;
                    best = logit;
                    best_expert = expert;
                }
            }
            if comptime!(choice == 0) {
                largest = best;
            }
            last = best;
            last_expert = best_expert;
            let exponential = (best - largest).exp();
            exponentials[choice] = exponential;
            total += exponential;
            experts[token * num_chosen + choice] = best_expert as u32;
        }
        #[unroll]
        for choice in 0..num_chosen {
            weights[token * num_chosen + choice] = exponentials[choice] / total;
        }
    }
}

//! The chosen experts of many tokens: choices are grouped by expert, and a tile of rows decodes its
//! expert's weights once.
//!
//! Two variants compute the products: [`super::grouped_plain`] on every device and
//! [`super::grouped_mma`] where there are tensor cores.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::grouping::group;
use super::launch::{cubes, empty_matrix};
use super::router::route;
use super::{grouped_mma, grouped_plain, mma_tile};
use crate::kernels::ExpertPlan;

/// See [`reference::experts`](crate::kernels::reference::experts); weights beside their biases.
pub(super) fn experts(
    input: CubeTensor,
    logits: CubeTensor,
    gate_up: (CubeTensor, CubeTensor),
    down: (CubeTensor, CubeTensor),
    (plan, is_exact): (&ExpertPlan, bool),
) -> CubeTensor {
    let num_experts = logits.meta.shape()[1];
    let (chosen, weights) = route(logits, plan.num_chosen);
    let products = if !is_exact && grouped_mma::is_supported(&input.client, plan) {
        let groups = group(&chosen, num_experts, mma_tile::TILE_ROWS);
        let inner = grouped_mma::gate_up(input, gate_up, &groups, plan);
        grouped_mma::down(inner, down.0, &groups, plan)
    } else {
        let groups = group(&chosen, num_experts, grouped_plain::TILE_ROWS);
        let inner = grouped_plain::gate_up(input, gate_up, &groups, plan);
        grouped_plain::down(inner, down.0, &groups, plan)
    };
    combine(products, down.1, (chosen, weights))
}

/// Cubes of a grouped product: its columns along the first axis, its tiles along the second.
///
/// # Panics
/// If there are more than any device has cubes for.
pub(super) fn product_cubes(num_cubes: usize, num_tiles: usize) -> CubeCount {
    let narrow = |count: usize| {
        let count = u16::try_from(count);
        u32::from(count.expect("invariant: tokens are computed in chunks of some thousands"))
    };
    CubeCount::Static(narrow(num_cubes), narrow(num_tiles), 1)
}

/// The weighted sum of what the experts of each token made, biases included.
fn combine(
    products: CubeTensor,
    bias: CubeTensor,
    (chosen, weights): (CubeTensor, CubeTensor),
) -> CubeTensor {
    let [num_tokens, num_chosen] = [0, 1].map(|axis| chosen.meta.shape()[axis]);
    let hidden_size = products.meta.shape()[1];
    let output = empty_matrix(&products, num_tokens, hidden_size);
    let (cube_count, cube_dim) = cubes(num_tokens * hidden_size);
    let client = products.client.clone();
    combine_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        products.into_buffer_arg(),
        bias.into_buffer_arg(),
        chosen.into_buffer_arg(),
        weights.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        num_chosen,
        hidden_size,
    );
    output
}

/// One unit a value; choices are added in their order.
#[cube(launch)]
pub(super) fn combine_kernel(
    products: &[f32],
    bias: &[f32],
    chosen: &[u32],
    weights: &[f32],
    output: &mut [f32],
    num_chosen: usize,
    hidden_size: usize,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let column = index % hidden_size;
        let first = index / hidden_size * num_chosen;
        let mut total = 0.0f32;
        for choice in first..first + num_chosen {
            let product = products[choice * hidden_size + column];
            let bias = bias[chosen[choice] as usize * hidden_size + column];
            total += weights[choice] * (product + bias);
        }
        output[index] = total;
    }
}

//! The chosen experts of few tokens in three launches: the choice, what stands between the two
//! matrices, and the weighted sum. Many tokens are [`grouped`].

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::floats::limited_swiglu;
use super::grouped;
use super::launch::{LANES, ROWS, add_lanes, empty_matrix, row_cubes};
use super::router::route;
use super::weights::multiply_row;
use crate::kernels::ExpertPlan;
use crate::layout::LayoutKind;

/// From so many tokens on they are grouped by expert: a weight is decoded once for those of a tile
/// then. Below, most tiles would have one row.
const MANY_TOKENS: usize = 16;

/// See [`reference::experts`](crate::kernels::reference::experts); weights beside their biases.
/// `is_exact`: activations are not rounded.
pub(super) fn experts(
    input: CubeTensor,
    logits: CubeTensor,
    gate_up: (CubeTensor, CubeTensor),
    down: (CubeTensor, CubeTensor),
    (plan, is_exact): (&ExpertPlan, bool),
) -> CubeTensor {
    let (num_tokens, num_experts) = (logits.meta.shape()[0], logits.meta.shape()[1]);
    if num_tokens >= MANY_TOKENS {
        return grouped::experts(input, logits, gate_up, down, (plan, is_exact));
    }
    let num_choices = num_tokens * plan.num_chosen;
    let (inner_size, hidden_size) = (plan.down.in_features, plan.down.out_features);
    let (chosen, weights) = route(logits, plan.num_chosen);
    let inner = empty_matrix(&input, num_choices, inner_size);
    let output = empty_matrix(&input, num_tokens, hidden_size);
    let client = input.client.clone();

    let (cube_count, cube_dim) = row_cubes(inner_size, num_choices);
    gate_up_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        gate_up.0.into_buffer_arg(),
        gate_up.1.into_buffer_arg(),
        chosen.clone().into_buffer_arg(),
        inner.clone().into_buffer_arg(),
        plan.num_chosen,
        plan.gate_up.in_features,
        inner_size,
        num_experts * plan.gate_up.out_features,
        plan.limits.alpha,
        plan.limits.limit,
        plan.gate_up.kind,
    );

    let (cube_count, cube_dim) = row_cubes(hidden_size, num_tokens);
    down_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        inner.into_buffer_arg(),
        down.0.into_buffer_arg(),
        down.1.into_buffer_arg(),
        chosen.into_buffer_arg(),
        weights.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        plan.num_chosen,
        inner_size,
        hidden_size,
        num_experts * hidden_size,
        plan.down.kind,
    );
    output
}

/// Gate and factor of one expert for one token, `SwiGLU` included: one value a row of the cube.
#[cube(launch)]
pub(super) fn gate_up_kernel(
    input: &[f32],
    weight: &[u32],
    bias: &[f32],
    chosen: &[u32],
    inner: &mut [f32],
    num_chosen: usize,
    in_features: usize,
    inner_size: usize,
    num_rows: usize,
    alpha: f32,
    limit: f32,
    #[comptime] kind: LayoutKind,
) {
    let column = (CUBE_POS_X * CUBE_DIM_Y + UNIT_POS_Y) as usize;
    let lane = UNIT_POS_X as usize;
    let choice = CUBE_POS_Y as usize;
    let gate_row = chosen[choice] as usize * 2 * inner_size + column;
    let up_row = gate_row + inner_size;
    let mut gates = Array::<f32>::new(1usize);
    let mut factors = Array::<f32>::new(1usize);
    let mut offsets = Array::<usize>::new(1usize);
    gates[0] = 0.0;
    factors[0] = 0.0;
    offsets[0] = choice / num_chosen * in_features;
    if column < inner_size {
        multiply_row(
            input,
            weight,
            &mut gates,
            &offsets,
            gate_row,
            num_rows,
            in_features,
            lane,
            kind,
            1usize,
        );
        multiply_row(
            input,
            weight,
            &mut factors,
            &offsets,
            up_row,
            num_rows,
            in_features,
            lane,
            kind,
            1usize,
        );
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(LANES * ROWS));
    let gate = add_lanes(&mut shared, gates[0]);
    let up = add_lanes(&mut shared, factors[0]);
    if column < inner_size && lane == 0 {
        let (gate, up) = (gate + bias[gate_row], up + bias[up_row]);
        inner[choice * inner_size + column] = limited_swiglu(gate, up, alpha, limit);
    }
}

/// What the chosen experts of a token make together: one value a row of the cube.
#[cube(launch)]
pub(super) fn down_kernel(
    inner: &[f32],
    weight: &[u32],
    bias: &[f32],
    chosen: &[u32],
    weights: &[f32],
    output: &mut [f32],
    num_chosen: usize,
    in_features: usize,
    out_features: usize,
    num_rows: usize,
    #[comptime] kind: LayoutKind,
) {
    let column = (CUBE_POS_X * CUBE_DIM_Y + UNIT_POS_Y) as usize;
    let lane = UNIT_POS_X as usize;
    let token = CUBE_POS_Y as usize;
    let mut total = 0.0f32;
    let mut biases = 0.0f32;
    if column < out_features {
        let first = token * num_chosen;
        for choice in first..first + num_chosen {
            let row = chosen[choice] as usize * out_features + column;
            let mut sums = Array::<f32>::new(1usize);
            let mut offsets = Array::<usize>::new(1usize);
            sums[0] = 0.0;
            offsets[0] = choice * in_features;
            multiply_row(
                inner,
                weight,
                &mut sums,
                &offsets,
                row,
                num_rows,
                in_features,
                lane,
                kind,
                1usize,
            );
            total += weights[choice] * sums[0];
            biases += weights[choice] * bias[row];
        }
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(LANES * ROWS));
    let sum = add_lanes(&mut shared, total);
    if column < out_features && lane == 0 {
        output[token * out_features + column] = sum + biases;
    }
}

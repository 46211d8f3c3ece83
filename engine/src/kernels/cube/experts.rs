//! The chosen experts of all tokens in two launches: one unit a value between the matrices, then
//! one unit an output.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::weights::{kind_and_table, value_at, vector};
use super::{cubes, empty_matrix};
use crate::kernels::ExpertPlan;

/// See [`reference::experts`](crate::kernels::reference::experts); weights beside their biases.
pub(super) fn experts(
    input: CubeTensor,
    gate_up: (CubeTensor, CubeTensor),
    down: (CubeTensor, CubeTensor),
    plan: ExpertPlan<'_>,
) -> CubeTensor {
    let (num_choices, num_chosen) = (plan.routing.experts.len(), plan.routing.num_chosen);
    let chosen = vector(&input, &plan.routing.experts);
    let weights = vector(&input, &plan.routing.weights);
    let inner = empty_matrix(&input, num_choices, plan.down.in_features);
    let output = empty_matrix(&input, plan.routing.num_tokens(), plan.down.out_features);
    let client = input.client.clone();

    let (cube_count, cube_dim) = cubes(num_choices * plan.down.in_features);
    let (kind, table) = kind_and_table(plan.gate_up.kind);
    let table = vector(&input, &table);
    gate_up_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        gate_up.0.into_buffer_arg(),
        gate_up.1.into_buffer_arg(),
        table.into_buffer_arg(),
        chosen.clone().into_buffer_arg(),
        inner.clone().into_buffer_arg(),
        num_chosen,
        plan.gate_up.in_features,
        plan.down.in_features,
        plan.gate_up.row_bytes(),
        plan.limits.alpha,
        plan.limits.limit,
        kind,
    );

    let (cube_count, cube_dim) = cubes(plan.routing.num_tokens() * plan.down.out_features);
    let (kind, table) = kind_and_table(plan.down.kind);
    let table = vector(&inner, &table);
    down_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        inner.into_buffer_arg(),
        down.0.into_buffer_arg(),
        down.1.into_buffer_arg(),
        table.into_buffer_arg(),
        chosen.into_buffer_arg(),
        weights.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        num_chosen,
        plan.down.in_features,
        plan.down.out_features,
        plan.down.row_bytes(),
        kind,
    );
    output
}

#[cube(launch)]
fn gate_up_kernel(
    input: &[f32],
    weight: &[u32],
    bias: &[f32],
    table: &[f32],
    chosen: &[u32],
    inner: &mut [f32],
    num_chosen: usize,
    in_features: usize,
    inner_size: usize,
    row_bytes: usize,
    alpha: f32,
    limit: f32,
    #[comptime] kind: u32,
) {
    let index = ABSOLUTE_POS;
    if index < inner.len() {
        let choice = index / inner_size;
        let first = choice / num_chosen * in_features;
        let gate_row = chosen[choice] as usize * 2 * inner_size + index % inner_size;
        let up_row = gate_row + inner_size;
        let mut gate = 0.0f32;
        let mut up = 0.0f32;
        for column in 0..in_features {
            let x = input[first + column];
            gate += x * value_at(
                weight,
                table,
                gate_row * row_bytes,
                column,
                in_features,
                kind,
            );
            up += x * value_at(weight, table, up_row * row_bytes, column, in_features, kind);
        }
        gate = min(gate + bias[gate_row], limit);
        up = max(min(up + bias[up_row], limit), -limit);
        inner[index] = gate / (1.0 + (-alpha * gate).exp()) * (up + 1.0);
    }
}

#[cube(launch)]
fn down_kernel(
    inner: &[f32],
    weight: &[u32],
    bias: &[f32],
    table: &[f32],
    chosen: &[u32],
    weights: &[f32],
    output: &mut [f32],
    num_chosen: usize,
    in_features: usize,
    out_features: usize,
    row_bytes: usize,
    #[comptime] kind: u32,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let first = index / out_features * num_chosen;
        let mut total = 0.0f32;
        for choice in first..first + num_chosen {
            let row = chosen[choice] as usize * out_features + index % out_features;
            let mut sum = 0.0f32;
            for column in 0..in_features {
                let value = value_at(weight, table, row * row_bytes, column, in_features, kind);
                sum += inner[choice * in_features + column] * value;
            }
            total += weights[choice] * (sum + bias[row]);
        }
        output[index] = total;
    }
}

//! Norms and activations.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{LANES, ROWS, add_cube, cubes, empty_matrix, whole_cubes};

/// See [`reference::rms_norm`](crate::kernels::reference::rms_norm): one cube a row.
pub(super) fn rms_norm(input: CubeTensor, weight: CubeTensor, epsilon: f32) -> CubeTensor {
    let num_rows = input.meta.shape()[0];
    let size = weight.meta.shape()[0];
    let output = empty_matrix(&input, num_rows, size);
    let (cube_count, cube_dim) = whole_cubes(num_rows);
    let client = input.client.clone();
    rms_norm_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        weight.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        num_rows,
        size,
        epsilon,
    );
    output
}

/// See [`reference::swiglu`](crate::kernels::reference::swiglu): one unit a value.
pub(super) fn swiglu(gate_up: CubeTensor) -> CubeTensor {
    let num_rows = gate_up.meta.shape()[0];
    let size = gate_up.meta.shape()[1] / 2;
    let output = empty_matrix(&gate_up, num_rows, size);
    let (cube_count, cube_dim) = cubes(num_rows * size);
    let client = gate_up.client.clone();
    swiglu_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        gate_up.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        size,
    );
    output
}

#[cube(launch)]
pub(super) fn rms_norm_kernel(
    input: &[f32],
    weight: &[f32],
    output: &mut [f32],
    num_rows: usize,
    size: usize,
    epsilon: f32,
) {
    let row = CUBE_POS;
    let unit = UNIT_POS as usize;
    let units = comptime!(LANES * ROWS);
    // Cubes of a last, shorter line repeat the last row and do not write it.
    let first = min(row, num_rows - 1) * size;
    let mut squares = 0.0f32;
    for i in range_stepped(unit, size, units) {
        squares += input[first + i] * input[first + i];
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(LANES * ROWS));
    let total = add_cube(&mut shared, squares);
    let scale = 1.0 / (total / f32::cast_from(size as u32) + epsilon).sqrt();
    if row < num_rows {
        for i in range_stepped(unit, size, units) {
            output[first + i] = input[first + i] * scale * weight[i];
        }
    }
}

#[cube(launch)]
pub(super) fn swiglu_kernel(gate_up: &[f32], output: &mut [f32], size: usize) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let first = index / size * size * 2 + index % size;
        let gate = gate_up[first];
        output[index] = gate / (1.0 + (-gate).exp()) * gate_up[first + size];
    }
}

/// See [`SwigluLimits`](crate::kernels::SwigluLimits): what becomes of one gate and its factor.
#[cube]
pub(super) fn limited_swiglu(gate: f32, up: f32, alpha: f32, limit: f32) -> f32 {
    let gate = min(gate, limit);
    let up = max(min(up, limit), -limit);
    gate / (1.0 + (-alpha * gate).exp()) * (up + 1.0)
}

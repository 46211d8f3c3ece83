//! Norms and activations.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{cubes, empty_matrix};

/// See [`reference::rms_norm`](crate::kernels::reference::rms_norm): one unit a row.
pub(super) fn rms_norm(input: CubeTensor, weight: CubeTensor, epsilon: f32) -> CubeTensor {
    let num_rows = input.meta.shape()[0];
    let size = weight.meta.shape()[0];
    let output = empty_matrix(&input, num_rows, size);
    let (cube_count, cube_dim) = cubes(num_rows);
    let client = input.client.clone();
    rms_norm_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        weight.into_buffer_arg(),
        output.clone().into_buffer_arg(),
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
fn rms_norm_kernel(input: &[f32], weight: &[f32], output: &mut [f32], size: usize, epsilon: f32) {
    let first = ABSOLUTE_POS * size;
    if first < output.len() {
        let mut squares = 0.0f32;
        for i in 0..size {
            squares += input[first + i] * input[first + i];
        }
        let scale = 1.0 / (squares / f32::cast_from(size as u32) + epsilon).sqrt();
        for i in 0..size {
            output[first + i] = input[first + i] * scale * weight[i];
        }
    }
}

#[cube(launch)]
fn swiglu_kernel(gate_up: &[f32], output: &mut [f32], size: usize) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let first = index / size * size * 2 + index % size;
        let gate = gate_up[first];
        output[index] = gate / (1.0 + (-gate).exp()) * gate_up[first + size];
    }
}

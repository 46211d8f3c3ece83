//! Products of weight matrices: [`LANES`] units a weight row, several tokens at a time.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{LANES, ROWS, add_lanes, empty_matrix, row_cubes};
use super::weights::{multiply_row, value_at};
use crate::layout::{LayoutKind, MatrixLayout};

/// Tokens that share the decoding of a weight row.
const TOKENS: usize = 4;

/// See [`reference::matmul`](crate::kernels::reference::matmul); summed in f32.
pub(super) fn matmul(input: CubeTensor, weight: CubeTensor, layout: &MatrixLayout) -> CubeTensor {
    let num_tokens = input.meta.shape()[0];
    let output = empty_matrix(&input, num_tokens, layout.out_features);
    let at_once = num_tokens.clamp(1, TOKENS);
    let (cube_count, cube_dim) = row_cubes(layout.out_features, num_tokens.div_ceil(at_once));
    let client = input.client.clone();
    matmul_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        weight.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        num_tokens,
        layout.in_features,
        layout.out_features,
        layout.kind,
        at_once,
    );
    output
}

/// See [`reference::embedding`](crate::kernels::reference::embedding): one unit a value.
pub(super) fn embedding(
    weight: &CubeTensor,
    layout: &MatrixLayout,
    tokens: CubeTensor,
) -> CubeTensor {
    let num_tokens = tokens.meta.shape()[0];
    let output = empty_matrix(weight, num_tokens, layout.in_features);
    let (cube_count, cube_dim) = super::launch::cubes(num_tokens * layout.in_features);
    embedding_kernel::launch(
        &weight.client,
        cube_count,
        cube_dim,
        weight.clone().into_buffer_arg(),
        tokens.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        layout.in_features,
        layout.out_features,
        layout.kind,
    );
    output
}

#[cube(launch)]
pub(super) fn matmul_kernel(
    input: &[f32],
    weight: &[u32],
    output: &mut [f32],
    num_tokens: usize,
    in_features: usize,
    out_features: usize,
    #[comptime] kind: LayoutKind,
    #[comptime] at_once: usize,
) {
    let row = (CUBE_POS_X * CUBE_DIM_Y + UNIT_POS_Y) as usize;
    let lane = UNIT_POS_X as usize;
    let first = CUBE_POS_Y as usize * at_once;
    let mut sums = Array::<f32>::new(at_once);
    let mut offsets = Array::<usize>::new(at_once);
    #[unroll]
    for index in 0..at_once {
        sums[index] = 0.0;
        // Behind the last token it is computed again, and not written.
        offsets[index] = min(first + index, num_tokens - 1) * in_features;
    }
    if row < out_features {
        multiply_row(
            input,
            weight,
            &mut sums,
            &offsets,
            row,
            out_features,
            in_features,
            lane,
            kind,
            at_once,
        );
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(LANES * ROWS));
    #[unroll]
    for index in 0..at_once {
        let sum = add_lanes(&mut shared, sums[index]);
        if row < out_features && lane == 0 && first + index < num_tokens {
            output[(first + index) * out_features + row] = sum;
        }
    }
}

#[cube(launch)]
pub(super) fn embedding_kernel(
    weight: &[u32],
    tokens: &[u32],
    output: &mut [f32],
    in_features: usize,
    num_rows: usize,
    #[comptime] kind: LayoutKind,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let row = tokens[index / in_features] as usize;
        output[index] = value_at(
            weight,
            row,
            index % in_features,
            num_rows,
            in_features,
            kind,
        );
    }
}

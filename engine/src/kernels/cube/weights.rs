//! Operations on weight matrices: values are decoded where they are used, never expanded.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{cubes, empty_matrix};
use crate::layout::{BLOCK_LENGTH, DOUBLED_FP4, LayoutKind, MatrixLayout};

/// Numbers of the layouts, constants in a kernel.
const NIBBLES: u32 = 0;
const BYTES: u32 = 1;
const DENSE: u32 = 2;
const MXFP4: u32 = 3;
const BF16: u32 = 4;

/// The layout's number and table; layouts without a table have zeros.
pub(super) fn kind_and_table(kind: LayoutKind) -> (u32, [f32; 16]) {
    match kind {
        LayoutKind::Nibbles { table } => (NIBBLES, table.map(f32::from)),
        LayoutKind::Bytes => (BYTES, [0.0; 16]),
        LayoutKind::Mxfp4 => (MXFP4, DOUBLED_FP4.map(|value| f32::from(value) * 0.5)),
        LayoutKind::Dense => (DENSE, [0.0; 16]),
        LayoutKind::Bf16 => (BF16, [0.0; 16]),
    }
}

/// See [`reference::matmul`](crate::kernels::reference::matmul): one unit an output, summed in f32.
pub(super) fn matmul(input: CubeTensor, weight: CubeTensor, layout: &MatrixLayout) -> CubeTensor {
    let num_tokens = input.meta.shape()[0];
    let output = empty_matrix(&input, num_tokens, layout.out_features);
    let (cube_count, cube_dim) = cubes(num_tokens * layout.out_features);
    let (kind, table) = kind_and_table(layout.kind);
    let client = input.client.clone();
    let table = vector(&input, &table);
    matmul_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        input.into_buffer_arg(),
        weight.into_buffer_arg(),
        table.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        layout.in_features,
        layout.out_features,
        layout.row_bytes(),
        kind,
    );
    output
}

/// See [`reference::embedding`](crate::kernels::reference::embedding): one unit a value.
pub(super) fn embedding(weight: &CubeTensor, layout: &MatrixLayout, tokens: &[u32]) -> CubeTensor {
    let output = empty_matrix(weight, tokens.len(), layout.in_features);
    let (cube_count, cube_dim) = cubes(tokens.len() * layout.in_features);
    let (kind, table) = kind_and_table(layout.kind);
    let table = vector(weight, &table);
    let token_ids = vector(weight, tokens);
    embedding_kernel::launch(
        &weight.client,
        cube_count,
        cube_dim,
        weight.clone().into_buffer_arg(),
        table.into_buffer_arg(),
        token_ids.into_buffer_arg(),
        output.clone().into_buffer_arg(),
        layout.in_features,
        layout.row_bytes(),
        kind,
    );
    output
}

/// Values on the device of `tensor`. Only launches here look at them, as what they are.
pub(super) fn vector<T: bytemuck::Pod>(tensor: &CubeTensor, values: &[T]) -> CubeTensor {
    let handle = tensor
        .client
        .create_from_slice(bytemuck::cast_slice(values));
    let shape = burn::tensor::Shape::new([values.len()]);
    let (client, device) = (tensor.client.clone(), tensor.device.clone());
    CubeTensor::new_contiguous(client, device, shape, handle, burn::tensor::DType::U32)
}

#[cube(launch)]
fn matmul_kernel(
    input: &[f32],
    weight: &[u32],
    table: &[f32],
    output: &mut [f32],
    in_features: usize,
    out_features: usize,
    row_bytes: usize,
    #[comptime] kind: u32,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let first = index / out_features * in_features;
        let row = index % out_features * row_bytes;
        let mut sum = 0.0f32;
        for column in 0..in_features {
            sum += input[first + column] * value_at(weight, table, row, column, in_features, kind);
        }
        output[index] = sum;
    }
}

#[cube(launch)]
fn embedding_kernel(
    weight: &[u32],
    table: &[f32],
    tokens: &[u32],
    output: &mut [f32],
    in_features: usize,
    row_bytes: usize,
    #[comptime] kind: u32,
) {
    let index = ABSOLUTE_POS;
    if index < output.len() {
        let row = tokens[index / in_features] as usize * row_bytes;
        let column = index % in_features;
        output[index] = value_at(weight, table, row, column, in_features, kind);
    }
}

/// Value `column` of the row that begins at byte `row`, see [`crate::layout`].
#[cube]
pub(super) fn value_at(
    weight: &[u32],
    table: &[f32],
    row: usize,
    column: usize,
    in_features: usize,
    #[comptime] kind: u32,
) -> f32 {
    let num_blocks = in_features / BLOCK_LENGTH;
    let block = column / BLOCK_LENGTH;
    let within = column % BLOCK_LENGTH;
    if comptime!(kind == NIBBLES) {
        let scale = half_at(weight, row + block * 2);
        let minimum = half_at(weight, row + (num_blocks + block) * 2);
        let byte = byte_at(weight, row + num_blocks * 4 + block * 16 + within % 16);
        let code = (byte >> ((within / 16) as u32 * 4)) & 15;
        scale * table[code as usize] + minimum
    } else if comptime!(kind == BYTES) {
        let scale = half_at(weight, row + block * 2);
        let byte = byte_at(weight, row + num_blocks * 2 + column);
        // Two's complement without a signed byte type.
        let code = f32::cast_from(byte ^ 128) - 128.0;
        scale * code
    } else if comptime!(kind == MXFP4) {
        // 2^-127 is below what every device can hold: such a block is 0 here.
        let scale = f32::reinterpret(byte_at(weight, row + block) << 23);
        let byte = byte_at(weight, row + num_blocks + block * 16 + within % 16);
        let code = (byte >> ((within / 16) as u32 * 4)) & 15;
        scale * table[code as usize]
    } else if comptime!(kind == BF16) {
        let offset = row + column * 2;
        let bits = (weight[offset / 4] >> ((offset % 4) as u32 * 8)) & 0xffff;
        f32::reinterpret(bits << 16)
    } else {
        f32::reinterpret(weight[row / 4 + column])
    }
}

#[cube]
fn byte_at(words: &[u32], offset: usize) -> u32 {
    (words[offset / 4] >> ((offset % 4) as u32 * 8)) & 255
}

/// The f16 at an even byte offset, decoded by hand: not every device has f16 buffers.
#[cube]
fn half_at(words: &[u32], offset: usize) -> f32 {
    let bits = (words[offset / 4] >> ((offset % 4) as u32 * 8)) & 0xffff;
    let exponent = (bits >> 10) & 31;
    let mantissa = bits & 1023;
    let small = f32::cast_from(mantissa) * 5.960_464_5e-8;
    let normal = f32::reinterpret(((exponent + 112) << 23) | (mantissa << 13));
    let magnitude = select(exponent == 0, small, normal);
    select(bits >= 0x8000, -magnitude, magnitude)
}

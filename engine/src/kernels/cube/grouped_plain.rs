//! Products of grouped rows in tiles of shared memory, on every device: f32 throughout, and nothing
//! is assumed about planes.
//!
//! A cube makes [`TILE_ROWS`] rows of [`TILE_COLUMNS`] columns. Block by block along the features
//! its units fetch activations and decode weights into shared memory; each then multiplies
//! [`UNIT_ROWS`] rows by [`UNIT_COLUMNS`] columns.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::floats::limited_swiglu;
use super::grouped::product_cubes;
use super::grouping::Groups;
use super::launch::{LANES, ROWS, empty_matrix};
use super::weights::{HALF_BLOCK, decode_half};
use crate::kernels::ExpertPlan;
use crate::layout::{BLOCK_LENGTH, LayoutKind};

/// Rows of a tile: choices of one expert.
pub(super) const TILE_ROWS: usize = 32;
/// Columns of a tile: two units decode a block of each.
const TILE_COLUMNS: usize = 64;
/// Gates of a tile; as many factors stand behind them.
const TILE_GATES: usize = TILE_COLUMNS / 2;
/// Rows of a tile that one unit multiplies.
const UNIT_ROWS: usize = 4;
/// Columns of a tile that one unit multiplies.
const UNIT_COLUMNS: usize = 4;
/// Units beside each other in a tile.
const ACROSS: usize = TILE_COLUMNS / UNIT_COLUMNS;
/// Units below each other in a tile.
const DOWN: usize = TILE_ROWS / UNIT_ROWS;
/// Rows of activations that one unit fetches a value of.
const FETCHED: usize = TILE_ROWS / ROWS;
/// From a feature of the activations to the next: odd, so that units that write neighbouring
/// features use different banks of the shared memory.
const INPUT_STRIDE: usize = TILE_ROWS + 1;

/// What stands between the two matrices, `[num_choices, inner_size]`.
pub(super) fn gate_up(
    input: CubeTensor,
    (weight, bias): (CubeTensor, CubeTensor),
    groups: &Groups,
    plan: &ExpertPlan,
) -> CubeTensor {
    let inner_size = plan.down.in_features;
    let num_choices = input.meta.shape()[0] * plan.num_chosen;
    let inner = empty_matrix(&input, num_choices, inner_size);
    let client = input.client.clone();
    gate_up_tile_kernel::launch(
        &client,
        product_cubes(inner_size.div_ceil(TILE_GATES), groups.num_tiles),
        CubeDim::new_2d(LANES as u32, ROWS as u32),
        input.into_buffer_arg(),
        weight.into_buffer_arg(),
        bias.into_buffer_arg(),
        groups.rows.clone().into_buffer_arg(),
        groups.tile_experts.clone().into_buffer_arg(),
        inner.clone().into_buffer_arg(),
        plan.num_chosen,
        plan.gate_up.in_features,
        inner_size,
        groups.num_experts * plan.gate_up.out_features,
        plan.limits.alpha,
        plan.limits.limit,
        plan.gate_up.kind,
    );
    inner
}

/// What each choice brings, `[num_choices, hidden_size]`, without weight and bias.
pub(super) fn down(
    inner: CubeTensor,
    weight: CubeTensor,
    groups: &Groups,
    plan: &ExpertPlan,
) -> CubeTensor {
    let hidden_size = plan.down.out_features;
    let products = empty_matrix(&inner, inner.meta.shape()[0], hidden_size);
    let client = inner.client.clone();
    down_tile_kernel::launch(
        &client,
        product_cubes(hidden_size.div_ceil(TILE_COLUMNS), groups.num_tiles),
        CubeDim::new_2d(LANES as u32, ROWS as u32),
        inner.into_buffer_arg(),
        weight.into_buffer_arg(),
        groups.rows.clone().into_buffer_arg(),
        groups.tile_experts.clone().into_buffer_arg(),
        products.clone().into_buffer_arg(),
        plan.down.in_features,
        hidden_size,
        groups.num_experts * hidden_size,
        plan.down.kind,
    );
    products
}

/// Gates and factors of one expert for a tile of choices, `SwiGLU` included.
#[cube(launch)]
pub(super) fn gate_up_tile_kernel(
    input: &[f32],
    weight: &[u32],
    bias: &[f32],
    rows: &[u32],
    tile_experts: &[u32],
    inner: &mut [f32],
    num_chosen: usize,
    in_features: usize,
    inner_size: usize,
    num_rows: usize,
    alpha: f32,
    limit: f32,
    #[comptime] kind: LayoutKind,
) {
    let expert = tile_experts[CUBE_POS_Y as usize];
    if expert != u32::MAX {
        let unit = UNIT_POS as usize;
        let first_gate = expert as usize * 2 * inner_size;
        let first = CUBE_POS_X as usize * TILE_GATES;
        let mut sums = Array::<f32>::new(comptime!(UNIT_ROWS * UNIT_COLUMNS));
        let mut offsets = Array::<usize>::new(FETCHED);
        #[unroll]
        for index in 0..FETCHED {
            let choice = choice_at(rows, unit / LANES + index * ROWS);
            // Padding is computed like the first choice, and not written.
            offsets[index] = select(choice == u32::MAX, 0, choice) as usize / num_chosen;
            offsets[index] *= in_features;
        }
        // Columns behind the last one are decoded as the last, and not written.
        let in_tile = unit % TILE_COLUMNS;
        let column = min(first + in_tile % TILE_GATES, inner_size - 1);
        let row = first_gate + in_tile / TILE_GATES * inner_size + column;
        multiply_tile(
            input,
            weight,
            &mut sums,
            &offsets,
            row,
            num_rows,
            in_features,
            kind,
        );

        #[unroll]
        for index in 0..UNIT_ROWS {
            let choice = choice_at(rows, unit / ACROSS + index * DOWN);
            #[unroll]
            for part in 0..UNIT_COLUMNS / 2 {
                let column = first + unit % ACROSS + part * ACROSS;
                if choice != u32::MAX && column < inner_size {
                    let gate = sums[index * UNIT_COLUMNS + part];
                    let up = sums[index * UNIT_COLUMNS + part + UNIT_COLUMNS / 2];
                    let gate = gate + bias[first_gate + column];
                    let up = up + bias[first_gate + inner_size + column];
                    let value = limited_swiglu(gate, up, alpha, limit);
                    inner[choice as usize * inner_size + column] = value;
                }
            }
        }
    }
}

/// What one expert makes of a tile of choices.
#[cube(launch)]
pub(super) fn down_tile_kernel(
    inner: &[f32],
    weight: &[u32],
    rows: &[u32],
    tile_experts: &[u32],
    products: &mut [f32],
    in_features: usize,
    out_features: usize,
    num_rows: usize,
    #[comptime] kind: LayoutKind,
) {
    let expert = tile_experts[CUBE_POS_Y as usize];
    if expert != u32::MAX {
        let unit = UNIT_POS as usize;
        let first = CUBE_POS_X as usize * TILE_COLUMNS;
        let mut sums = Array::<f32>::new(comptime!(UNIT_ROWS * UNIT_COLUMNS));
        let mut offsets = Array::<usize>::new(FETCHED);
        #[unroll]
        for index in 0..FETCHED {
            let choice = choice_at(rows, unit / LANES + index * ROWS);
            offsets[index] = select(choice == u32::MAX, 0, choice) as usize * in_features;
        }
        let column = min(first + unit % TILE_COLUMNS, out_features - 1);
        let row = expert as usize * out_features + column;
        multiply_tile(
            inner,
            weight,
            &mut sums,
            &offsets,
            row,
            num_rows,
            in_features,
            kind,
        );

        #[unroll]
        for index in 0..UNIT_ROWS {
            let choice = choice_at(rows, unit / ACROSS + index * DOWN);
            #[unroll]
            for part in 0..UNIT_COLUMNS {
                let column = first + unit % ACROSS + part * ACROSS;
                if choice != u32::MAX && column < out_features {
                    let sum = sums[index * UNIT_COLUMNS + part];
                    products[choice as usize * out_features + column] = sum;
                }
            }
        }
    }
}

/// The choice that row `row` of this cube's tile computes.
#[cube]
fn choice_at(rows: &[u32], row: usize) -> u32 {
    rows[CUBE_POS_Y as usize * TILE_ROWS + row]
}

/// A tile of products. `offsets`: where the rows begin whose activations this unit fetches; `row`:
/// the row of the weights that this unit decodes. All units of the cube must come here.
#[cube]
fn multiply_tile(
    input: &[f32],
    weight: &[u32],
    sums: &mut Array<f32>,
    offsets: &Array<usize>,
    row: usize,
    num_rows: usize,
    in_features: usize,
    #[comptime] kind: LayoutKind,
) {
    let unit = UNIT_POS as usize;
    let mut inputs = Shared::<[f32]>::new_slice(comptime!(BLOCK_LENGTH * INPUT_STRIDE));
    let mut weights = Shared::<[f32]>::new_slice(comptime!(BLOCK_LENGTH * TILE_COLUMNS));
    let mut values = Array::<f32>::new(HALF_BLOCK);
    #[unroll]
    for index in 0..UNIT_ROWS * UNIT_COLUMNS {
        sums[index] = 0.0;
    }
    for block in 0..in_features.div_ceil(BLOCK_LENGTH) {
        let in_block = unit % BLOCK_LENGTH;
        let feature = block * BLOCK_LENGTH + in_block;
        #[unroll]
        for index in 0..FETCHED {
            let mut value = 0.0f32;
            if feature < in_features {
                value = input[offsets[index] + feature];
            }
            inputs[in_block * INPUT_STRIDE + unit / LANES + index * ROWS] = value;
        }
        let half = unit / TILE_COLUMNS;
        decode_half(
            weight,
            &mut values,
            row,
            block,
            half,
            num_rows,
            in_features,
            kind,
        );
        #[unroll]
        for index in 0..HALF_BLOCK {
            let in_block = index / 8 * 16 + half * 8 + index % 8;
            weights[in_block * TILE_COLUMNS + unit % TILE_COLUMNS] = values[index];
        }
        sync_cube();
        add_block(&inputs, &weights, sums);
        // Nobody writes the next block while this one is read.
        sync_cube();
    }
}

/// Adds the products of one block of features.
#[cube]
fn add_block(inputs: &Shared<[f32]>, weights: &Shared<[f32]>, sums: &mut Array<f32>) {
    let unit = UNIT_POS as usize;
    let mut factors = Array::<f32>::new(UNIT_COLUMNS);
    for feature in 0..BLOCK_LENGTH {
        #[unroll]
        for part in 0..UNIT_COLUMNS {
            factors[part] = weights[feature * TILE_COLUMNS + unit % ACROSS + part * ACROSS];
        }
        #[unroll]
        for index in 0..UNIT_ROWS {
            let value = inputs[feature * INPUT_STRIDE + unit / ACROSS + index * DOWN];
            #[unroll]
            for part in 0..UNIT_COLUMNS {
                sums[index * UNIT_COLUMNS + part] += value * factors[part];
            }
        }
    }
}

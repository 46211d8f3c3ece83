//! Products of grouped rows on tensor cores, in [tiles](super::mma_tile).

use burn_cubecl::tensor::CubeTensor;
use cubecl::features::MmaConfig;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::*;

use super::floats::limited_swiglu;
use super::grouped::product_cubes;
use super::grouping::Groups;
use super::launch::{LANES, empty_matrix};
use super::mma_tile::{
    FETCHED, FRAGMENT, FRAGMENTS_DOWN, PLANE_COLUMNS, PLANES, Quad, choice_at, fetched_choice,
    multiply_tile, new_stage, stage_place, store_row,
};
use crate::kernels::ExpertPlan;
use crate::layout::{BLOCK_LENGTH, LayoutKind};

/// Whether the device has these tensor cores, and the rows are made of whole blocks.
pub(super) fn is_supported(client: &Client, plan: &ExpertPlan) -> bool {
    let properties = client.properties();
    let (hardware, bf16) = (&properties.hardware, ElemType::Float(FloatKind::BF16));
    let config = MmaConfig {
        a_type: bf16,
        b_type: bf16,
        cd_type: ElemType::Float(FloatKind::F32),
        m: FRAGMENT as u32,
        n: FRAGMENT as u32,
        k: FRAGMENT as u32,
    };
    let is_whole = |features: usize| features.is_multiple_of(BLOCK_LENGTH);
    properties.features.matmul.cmma.contains(&config)
        && [hardware.plane_size_min, hardware.plane_size_max] == [LANES as u32; 2]
        && is_whole(plan.gate_up.in_features)
        && is_whole(plan.down.in_features)
}

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
    gate_up_mma_kernel::launch(
        &client,
        product_cubes(inner_size.div_ceil(PLANES * FRAGMENT), groups.num_tiles),
        CubeDim::new_2d(LANES as u32, PLANES as u32),
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
    down_mma_kernel::launch(
        &client,
        product_cubes(
            hidden_size.div_ceil(PLANES * PLANE_COLUMNS),
            groups.num_tiles,
        ),
        CubeDim::new_2d(LANES as u32, PLANES as u32),
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

/// Gates and factors of one expert for a tile of choices, `SwiGLU` included. A plane has a fragment
/// of gates and beside it the fragment of their factors.
#[cube(launch)]
pub(super) fn gate_up_mma_kernel(
    input: &[Quad],
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
        let lane = UNIT_POS_X as usize;
        let first_gate = expert as usize * 2 * inner_size;
        let first = (CUBE_POS_X as usize * PLANES + UNIT_POS_Y as usize) * FRAGMENT;
        let mut offsets = Array::<usize>::new(FETCHED);
        #[unroll]
        for index in 0..FETCHED {
            // Padding is computed like the first choice, and not written.
            let choice = fetched_choice(rows, index);
            offsets[index] = select(choice == u32::MAX, 0, choice) as usize / num_chosen;
            offsets[index] *= in_features;
        }
        // Columns behind the last one are decoded as the last, and not written.
        let column = min(first + lane % FRAGMENT, inner_size - 1);
        let row = first_gate + lane / FRAGMENT * inner_size + column;
        let sums = multiply_tile(input, weight, &offsets, row, num_rows, in_features, kind);

        let column = first + lane % FRAGMENT;
        let is_column = column < inner_size;
        let place = select(is_column, first_gate + column, 0);
        let (gate_bias, up_bias) = (bias[place], bias[place + inner_size]);
        let mut stage = new_stage();
        #[unroll]
        for down in 0..FRAGMENTS_DOWN {
            store_row(&mut stage, &sums, down);
            #[unroll]
            for step in 0..FRAGMENT / 2 {
                let in_fragment = step * 2 + lane / FRAGMENT;
                let choice = choice_at(rows, down * FRAGMENT + in_fragment);
                if choice != u32::MAX && is_column {
                    let gate = stage[stage_place(in_fragment, lane % FRAGMENT)] + gate_bias;
                    let up = stage[stage_place(in_fragment, lane % FRAGMENT + FRAGMENT)] + up_bias;
                    let value = limited_swiglu(gate, up, alpha, limit);
                    inner[choice as usize * inner_size + column] = value;
                }
            }
            sync_cube();
        }
    }
}

/// What one expert makes of a tile of choices.
#[cube(launch)]
pub(super) fn down_mma_kernel(
    inner: &[Quad],
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
        let lane = UNIT_POS_X as usize;
        let first = (CUBE_POS_X as usize * PLANES + UNIT_POS_Y as usize) * PLANE_COLUMNS;
        let mut offsets = Array::<usize>::new(FETCHED);
        #[unroll]
        for index in 0..FETCHED {
            let choice = fetched_choice(rows, index);
            offsets[index] = select(choice == u32::MAX, 0, choice) as usize * in_features;
        }
        let column = first + lane;
        let row = expert as usize * out_features + min(column, out_features - 1);
        let sums = multiply_tile(inner, weight, &offsets, row, num_rows, in_features, kind);

        let mut stage = new_stage();
        #[unroll]
        for down in 0..FRAGMENTS_DOWN {
            store_row(&mut stage, &sums, down);
            #[unroll]
            for in_fragment in 0..FRAGMENT {
                let choice = choice_at(rows, down * FRAGMENT + in_fragment);
                if choice != u32::MAX && column < out_features {
                    let sum = stage[stage_place(in_fragment, lane)];
                    products[choice as usize * out_features + column] = sum;
                }
            }
            sync_cube();
        }
    }
}

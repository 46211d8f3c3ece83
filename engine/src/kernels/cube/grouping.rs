//! Which rows of a grouped product belong to which expert, found where the choices are: nothing is
//! read back.
//!
//! A tile of rows has one expert. Each expert's choices follow each other in ascending order and
//! are filled up to whole tiles, so the host knows the number of tiles before any choice is made:
//! at most those that all choices fill, and one begun tile an expert.
#![expect(
    clippy::needless_range_loop,
    reason = "the language of kernels: buffers are indexed"
)]

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{LANES, ROWS, empty_words, whole_cubes};

/// Units that count the choices of an expert.
const UNITS: usize = LANES * ROWS;

/// Choices in the order of their experts.
pub(super) struct Groups {
    /// `[num_tiles, tile_rows]`: the choice that a row computes, `u32::MAX` where it is padding.
    /// Not written for tiles without an expert.
    pub(super) rows: CubeTensor,
    /// `[num_tiles]`: the expert of a tile, `u32::MAX` where there is nothing to do.
    pub(super) tile_experts: CubeTensor,
    /// Tiles that there may be.
    pub(super) num_tiles: usize,
    pub(super) num_experts: usize,
}

/// Groups `chosen` (`[num_tokens, num_chosen]`) into tiles of `tile_rows` rows.
pub(super) fn group(chosen: &CubeTensor, num_experts: usize, tile_rows: usize) -> Groups {
    let num_choices = chosen.meta.shape().num_elements();
    let num_tiles = num_choices.div_ceil(tile_rows) + num_experts;
    let counts = empty_words(chosen, 1, num_experts);
    let rows = empty_words(chosen, num_tiles, tile_rows);
    let tile_experts = empty_words(chosen, 1, num_tiles);
    let client = chosen.client.clone();

    let (cube_count, cube_dim) = whole_cubes(num_experts);
    count_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        chosen.clone().into_buffer_arg(),
        counts.clone().into_buffer_arg(),
        num_choices,
        num_experts,
    );

    let (cube_count, cube_dim) = whole_cubes(num_experts);
    place_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        chosen.clone().into_buffer_arg(),
        counts.into_buffer_arg(),
        rows.clone().into_buffer_arg(),
        tile_experts.clone().into_buffer_arg(),
        num_choices,
        num_experts,
        num_tiles,
        tile_rows,
    );
    Groups {
        rows,
        tile_experts,
        num_tiles,
        num_experts,
    }
}

/// How many choices fell on each expert: one cube an expert.
#[cube(launch)]
pub(super) fn count_kernel(
    chosen: &[u32],
    counts: &mut [u32],
    num_choices: usize,
    num_experts: usize,
) {
    let expert = CUBE_POS;
    let mut shared = Shared::<[u32]>::new_slice(comptime!(UNITS));
    let own = count_share(chosen, expert as u32, num_choices);
    let until = add_until(&mut shared, own);
    if expert < num_experts && UNIT_POS as usize == UNITS - 1 {
        counts[expert] = until;
    }
}

/// Where each choice goes: one cube an expert.
#[cube(launch)]
pub(super) fn place_kernel(
    chosen: &[u32],
    counts: &[u32],
    rows: &mut [u32],
    tile_experts: &mut [u32],
    num_choices: usize,
    num_experts: usize,
    num_tiles: usize,
    #[comptime] tile_rows: usize,
) {
    let unit = UNIT_POS as usize;
    // Cubes of a last, shorter line repeat the last expert: they write the same.
    let expert = min(CUBE_POS, num_experts - 1);
    let mut first_tile = 0usize;
    for before in 0..expert {
        first_tile += (counts[before] as usize).div_ceil(tile_rows);
    }
    let count = counts[expert] as usize;
    let end_tile = first_tile + count.div_ceil(tile_rows);
    for tile in range_stepped(first_tile + unit, end_tile, UNITS) {
        tile_experts[tile] = expert as u32;
    }
    if expert == num_experts - 1 {
        for tile in range_stepped(end_tile + unit, num_tiles, UNITS) {
            tile_experts[tile] = u32::MAX;
        }
    }
    for row in range_stepped(
        first_tile * tile_rows + count + unit,
        end_tile * tile_rows,
        UNITS,
    ) {
        rows[row] = u32::MAX;
    }

    let mut shared = Shared::<[u32]>::new_slice(comptime!(UNITS));
    let own = count_share(chosen, expert as u32, num_choices);
    let before = add_until(&mut shared, own) - own;
    let mut row = first_tile * tile_rows + before as usize;
    let share = num_choices.div_ceil(UNITS);
    let end = min((unit + 1) * share, num_choices);
    for choice in unit * share..end {
        if chosen[choice] as usize == expert {
            rows[row] = choice as u32;
            row += 1;
        }
    }
}

/// Choices that fell on `expert` among those of this unit: each has a run of equal length.
#[cube]
fn count_share(chosen: &[u32], expert: u32, num_choices: usize) -> u32 {
    let unit = UNIT_POS as usize;
    let share = num_choices.div_ceil(UNITS);
    let end = min((unit + 1) * share, num_choices);
    let mut count = 0u32;
    for choice in unit * share..end {
        count += u32::cast_from(chosen[choice] == expert);
    }
    count
}

/// The sum of `value` over the units of the cube up to this one, itself included.
#[cube]
fn add_until(shared: &mut Shared<[u32]>, value: u32) -> u32 {
    let unit = UNIT_POS as usize;
    let mut sum = value;
    shared[unit] = sum;
    sync_cube();
    #[unroll]
    for step in 0..7u32 {
        let reach = comptime!(1usize << step);
        if unit >= reach {
            sum += shared[unit - reach];
        }
        sync_cube();
        shared[unit] = sum;
        sync_cube();
    }
    sum
}

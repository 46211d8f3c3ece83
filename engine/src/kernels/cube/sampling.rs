//! The next token of each row of logits, chosen where they are.
//!
//! A row is looked at in tiles, one cube each. What a tile gives is added up by whoever needs it,
//! in the order of tiles: the same row gives the same token each time.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{
    LANES, ROWS, add_cube, empty_matrix, empty_words, largest_of_cube, tile_cubes,
};
use super::threshold;
use crate::kernels::DRAW_WORDS;
use crate::kernels::draw::place::{INVERSE_TEMPERATURE, MIN_P, TEMPERATURE, UNIT};

/// Units of a cube.
pub(super) const UNITS: usize = LANES * ROWS;
/// Logits a unit looks at.
pub(super) const EACH: usize = 8;
/// Logits of a tile.
pub(super) const TILE: usize = UNITS * EACH;
/// Below it, relative to the best, a weight is 0: e^-80 is a number on every device.
const LEAST_EXPONENT: f32 = -80.0;

/// See [`reference::choose`](crate::kernels::reference::choose). `limits`: whether any row has a
/// top-k, and whether any has a top-p; without them nothing is searched.
pub(super) fn choose(logits: CubeTensor, draws: CubeTensor, limits: [bool; 2]) -> CubeTensor {
    let (num_rows, vocab_size) = (logits.meta.shape()[0], logits.meta.shape()[1]);
    let num_tiles = vocab_size.div_ceil(TILE);
    let best = empty_matrix(&logits, num_rows, num_tiles);
    let masses = empty_matrix(&logits, num_rows, num_tiles);
    let tokens = empty_words(&logits, num_rows, 1);
    let client = logits.client.clone();
    let (cube_count, cube_dim) = tile_cubes(num_tiles, num_rows);
    best_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        logits.clone().into_buffer_arg(),
        best.clone().into_buffer_arg(),
        vocab_size,
    );
    let threshold = threshold::search(&logits, &draws, &best, limits);
    let (cube_count, cube_dim) = tile_cubes(num_tiles, num_rows);
    mass_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        logits.clone().into_buffer_arg(),
        draws.clone().into_buffer_arg(),
        best.clone().into_buffer_arg(),
        threshold.clone().into_buffer_arg(),
        masses.clone().into_buffer_arg(),
        vocab_size,
    );
    let (cube_count, cube_dim) = tile_cubes(1, num_rows);
    draw_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        logits.into_buffer_arg(),
        draws.into_buffer_arg(),
        best.into_buffer_arg(),
        threshold.into_buffer_arg(),
        masses.into_buffer_arg(),
        tokens.clone().into_buffer_arg(),
        num_tiles,
        vocab_size,
    );
    tokens
}

/// The largest logit of each tile.
#[cube(launch)]
pub(super) fn best_kernel(logits: &[f32], best: &mut [f32], vocab_size: usize) {
    let (tile, row) = (CUBE_POS_X as usize, CUBE_POS_Y as usize);
    let mut largest = f32::MIN.runtime();
    for part in 0..EACH {
        let id = tile * TILE + part * UNITS + UNIT_POS as usize;
        if id < vocab_size {
            largest = max(largest, logit_at(logits, row * vocab_size + id));
        }
    }
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let of_tile = largest_of_cube(&mut shared, largest);
    if UNIT_POS == 0 {
        best[row * CUBE_COUNT_X as usize + tile] = of_tile;
    }
}

/// What the candidates of each tile weigh together.
#[cube(launch)]
pub(super) fn mass_kernel(
    logits: &[f32],
    draws: &[u32],
    best: &[f32],
    threshold: &[u32],
    masses: &mut [f32],
    vocab_size: usize,
) {
    let (tile, row) = (CUBE_POS_X as usize, CUBE_POS_Y as usize);
    let num_tiles = CUBE_COUNT_X as usize;
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let largest = row_best(&mut shared, best, row, num_tiles);
    let mut mass = 0.0f32;
    for part in 0..EACH {
        let id = tile * TILE + part * UNITS + UNIT_POS as usize;
        if id < vocab_size {
            mass += kept_weight(logits, draws, threshold, row, id, vocab_size, largest);
        }
    }
    let sum = add_cube(&mut shared, mass);
    if UNIT_POS == 0 {
        masses[row * num_tiles + tile] = sum;
    }
}

/// Walks over the candidates in the order of their ids until the share that was drawn is reached.
#[cube(launch)]
pub(super) fn draw_kernel(
    logits: &[f32],
    draws: &[u32],
    best: &[f32],
    threshold: &[u32],
    masses: &[f32],
    tokens: &mut [u32],
    num_tiles: usize,
    vocab_size: usize,
) {
    let row = CUBE_POS_Y as usize;
    let unit = UNIT_POS as usize;
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let largest = row_best(&mut shared, best, row, num_tiles);
    let is_greedy = draw(draws, row, TEMPERATURE) <= 0.0;
    // Every unit finds the tile for itself, from the same numbers.
    let mut tile = best_tile(best, row, num_tiles, largest);
    let mut rest = 0.0f32;
    if !is_greedy {
        let wanted = mass_before(masses, row, num_tiles, num_tiles) * draw(draws, row, UNIT);
        tile = tile_at(masses, row, num_tiles, wanted);
        rest = wanted - mass_before(masses, row, num_tiles, tile);
    }
    // Neighbouring ids for one unit, so that units stand in the order of ids.
    let first = tile * TILE + unit * EACH;
    let mut own = 0.0f32;
    for part in 0..EACH {
        let id = first + part;
        if id < vocab_size {
            own += share(
                logits, draws, threshold, row, id, vocab_size, largest, is_greedy,
            );
        }
    }
    sync_cube();
    shared[unit] = own;
    sync_cube();
    if unit == 0 {
        let mut chosen = 0usize;
        let mut found = false;
        for other in 0..UNITS {
            if !found && shared[other] > 0.0 {
                for part in 0..EACH {
                    let id = tile * TILE + other * EACH + part;
                    if !found && id < vocab_size {
                        let weight = share(
                            logits, draws, threshold, row, id, vocab_size, largest, is_greedy,
                        );
                        // Where rounding leaves nothing, the last candidate stays.
                        if weight > 0.0 {
                            chosen = id;
                            found = is_greedy || rest < weight;
                            rest -= weight;
                        }
                    }
                }
            }
        }
        tokens[row] = chosen as u32;
    }
}

/// The first tile with the largest logit of its row.
#[cube]
fn best_tile(best: &[f32], row: usize, num_tiles: usize, largest: f32) -> usize {
    let mut tile = 0usize;
    let mut found = false;
    for index in 0..num_tiles {
        if !found && best[row * num_tiles + index] >= largest {
            found = true;
            tile = index;
        }
    }
    tile
}

/// What the tiles before `end` weigh.
#[cube]
fn mass_before(masses: &[f32], row: usize, num_tiles: usize, end: usize) -> f32 {
    let mut total = 0.0f32;
    for index in 0..end {
        total += masses[row * num_tiles + index];
    }
    total
}

/// The tile at which `wanted` is reached; where rounding falls short of it, the last one with a
/// candidate.
#[cube]
fn tile_at(masses: &[f32], row: usize, num_tiles: usize, wanted: f32) -> usize {
    let mut tile = 0usize;
    let mut found = false;
    let mut total = 0.0f32;
    for index in 0..num_tiles {
        let mass = masses[row * num_tiles + index];
        total += mass;
        if !found && mass > 0.0 {
            tile = index;
            found = wanted < total;
        }
    }
    tile
}

/// The weight of a candidate; of the largest logits alone, if the draw is greedy.
#[cube]
fn share(
    logits: &[f32],
    draws: &[u32],
    threshold: &[u32],
    row: usize,
    id: usize,
    vocab_size: usize,
    largest: f32,
    is_greedy: bool,
) -> f32 {
    let mut weight = best_mark(logit_at(logits, row * vocab_size + id), largest);
    if !is_greedy {
        weight = kept_weight(logits, draws, threshold, row, id, vocab_size, largest);
    }
    weight
}

/// 1 where a logit is the largest of its row.
#[cube]
fn best_mark(logit: f32, largest: f32) -> f32 {
    select(logit >= largest, 1.0f32, 0.0f32)
}

/// The largest logit of a row, for every unit.
#[cube]
pub(super) fn row_best(
    shared: &mut Shared<[f32]>,
    best: &[f32],
    row: usize,
    num_tiles: usize,
) -> f32 {
    let mut largest = f32::MIN.runtime();
    for tile in range_stepped(UNIT_POS as usize, num_tiles, UNITS) {
        largest = max(largest, best[row * num_tiles + tile]);
    }
    largest_of_cube(shared, largest)
}

/// A logit with a finite value: one that is not a number is impossible.
#[cube]
pub(super) fn logit_at(logits: &[f32], place: usize) -> f32 {
    let logit = logits[place];
    let bits = u32::reinterpret(logit);
    let magnitude = bits & 0x7fff_ffff;
    let is_endless = magnitude >= 0x7f80_0000;
    let is_largest = bits == 0x7f80_0000;
    let edge = select(is_largest, f32::MAX.runtime(), f32::MIN.runtime());
    select(is_endless, edge, logit)
}

/// Number `index` of a row's draw, see [`DRAW_WORDS`].
#[cube]
pub(super) fn draw(draws: &[u32], row: usize, #[comptime] index: usize) -> f32 {
    f32::reinterpret(draws[row * DRAW_WORDS + index])
}

/// Probability relative to the best token's; 0 below min-p of it.
#[cube]
pub(super) fn weight_of(logit: f32, largest: f32, draws: &[u32], row: usize) -> f32 {
    let exponent = (logit - largest) * draw(draws, row, INVERSE_TEMPERATURE);
    let mut weight = 0.0f32;
    if exponent > LEAST_EXPONENT {
        weight = exponent.exp();
    }
    if weight < draw(draws, row, MIN_P) {
        weight = 0.0f32;
    }
    weight
}

/// The same, and 0 behind the threshold of the row: first a key, then the last id with that key.
#[cube]
pub(super) fn kept_weight(
    logits: &[f32],
    draws: &[u32],
    threshold: &[u32],
    row: usize,
    id: usize,
    vocab_size: usize,
    largest: f32,
) -> f32 {
    let logit = logit_at(logits, row * vocab_size + id);
    let key = threshold::key(logit);
    let (last_key, last_id) = (threshold[row * 2], threshold[row * 2 + 1]);
    let mut weight = weight_of(logit, largest, draws, row);
    if key < last_key || (key == last_key && id as u32 > last_id) {
        weight = 0.0f32;
    }
    weight
}

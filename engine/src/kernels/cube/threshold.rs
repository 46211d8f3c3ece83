//! The last token that top-k and top-p keep, without sorting.
//!
//! Tokens stand in an order: larger logits first, of equal ones lower ids first. Its place in it is
//! a number of 13 digits to the base 16: eight of the logit, five of the id. The digits of the
//! token at which a count or a mass is reached are found one after the other.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{empty_matrix, empty_words, tile_cubes};
use super::sampling::{EACH, TILE, UNITS, draw, kept_weight, logit_at, row_best};
use crate::kernels::DRAW_WORDS;
use crate::kernels::draw::place::{TOP_K, TOP_P};

/// Digits of a logit.
const KEY_DIGITS: u32 = 8;
/// Digits of an id: vocabularies have less than 2^20 tokens.
const ID_DIGITS: u32 = 5;
const DIGITS: usize = 16;
/// Units that add up what belongs to one digit.
const ADDERS: usize = UNITS / DIGITS;
/// Words of a search: digits of the logit, digits of the id, what is before them, how much is
/// wanted, and whether there is anything to be found.
const STATE: usize = 5;

/// For each row the logit's key and the id of the last token that is kept: `[num_rows, 2]`.
pub(super) fn search(
    logits: &CubeTensor,
    draws: &CubeTensor,
    best: &CubeTensor,
    limits: [bool; 2],
) -> CubeTensor {
    let (num_rows, vocab_size) = (logits.meta.shape()[0], logits.meta.shape()[1]);
    let num_tiles = best.meta.shape()[1];
    let client = logits.client.clone();
    let threshold = empty_words(logits, num_rows, 2);
    let state = empty_words(logits, num_rows, STATE);
    let sums = empty_matrix(logits, num_rows * num_tiles, DIGITS);
    let (cube_count, cube_dim) = tile_cubes(1, num_rows);
    keep_all_kernel::launch(
        &client,
        cube_count,
        cube_dim,
        threshold.clone().into_buffer_arg(),
    );
    for (is_count, _) in [true, false]
        .into_iter()
        .zip(limits)
        .filter(|(_, asked)| *asked)
    {
        for level in 0..KEY_DIGITS + ID_DIGITS {
            let (cube_count, cube_dim) = tile_cubes(num_tiles, num_rows);
            digit_kernel::launch(
                &client,
                cube_count,
                cube_dim,
                logits.clone().into_buffer_arg(),
                draws.clone().into_buffer_arg(),
                best.clone().into_buffer_arg(),
                threshold.clone().into_buffer_arg(),
                state.clone().into_buffer_arg(),
                sums.clone().into_buffer_arg(),
                vocab_size,
                is_count,
                level,
            );
            let (cube_count, cube_dim) = tile_cubes(1, num_rows);
            narrow_kernel::launch(
                &client,
                cube_count,
                cube_dim,
                draws.clone().into_buffer_arg(),
                sums.clone().into_buffer_arg(),
                state.clone().into_buffer_arg(),
                threshold.clone().into_buffer_arg(),
                num_tiles,
                is_count,
                level,
            );
        }
    }
    threshold
}

/// The threshold behind which nothing is.
#[cube(launch)]
pub(super) fn keep_all_kernel(threshold: &mut [u32]) {
    if UNIT_POS < 2 {
        let last = select(UNIT_POS == 0, 0u32, u32::MAX.runtime());
        threshold[(CUBE_POS_Y * 2 + UNIT_POS) as usize] = last;
    }
}

/// A number that is the larger, the larger the logit is.
#[cube]
pub(super) fn key(logit: f32) -> u32 {
    let bits = u32::reinterpret(logit);
    select(bits >= 0x8000_0000, !bits, bits | 0x8000_0000)
}

/// Adds up, for each value of the next digit, what those tokens of a tile bring that have the
/// digits found so far.
#[cube(launch)]
pub(super) fn digit_kernel(
    logits: &[f32],
    draws: &[u32],
    best: &[f32],
    threshold: &[u32],
    state: &[u32],
    sums: &mut [f32],
    vocab_size: usize,
    #[comptime] is_count: bool,
    #[comptime] level: u32,
) {
    let (tile, row) = (CUBE_POS_X as usize, CUBE_POS_Y as usize);
    let num_tiles = CUBE_COUNT_X as usize;
    let unit = UNIT_POS as usize;
    let mut shared = Shared::<[f32]>::new_slice(UNITS);
    let largest = row_best(&mut shared, best, row, num_tiles);
    let mut digits = Shared::<[u32]>::new_slice(TILE);
    let mut brought = Shared::<[f32]>::new_slice(TILE);
    for part in 0..EACH {
        let place = part * UNITS + unit;
        let id = tile * TILE + place;
        let mut digit = 0u32;
        let mut weight = 0.0f32;
        if id < vocab_size {
            let key = key(logit_at(logits, row * vocab_size + id));
            // Lower ids come first, so their digits count downwards.
            let rank = comptime!((1u32 << (4 * ID_DIGITS)) - 1) - id as u32;
            let mut is_here = true;
            if comptime!(level > 0 && level <= KEY_DIGITS) {
                is_here =
                    key >> comptime!(4 * (KEY_DIGITS - min_digits(level))) == state[row * STATE];
            }
            if comptime!(level > KEY_DIGITS) {
                let found = rank >> comptime!(4 * (ID_DIGITS + KEY_DIGITS - max_digits(level)));
                is_here = key == state[row * STATE] && found == state[row * STATE + 1];
            }
            if comptime!(level < KEY_DIGITS) {
                digit = (key >> comptime!(key_shift(level))) & 15;
            } else {
                digit = (rank >> comptime!(id_shift(level))) & 15;
            }
            if is_here {
                weight = kept_weight(logits, draws, threshold, row, id, vocab_size, largest);
                if comptime!(is_count) && weight > 0.0 {
                    weight = 1.0f32;
                }
            }
        }
        digits[place] = digit;
        brought[place] = weight;
    }
    sync_cube();
    let own_digit = (unit / ADDERS) as u32;
    let mut sum = 0.0f32;
    for place in range_stepped(unit % ADDERS, TILE, ADDERS) {
        if digits[place] == own_digit {
            sum += brought[place];
        }
    }
    shared[unit] = sum;
    sync_cube();
    if unit < DIGITS {
        let mut total = 0.0f32;
        for adder in 0..ADDERS {
            total += shared[unit * ADDERS + adder];
        }
        sums[(row * num_tiles + tile) * DIGITS + unit] = total;
    }
}

fn min_digits(level: u32) -> u32 {
    level.min(KEY_DIGITS)
}

fn max_digits(level: u32) -> u32 {
    level.max(KEY_DIGITS)
}

/// Bits behind a digit of the logit's key.
fn key_shift(level: u32) -> u32 {
    4 * (KEY_DIGITS - 1).saturating_sub(level)
}

/// Bits behind a digit of the id.
fn id_shift(level: u32) -> u32 {
    4 * (KEY_DIGITS + ID_DIGITS - 1 - level.max(KEY_DIGITS))
}

/// Finds the digit at which the wanted count or mass is reached.
#[cube(launch)]
pub(super) fn narrow_kernel(
    draws: &[u32],
    sums: &[f32],
    state: &mut [u32],
    threshold: &mut [u32],
    num_tiles: usize,
    #[comptime] is_count: bool,
    #[comptime] level: u32,
) {
    let row = CUBE_POS_Y as usize;
    let unit = UNIT_POS as usize;
    let mut totals = Shared::<[f32]>::new_slice(DIGITS);
    if unit < DIGITS {
        let mut total = 0.0f32;
        for tile in 0..num_tiles {
            total += sums[(row * num_tiles + tile) * DIGITS + unit];
        }
        totals[unit] = total;
    }
    sync_cube();
    if unit == 0 {
        let first = row * STATE;
        if comptime!(level == 0) {
            let mut all = 0.0f32;
            for digit in 0..DIGITS {
                all += totals[digit];
            }
            let mut wanted = all * draw(draws, row, TOP_P);
            let mut is_limited = draw(draws, row, TOP_P) < 1.0;
            if comptime!(is_count) {
                let top_k = draws[row * DRAW_WORDS + TOP_K];
                wanted = f32::cast_from(top_k);
                is_limited = top_k > 0 && wanted < all;
            }
            state[first] = 0u32;
            state[first + 1] = 0u32;
            state[first + 2] = u32::reinterpret(0.0f32.runtime());
            state[first + 3] = u32::reinterpret(wanted);
            state[first + 4] = select(is_limited, 1u32, 0u32);
        }
        let wanted = f32::reinterpret(state[first + 3]);
        let mut before = f32::reinterpret(state[first + 2]);
        let mut found = false;
        let mut best_digit = 0u32;
        let mut before_digit = before;
        for step in 0..DIGITS {
            // Larger digits come first.
            let digit = comptime!(DIGITS - 1) - step;
            let total = totals[digit];
            if !found && total > 0.0 {
                // Where rounding falls short of it, the last digit with a token stays.
                best_digit = digit as u32;
                before_digit = before;
                found = before + total >= wanted;
                before += total;
            }
        }
        state[first + 2] = u32::reinterpret(before_digit);
        if comptime!(level < KEY_DIGITS) {
            state[first] = state[first] * 16 + best_digit;
        } else {
            state[first + 1] = state[first + 1] * 16 + best_digit;
        }
        if comptime!(level == KEY_DIGITS + ID_DIGITS - 1) && state[first + 4] == 1 {
            threshold[row * 2] = state[first];
            threshold[row * 2 + 1] = comptime!((1u32 << (4 * ID_DIGITS)) - 1) - state[first + 1];
        }
    }
}

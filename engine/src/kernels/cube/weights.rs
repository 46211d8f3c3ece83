//! Weight matrices as kernels see them: values are decoded where they are used, never expanded.
//!
//! A matrix lies in [planes](super::planes), so that codes stand at whole words.

use cubecl::prelude::*;

use super::launch::LANES;
use crate::layout::{BLOCK_LENGTH, LINEAR_TABLE, LayoutKind};

/// Value `column` of `row`; `num_rows` are those of the whole matrix or stack.
#[cube]
pub(super) fn value_at(
    weight: &[u32],
    row: usize,
    column: usize,
    num_rows: usize,
    in_features: usize,
    #[comptime] kind: LayoutKind,
) -> f32 {
    let num_blocks = in_features / BLOCK_LENGTH;
    let block = row * num_blocks + column / BLOCK_LENGTH;
    let within = column % BLOCK_LENGTH;
    if comptime!(matches!(kind, LayoutKind::Dense)) {
        f32::reinterpret(weight[row * in_features + column])
    } else if comptime!(matches!(kind, LayoutKind::Bf16)) {
        bf16_at(weight, row * in_features + column)
    } else if comptime!(matches!(kind, LayoutKind::Bytes)) {
        let word = weight[block * 8 + within / 4];
        let scale = half_at(weight, num_rows * num_blocks * 16 + block);
        scale * signed_byte(word >> ((within % 4) as u32 * 8))
    } else {
        let word = weight[block * 4 + within % 16 / 4];
        let code = (word >> ((within % 4 * 8 + within / 16 * 4) as u32)) & 15;
        let scale = block_scale(weight, block, num_rows * num_blocks, kind);
        let minimum = block_minimum(weight, block, num_rows * num_blocks, kind);
        scale * table_value(code, kind) + minimum
    }
}

/// Adds to `sums` what the columns of one lane bring to the products of weight `row` with rows of
/// `input`. Lane `l` of [`LANES`] takes the blocks `l`, `l + LANES`, and so on; of
/// plain floats the columns.
///
/// `offsets`: where in `input` each of the rows begins.
#[cube]
pub(super) fn multiply_row(
    input: &[f32],
    weight: &[u32],
    sums: &mut Array<f32>,
    offsets: &Array<usize>,
    row: usize,
    num_rows: usize,
    in_features: usize,
    lane: usize,
    #[comptime] kind: LayoutKind,
    #[comptime] num_inputs: usize,
) {
    if comptime!(kind.is_float()) {
        for column in range_stepped(lane, in_features, LANES) {
            let value = value_at(weight, row, column, num_rows, in_features, kind);
            #[unroll]
            for index in 0..num_inputs {
                sums[index] += value * input[offsets[index] + column];
            }
        }
    } else {
        let num_blocks = in_features / BLOCK_LENGTH;
        let all_blocks = num_rows * num_blocks;
        for within in range_stepped(lane, num_blocks, LANES) {
            let block = row * num_blocks + within;
            let first = within * BLOCK_LENGTH;
            if comptime!(matches!(kind, LayoutKind::Bytes)) {
                let scale = half_at(weight, all_blocks * 16 + block);
                for word in 0..8usize {
                    let codes = weight[block * 8 + word];
                    #[unroll]
                    for byte in 0..4usize {
                        let value = scale * signed_byte(codes >> ((byte * 8) as u32));
                        #[unroll]
                        for index in 0..num_inputs {
                            sums[index] += value * input[offsets[index] + first + word * 4 + byte];
                        }
                    }
                }
            } else {
                let scale = block_scale(weight, block, all_blocks, kind);
                let minimum = block_minimum(weight, block, all_blocks, kind);
                for word in 0..4usize {
                    let codes = weight[block * 4 + word];
                    #[unroll]
                    for byte in 0..4usize {
                        let shift = (byte * 8) as u32;
                        let low = scale * table_value((codes >> shift) & 15, kind) + minimum;
                        let high = scale * table_value((codes >> (shift + 4)) & 15, kind) + minimum;
                        #[unroll]
                        for index in 0..num_inputs {
                            let place = offsets[index] + first + word * 4 + byte;
                            sums[index] += low * input[place] + high * input[place + 16];
                        }
                    }
                }
            }
        }
    }
}

/// Values that [`decode_half`] decodes.
pub(super) const HALF_BLOCK: usize = BLOCK_LENGTH / 2;

/// Decodes half of a block of weight `row`, as it lies together in memory: of the values 0 to 7 and
/// 16 to 23 the first `half` is made, and the second of the others, in ascending order.
///
/// Behind the last column there are zeros.
#[cube]
pub(super) fn decode_half(
    weight: &[u32],
    values: &mut Array<f32>,
    row: usize,
    block: usize,
    half: usize,
    num_rows: usize,
    in_features: usize,
    #[comptime] kind: LayoutKind,
) {
    let num_blocks = in_features / BLOCK_LENGTH;
    let all_blocks = num_rows * num_blocks;
    let place = row * num_blocks + block;
    if comptime!(kind.is_float()) {
        #[unroll]
        for index in 0..HALF_BLOCK {
            let column = block * BLOCK_LENGTH + index / 8 * 16 + half * 8 + index % 8;
            values[index] = 0.0;
            if column < in_features {
                values[index] = value_at(weight, row, column, num_rows, in_features, kind);
            }
        }
    } else if comptime!(matches!(kind, LayoutKind::Bytes)) {
        let scale = half_at(weight, all_blocks * 16 + place);
        #[unroll]
        for word in 0..4usize {
            let codes = weight[place * 8 + word / 2 * 4 + half * 2 + word % 2];
            #[unroll]
            for byte in 0..4usize {
                values[word * 4 + byte] = scale * signed_byte(codes >> ((byte * 8) as u32));
            }
        }
    } else {
        let scale = block_scale(weight, place, all_blocks, kind);
        let minimum = block_minimum(weight, place, all_blocks, kind);
        #[unroll]
        for word in 0..2usize {
            let codes = weight[place * 4 + half * 2 + word];
            #[unroll]
            for byte in 0..4usize {
                let low = table_value((codes >> ((byte * 8) as u32)) & 15, kind);
                let high = table_value((codes >> ((byte * 8 + 4) as u32)) & 15, kind);
                values[word * 4 + byte] = scale * low + minimum;
                values[word * 4 + byte + 8] = scale * high + minimum;
            }
        }
    }
}

/// What a 4-bit code means, before scale and minimum.
#[cube]
fn table_value(code: u32, #[comptime] kind: LayoutKind) -> f32 {
    if comptime!(matches!(kind, LayoutKind::Mxfp4)) {
        let magnitude = code & 7;
        // One exponent's width up, the bits are those of a normal f32; only 0 and 1/2 are not.
        let normal = f32::reinterpret((magnitude << 22) + 0x3f00_0000);
        let value = select(magnitude < 2, f32::cast_from(magnitude) * 0.5, normal);
        select(code >= 8, -value, value)
    } else if comptime!(is_linear(kind)) {
        f32::cast_from(code)
    } else {
        // The table as four constants: nothing to read, nothing to index.
        let low = select(
            code < 4,
            comptime!(table_word(kind, 0)),
            comptime!(table_word(kind, 1)),
        );
        let high = select(
            code < 12,
            comptime!(table_word(kind, 2)),
            comptime!(table_word(kind, 3)),
        );
        let word = select(code < 8, low, high);
        f32::cast_from((word >> ((code & 3) * 8)) & 255)
    }
}

fn is_linear(kind: LayoutKind) -> bool {
    kind == LayoutKind::Nibbles {
        table: LINEAR_TABLE,
    }
}

/// Four values of a table, the first in the lowest byte; they are not negative.
fn table_word(kind: LayoutKind, index: usize) -> u32 {
    match kind {
        LayoutKind::Nibbles { table } => {
            let bytes = [0, 1, 2, 3].map(|byte| table[index * 4 + byte].cast_unsigned());
            u32::from_le_bytes(bytes)
        }
        _ => 0,
    }
}

/// Scale of a block of 4-bit codes, behind all codes.
#[cube]
fn block_scale(
    weight: &[u32],
    block: usize,
    all_blocks: usize,
    #[comptime] kind: LayoutKind,
) -> f32 {
    if comptime!(matches!(kind, LayoutKind::Mxfp4)) {
        let word = weight[all_blocks * 4 + block / 4];
        // 2^-127 is below what every device can hold: such a block is 0 here.
        f32::reinterpret(((word >> ((block % 4) as u32 * 8)) & 255) << 23)
    } else {
        half_at(weight, all_blocks * 8 + block)
    }
}

/// Minimum of a block of 4-bit codes, behind all scales.
#[cube]
fn block_minimum(
    weight: &[u32],
    block: usize,
    all_blocks: usize,
    #[comptime] kind: LayoutKind,
) -> f32 {
    if comptime!(matches!(kind, LayoutKind::Mxfp4)) {
        0.0f32.runtime()
    } else {
        half_at(weight, all_blocks * 9 + block)
    }
}

/// The lowest byte as a number from -128 to 127: not every device has bytes.
#[cube]
fn signed_byte(bits: u32) -> f32 {
    f32::cast_from((bits & 255) ^ 128) - 128.0
}

#[cube]
fn bf16_at(words: &[u32], index: usize) -> f32 {
    f32::reinterpret(((words[index / 2] >> ((index % 2) as u32 * 16)) & 0xffff) << 16)
}

/// The f16 of a number among halves, decoded by hand: not every device has f16 buffers.
#[cube]
fn half_at(words: &[u32], index: usize) -> f32 {
    let bits = (words[index / 2] >> ((index % 2) as u32 * 16)) & 0xffff;
    let exponent = (bits >> 10) & 31;
    let mantissa = bits & 1023;
    let small = f32::cast_from(mantissa) * 5.960_464_5e-8;
    let normal = f32::reinterpret(((exponent + 112) << 23) | (mantissa << 13));
    let magnitude = select(exponent == 0, small, normal);
    select(bits >= 0x8000, -magnitude, magnitude)
}

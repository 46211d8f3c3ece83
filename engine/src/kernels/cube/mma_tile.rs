//! A tile of products on tensor cores: bf16 factors, added in f32.
//!
//! A cube makes [`TILE_ROWS`] rows. Each of its planes makes all of them for [`PLANE_COLUMNS`]
//! columns, whose weights its own units decode: one row of the weights a unit, block by block.
//! Weights of 4-bit floats lose nothing as bf16.

use cubecl::prelude::*;
use half::bf16;

use super::launch::{LANES, ROWS};
use super::weights::{HALF_BLOCK, decode_half};
use crate::layout::{BLOCK_LENGTH, LayoutKind};

/// Rows of a tile: choices of one expert.
pub(super) const TILE_ROWS: usize = 64;
/// Planes of a cube.
pub(super) const PLANES: usize = ROWS;
/// Columns of a plane: one a unit.
pub(super) const PLANE_COLUMNS: usize = LANES;
/// Height, width and depth of what the tensor cores multiply at once.
pub(super) const FRAGMENT: usize = 16;
/// Fragments below each other in a tile.
pub(super) const FRAGMENTS_DOWN: usize = TILE_ROWS / FRAGMENT;
/// Values that are written to shared memory at once: 16 bytes.
const PACK: usize = 8;
/// Packs of a block.
const PACKS: usize = BLOCK_LENGTH / PACK;
/// Packs from a row in shared memory to the next. With one left free, eight rows that are read or
/// written together use different banks.
const STRIDE: usize = PACKS + 1;
/// The same in values, as the tensor cores are told.
const VALUE_STRIDE: u32 = (STRIDE * PACK) as u32;
/// Bytes that a fragment's memory is aligned to (CUDA C++ Programming Guide, warp matrix
/// functions).
const ALIGNMENT: usize = 32;
/// Rows of activations that one unit fetches a pack of.
pub(super) const FETCHED: usize = TILE_ROWS * PACKS / (PLANES * LANES);

/// Four neighbouring activations: 16 bytes are read at once.
pub(super) type Quad = Vector<f32, Const<4>>;
type Pack = Vector<bf16, Const<8>>;

/// The choice that row `row` of this cube's tile computes.
#[cube]
pub(super) fn choice_at(rows: &[u32], row: usize) -> u32 {
    rows[CUBE_POS_Y as usize * TILE_ROWS + row]
}

/// The choice whose activations this unit fetches as its `index`th.
#[cube]
pub(super) fn fetched_choice(rows: &[u32], index: usize) -> u32 {
    choice_at(
        rows,
        UNIT_POS as usize / PACKS + index * (TILE_ROWS / FETCHED),
    )
}

/// A tile of products: [`FRAGMENTS_DOWN`] times two fragments of this plane. `offsets`: where the
/// rows begin that this unit fetches; `row`: the row of the weights that this unit decodes. All
/// units of the cube must come here.
#[cube]
pub(super) fn multiply_tile(
    input: &[Quad],
    weight: &[u32],
    offsets: &Array<usize>,
    row: usize,
    num_rows: usize,
    in_features: usize,
    #[comptime] kind: LayoutKind,
) -> Sequence<cmma::Matrix<f32>> {
    let unit = UNIT_POS as usize;
    let mut inputs = Shared::<[Pack]>::new_aligned_slice(comptime!(TILE_ROWS * STRIDE), ALIGNMENT);
    let mut weights =
        Shared::<[Pack]>::new_aligned_slice(comptime!(PLANES * PLANE_COLUMNS * STRIDE), ALIGNMENT);
    let mut sums = Sequence::<cmma::Matrix<f32>>::new();
    #[unroll]
    for _ in 0..FRAGMENTS_DOWN * 2 {
        sums.push(cmma::Matrix::<f32>::from_value(
            cmma::MatrixIdent::Accumulator,
            FRAGMENT,
            FRAGMENT,
            FRAGMENT,
            cmma::MatrixLayout::Undefined,
            0.0,
        ));
    }
    for block in 0..in_features / BLOCK_LENGTH {
        #[unroll]
        for index in 0..FETCHED {
            let pack = unit % PACKS;
            let place = (offsets[index] + block * BLOCK_LENGTH + pack * PACK) / 4;
            let row = unit / PACKS + index * (TILE_ROWS / FETCHED);
            inputs[row * STRIDE + pack] = pack_of(input[place], input[place + 1]);
        }
        #[unroll]
        for half in 0..2usize {
            let mut values = Array::<f32>::new(HALF_BLOCK);
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
            let (mut low, mut high) = (Pack::empty(), Pack::empty());
            #[unroll]
            for index in 0..PACK {
                low.insert(index, bf16::cast_from(values[index]));
                high.insert(index, bf16::cast_from(values[index + PACK]));
            }
            weights[unit * STRIDE + half] = low;
            weights[unit * STRIDE + half + 2] = high;
        }
        sync_cube();
        add_block(&inputs, &weights, &sums);
        // Nobody writes the next block while this one is read.
        sync_cube();
    }
    sums
}

#[cube]
fn pack_of(first: Quad, second: Quad) -> Pack {
    let mut pack = Pack::empty();
    #[unroll]
    for index in 0..4usize {
        pack.insert(index, bf16::cast_from(first.extract(index)));
        pack.insert(index + 4, bf16::cast_from(second.extract(index)));
    }
    pack
}

/// Adds the products of one block of features, a fragment's depth at a time.
#[cube]
fn add_block(
    inputs: &Shared<[Pack]>,
    weights: &Shared<[Pack]>,
    sums: &Sequence<cmma::Matrix<f32>>,
) {
    let first = UNIT_POS_Y as usize * PLANE_COLUMNS;
    #[unroll]
    for step in 0..BLOCK_LENGTH / FRAGMENT {
        let depth = step * (FRAGMENT / PACK);
        let left = weights_at(weights, first * STRIDE + depth);
        let right = weights_at(weights, (first + FRAGMENT) * STRIDE + depth);
        #[unroll]
        for down in 0..FRAGMENTS_DOWN {
            let begin = down * FRAGMENT * STRIDE + depth;
            let rows = cmma::Matrix::<Pack>::from_slice(
                cmma::MatrixIdent::A,
                FRAGMENT,
                FRAGMENT,
                FRAGMENT,
                cmma::MatrixLayout::RowMajor,
                &inputs[begin..inputs.len()],
                VALUE_STRIDE,
            );
            cmma::execute(&rows, &left, &sums[down * 2], &sums[down * 2]);
            cmma::execute(&rows, &right, &sums[down * 2 + 1], &sums[down * 2 + 1]);
        }
    }
}

/// Sixteen rows of the weights from `begin` on, as the right side of a product.
#[cube]
fn weights_at(weights: &Shared<[Pack]>, begin: usize) -> cmma::Matrix<Pack> {
    cmma::Matrix::<Pack>::from_slice(
        cmma::MatrixIdent::B,
        FRAGMENT,
        FRAGMENT,
        FRAGMENT,
        cmma::MatrixLayout::ColMajor,
        &weights[begin..weights.len()],
        VALUE_STRIDE,
    )
}

/// Room for one row of fragments of each plane: only the tensor cores know which unit holds what.
#[cube]
pub(super) fn new_stage() -> Shared<[f32]> {
    Shared::<[f32]>::new_aligned_slice(comptime!(PLANES * FRAGMENT * PLANE_COLUMNS), ALIGNMENT)
}

/// Where the stage has a value of this plane.
#[cube]
pub(super) fn stage_place(row: usize, column: usize) -> usize {
    (UNIT_POS_Y as usize * FRAGMENT + row) * PLANE_COLUMNS + column
}

/// Puts the fragments of row `down` on the stage. All units of the cube must come here.
#[cube]
pub(super) fn store_row(
    stage: &mut Shared<[f32]>,
    sums: &Sequence<cmma::Matrix<f32>>,
    #[comptime] down: usize,
) {
    let end = stage.len();
    #[unroll]
    for index in 0..2usize {
        cmma::store(
            &mut stage[stage_place(0, index * FRAGMENT)..end],
            &sums[down * 2 + index],
            PLANE_COLUMNS as u32,
            cmma::MatrixLayout::RowMajor,
        );
    }
    sync_cube();
}

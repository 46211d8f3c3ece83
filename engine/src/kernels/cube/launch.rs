//! What launches share: where results go, how many cubes there are, how units add.

use burn::tensor::{DType, Shape};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

/// Units that work on one row together. Not the size of a plane: that differs between devices, and
/// nothing here depends on it.
pub(super) const LANES: usize = 32;
/// Rows of a cube.
pub(super) const ROWS: usize = 4;
/// Units of a cube where each works alone.
const UNITS: u32 = 64;
/// Cubes along one axis: every device allows as many.
const MAX_CUBES: usize = 32_768;

/// A new matrix of f32 beside `tensor`, not written yet.
pub(super) fn empty_matrix(tensor: &CubeTensor, num_rows: usize, num_columns: usize) -> CubeTensor {
    empty(tensor, [num_rows, num_columns], DType::F32)
}

/// The same of whole numbers.
pub(super) fn empty_words(tensor: &CubeTensor, num_rows: usize, num_columns: usize) -> CubeTensor {
    empty(tensor, [num_rows, num_columns], DType::U32)
}

fn empty(tensor: &CubeTensor, shape: [usize; 2], dtype: DType) -> CubeTensor {
    let handle = tensor.client.empty(shape[0] * shape[1] * size_of::<u32>());
    let (client, device) = (tensor.client.clone(), tensor.device.clone());
    CubeTensor::new_contiguous(client, device, Shape::new(shape), handle, dtype)
}

/// Cubes that together have at least `num_units` units.
pub(super) fn cubes(num_units: usize) -> (CubeCount, CubeDim) {
    let num_cubes = num_units.div_ceil(UNITS as usize).max(1);
    let width = num_cubes.min(MAX_CUBES);
    let count = CubeCount::Static(narrow(width), narrow(num_cubes.div_ceil(width)), 1);
    (count, CubeDim::new_1d(UNITS))
}

/// Cubes of [`ROWS`] rows along the first axis, `height` along the second.
///
/// # Panics
/// If there are more than any device has cubes for: 131,072 times the rows of a cube.
pub(super) fn row_cubes(num_rows: usize, height: usize) -> (CubeCount, CubeDim) {
    let width = num_rows.div_ceil(ROWS);
    assert!(width < 1 << 16 && height < 1 << 16, "a matrix of that size");
    let count = CubeCount::Static(narrow(width), narrow(height), 1);
    (count, CubeDim::new_2d(narrow(LANES), narrow(ROWS)))
}

/// One cube of [`LANES`] times [`ROWS`] units for each of `num_rows` rows.
pub(super) fn whole_cubes(num_rows: usize) -> (CubeCount, CubeDim) {
    let width = num_rows.clamp(1, MAX_CUBES);
    let count = CubeCount::Static(narrow(width), narrow(num_rows.div_ceil(width)), 1);
    (count, CubeDim::new_2d(narrow(LANES), narrow(ROWS)))
}

/// One cube of [`LANES`] times [`ROWS`] units for each tile of each row.
pub(super) fn tile_cubes(num_tiles: usize, num_rows: usize) -> (CubeCount, CubeDim) {
    let count = CubeCount::Static(narrow(num_tiles), narrow(num_rows), 1);
    (count, CubeDim::new_2d(narrow(LANES), narrow(ROWS)))
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).expect("invariant: a launch has less than 2^32 cubes")
}

/// The sum of `value` over the lanes of a row, for its lane 0. All units of the cube must come
/// here. `shared` has room for [`LANES`] times [`ROWS`] values.
#[cube]
pub(super) fn add_lanes(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    let place = (UNIT_POS_Y * CUBE_DIM_X + UNIT_POS_X) as usize;
    shared[place] = value;
    sync_cube();
    #[unroll]
    for step in 0..5u32 {
        let reach = comptime!(LANES >> (step + 1));
        if (UNIT_POS_X as usize) < reach {
            shared[place] = shared[place] + shared[place + reach];
        }
        sync_cube();
    }
    let sum = shared[place];
    // The next use begins when everybody has read.
    sync_cube();
    sum
}

/// The sum of `value` over all units of the cube, for every one of them.
#[cube]
pub(super) fn add_cube(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    let place = (UNIT_POS_Y * CUBE_DIM_X + UNIT_POS_X) as usize;
    shared[place] = value;
    sync_cube();
    #[unroll]
    for step in 0..7u32 {
        let reach = comptime!((LANES * ROWS) >> (step + 1));
        if place < reach {
            shared[place] = shared[place] + shared[place + reach];
        }
        sync_cube();
    }
    let sum = shared[0];
    sync_cube();
    sum
}

/// The largest `value` of all units of the cube, for every one of them.
#[cube]
pub(super) fn largest_of_cube(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    let place = (UNIT_POS_Y * CUBE_DIM_X + UNIT_POS_X) as usize;
    shared[place] = value;
    sync_cube();
    #[unroll]
    for step in 0..7u32 {
        let reach = comptime!((LANES * ROWS) >> (step + 1));
        if place < reach {
            shared[place] = max(shared[place], shared[place + reach]);
        }
        sync_cube();
    }
    let largest = shared[0];
    sync_cube();
    largest
}

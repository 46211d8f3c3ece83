//! The operations for GPUs: plain `CubeCL`, one output value (or pair, or row) a unit.
//!
//! These are the readable twins of faster kernels to come; they use no shared memory and no plane
//! operations, so they run on every device `CubeCL` has. Threads and precision of the
//! [`KernelContext`] are of no use here: activations stay f32.

mod attention;
mod experts;
mod floats;
mod weights;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::CubeDim;
use cubecl::prelude::CubeCount;

use super::{AttentionShape, ExpertPlan, KernelContext, Kernels};
use crate::layout::MatrixLayout;

/// Units of a cube.
const UNITS: u32 = 64;
/// Cubes along one axis: every device allows as many.
const MAX_CUBES: u32 = 32_768;

impl Kernels for CubeBackend {
    fn embedding(
        _context: &KernelContext,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
        tokens: &[u32],
    ) -> FloatTensor<Self> {
        weights::embedding(&weight, &layout, tokens)
    }

    fn quantized_matmul(
        _context: &KernelContext,
        input: FloatTensor<Self>,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
    ) -> FloatTensor<Self> {
        weights::matmul(into_contiguous(input), weight, &layout)
    }

    fn rms_norm(
        _context: &KernelContext,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        floats::rms_norm(into_contiguous(input), into_contiguous(weight), epsilon)
    }

    fn rope_and_cache_write(
        qkv: FloatTensor<Self>,
        rotations: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        shape: AttentionShape,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (qkv, rotations) = (into_contiguous(qkv), into_contiguous(rotations));
        attention::rope_and_cache_write(qkv, rotations, (keys, values), &shape)
    }

    fn attention(
        _context: &KernelContext,
        query: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        shape: AttentionShape,
    ) -> FloatTensor<Self> {
        let (query, sinks) = (into_contiguous(query), into_contiguous(sinks));
        attention::attention(query, (keys, values), sinks, &shape)
    }

    fn swiglu(_context: &KernelContext, gate_up: FloatTensor<Self>) -> FloatTensor<Self> {
        floats::swiglu(into_contiguous(gate_up))
    }

    fn experts(
        _context: &KernelContext,
        input: FloatTensor<Self>,
        gate_up: IntTensor<Self>,
        gate_up_bias: FloatTensor<Self>,
        down: IntTensor<Self>,
        down_bias: FloatTensor<Self>,
        plan: ExpertPlan<'_>,
    ) -> FloatTensor<Self> {
        let input = into_contiguous(input);
        let gate_up = (gate_up, into_contiguous(gate_up_bias));
        let down = (down, into_contiguous(down_bias));
        experts::experts(input, gate_up, down, plan)
    }
}

/// A new matrix of f32 beside `tensor`, not written yet.
fn empty_matrix(tensor: &CubeTensor, num_rows: usize, num_columns: usize) -> CubeTensor {
    let handle = tensor
        .client
        .empty(num_rows * num_columns * size_of::<f32>());
    let shape = Shape::new([num_rows, num_columns]);
    let (client, device) = (tensor.client.clone(), tensor.device.clone());
    CubeTensor::new_contiguous(client, device, shape, handle, DType::F32)
}

/// Cubes that together have at least `num_units` units.
fn cubes(num_units: usize) -> (CubeCount, CubeDim) {
    let num_cubes = u32::try_from(num_units.div_ceil(UNITS as usize))
        .expect("invariant: a launch has less than 2^32 cubes");
    let width = num_cubes.clamp(1, MAX_CUBES);
    (
        CubeCount::Static(width, num_cubes.div_ceil(width).max(1), 1),
        CubeDim::new_1d(UNITS),
    )
}

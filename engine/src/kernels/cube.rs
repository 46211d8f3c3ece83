//! The operations for GPUs, in `CubeCL`: one description for CUDA, Vulkan, Metal and DirectX.
//!
//! Units work together through shared memory alone. Planes, whose size differs between devices, and
//! types that not every device has are not used, so these kernels run wherever `CubeCL` does and
//! are the readable twins of faster ones. The exception is [`grouped_mma`], which is taken only
//! where tensor cores are; there activations are rounded to bf16, unless the [`KernelContext`] says
//! that it is to be exact. Everywhere else they stay f32.
#![expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    clippy::trivially_copy_pass_by_ref,
    clippy::assign_op_pattern,
    reason = "the language of kernels: `as` converts, references are buffers, sums are written out"
)]

mod attention;
mod experts;
mod floats;
pub(crate) mod graph;
mod grouped;
mod grouped_mma;
mod grouped_plain;
mod grouping;
mod launch;
mod mma_tile;
mod places;
pub(super) mod planes;
mod products;
mod rope;
mod router;
mod sampling;
#[cfg(all(test, feature = "cuda"))]
mod tests {
    mod cuda_check;
}
mod threshold;
mod weights;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

use super::{AttentionShape, ExpertPlan, KernelContext, Kernels, Precision};
use crate::layout::MatrixLayout;
use places::CubePlaces;

impl Kernels for CubeBackend {
    fn embedding(
        _context: &KernelContext,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
        tokens: IntTensor<Self>,
    ) -> FloatTensor<Self> {
        products::embedding(&weight, &layout, tokens)
    }

    fn quantized_matmul(
        _context: &KernelContext,
        input: FloatTensor<Self>,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
    ) -> FloatTensor<Self> {
        products::matmul(into_contiguous(input), weight, &layout)
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
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (qkv, rotations) = (into_contiguous(qkv), into_contiguous(rotations));
        let places = places(positions, sequences, blocks);
        rope::rope_and_cache_write(qkv, rotations, (keys, values), places, &shape)
    }

    fn attention(
        _context: &KernelContext,
        query: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> FloatTensor<Self> {
        let (query, sinks) = (into_contiguous(query), into_contiguous(sinks));
        let places = places(positions, sequences, blocks);
        attention::attention(query, (keys, values), sinks, places, &shape)
    }

    fn swiglu(_context: &KernelContext, gate_up: FloatTensor<Self>) -> FloatTensor<Self> {
        floats::swiglu(into_contiguous(gate_up))
    }

    fn experts(
        context: &KernelContext,
        input: FloatTensor<Self>,
        logits: FloatTensor<Self>,
        gate_up: IntTensor<Self>,
        gate_up_bias: FloatTensor<Self>,
        down: IntTensor<Self>,
        down_bias: FloatTensor<Self>,
        plan: ExpertPlan,
    ) -> FloatTensor<Self> {
        let (input, logits) = (into_contiguous(input), into_contiguous(logits));
        let gate_up = (gate_up, into_contiguous(gate_up_bias));
        let down = (down, into_contiguous(down_bias));
        let is_exact = context.precision() == Precision::Exact;
        experts::experts(input, logits, gate_up, down, (&plan, is_exact))
    }

    fn choose(
        logits: FloatTensor<Self>,
        draws: IntTensor<Self>,
        limits: [bool; 2],
    ) -> IntTensor<Self> {
        sampling::choose(into_contiguous(logits), into_contiguous(draws), limits)
    }
}

fn places(positions: CubeTensor, sequences: CubeTensor, blocks: CubeTensor) -> CubePlaces {
    CubePlaces {
        positions: into_contiguous(positions),
        sequences: into_contiguous(sequences),
        blocks: into_contiguous(blocks),
    }
}

//! The operations for burn's CPU device: tensors to slices and back.

use burn::backend::Flex;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use burn_flex::FlexTensor;

use super::cpu::KernelContext;
use super::cpu::experts::{ExpertMatrix, ExpertWeights};
use super::{AttentionShape, Draw, ExpertPlan, Kernels, Places, Routing, reference};
use crate::layout::MatrixLayout;

impl Kernels for Flex {
    fn embedding(
        _context: &KernelContext,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
        tokens: IntTensor<Self>,
    ) -> FloatTensor<Self> {
        let weight = weight_bytes(&weight, &layout);
        let rows = KernelContext::embedding(weight, &layout, words(&tokens));
        matrix(rows, layout.in_features)
    }

    fn quantized_matmul(
        context: &KernelContext,
        input: FloatTensor<Self>,
        weight: IntTensor<Self>,
        layout: MatrixLayout,
    ) -> FloatTensor<Self> {
        let input = contiguous(input);
        let weight = weight_bytes(&weight, &layout);
        matrix(
            context.matmul(floats(&input), weight, &layout),
            layout.out_features,
        )
    }

    fn rms_norm(
        context: &KernelContext,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let (input, weight) = (contiguous(input), contiguous(weight));
        let weight = floats(&weight);
        matrix(
            context.rms_norm(floats(&input), weight, epsilon),
            weight.len(),
        )
    }

    fn rope_and_cache_write(
        qkv: FloatTensor<Self>,
        rotations: FloatTensor<Self>,
        mut keys: FloatTensor<Self>,
        mut values: FloatTensor<Self>,
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (qkv, rotations) = (contiguous(qkv), contiguous(rotations));
        let query = KernelContext::rope_and_cache_write(
            floats(&qkv),
            floats(&rotations),
            (owned_floats(&mut keys), owned_floats(&mut values)),
            (&places(&positions, &sequences, &blocks), &shape),
        );
        (matrix(query, shape.query_size()), keys, values)
    }

    fn attention(
        context: &KernelContext,
        query: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        positions: IntTensor<Self>,
        sequences: IntTensor<Self>,
        blocks: IntTensor<Self>,
        shape: AttentionShape,
    ) -> FloatTensor<Self> {
        let (query, sinks) = (contiguous(query), contiguous(sinks));
        let cache = (floats(&keys), floats(&values));
        let places = places(&positions, &sequences, &blocks);
        let output = context.attention(floats(&query), cache, floats(&sinks), (&places, &shape));
        matrix(output, shape.query_size())
    }

    fn swiglu(context: &KernelContext, gate_up: FloatTensor<Self>) -> FloatTensor<Self> {
        let gate_up = contiguous(gate_up);
        let size = gate_up.layout().shape()[1] / 2;
        matrix(context.swiglu(floats(&gate_up), size), size)
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
        let (input, logits) = (contiguous(input), contiguous(logits));
        let num_experts = logits.layout().shape()[1];
        let routing = Routing::new(floats(&logits), num_experts, plan.num_chosen);
        let (gate_up_bias, down_bias) = (contiguous(gate_up_bias), contiguous(down_bias));
        let weights = ExpertWeights {
            gate_up: expert_matrix(&gate_up, plan.gate_up, &gate_up_bias),
            down: expert_matrix(&down, plan.down, &down_bias),
            limits: plan.limits,
        };
        let output = context.experts(floats(&input), &weights, &routing);
        matrix(output, plan.down.out_features)
    }

    fn choose(
        logits: FloatTensor<Self>,
        draws: IntTensor<Self>,
        _limits: [bool; 2],
    ) -> IntTensor<Self> {
        let (logits, draws) = (contiguous(logits), contiguous(draws));
        let num_rows = logits.layout().shape()[0];
        let tokens = reference::choose(floats(&logits), &Draw::of_words(words(&draws)));
        FlexTensor::from_data(TensorData::new(tokens, [num_rows, 1]))
    }
}

/// Bytes of a weight, without the padding of its last word.
fn weight_bytes<'a>(weight: &'a FlexTensor, layout: &MatrixLayout) -> &'a [u8] {
    &weight.bytes()[..layout.num_bytes()]
}

fn expert_matrix<'a>(
    weight: &'a FlexTensor,
    layout: MatrixLayout,
    bias: &'a FlexTensor,
) -> ExpertMatrix<'a> {
    let bias = floats(bias);
    let num_experts = bias.len() / layout.out_features;
    ExpertMatrix {
        bytes: &weight.bytes()[..num_experts * layout.num_bytes()],
        layout,
        bias,
    }
}

fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// Values of a contiguous tensor; its buffer may be larger than it is.
fn floats(tensor: &FlexTensor) -> &[f32] {
    let layout = tensor.layout();
    &tensor.storage::<f32>()[layout.start_offset()..][..layout.num_elements()]
}

/// Words of a tensor of them.
fn words(tensor: &FlexTensor) -> &[u32] {
    let layout = tensor.layout();
    &tensor.storage::<u32>()[layout.start_offset()..][..layout.num_elements()]
}

fn places<'a>(
    positions: &'a FlexTensor,
    sequences: &'a FlexTensor,
    blocks: &'a FlexTensor,
) -> Places<'a> {
    Places {
        positions: words(positions),
        sequences: words(sequences),
        blocks: words(blocks),
        num_blocks: blocks.layout().shape()[1],
    }
}

/// Values to write into, never a copy.
fn owned_floats(tensor: &mut FlexTensor) -> &mut [f32] {
    let (first, length) = (
        tensor.layout().start_offset(),
        tensor.layout().num_elements(),
    );
    let values = tensor.try_storage_mut::<f32>();
    let values =
        values.expect("invariant: the cache is owned, see docs/adr/0001-cache-is-owned.md");
    &mut values[first..][..length]
}

fn matrix(values: Vec<f32>, num_columns: usize) -> FlexTensor {
    let num_rows = values.len() / num_columns;
    FlexTensor::from_data(TensorData::new(values, [num_rows, num_columns]))
}

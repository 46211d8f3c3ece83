//! The experts of a layer: few tokens, one by one, and many, grouped by expert on cards.

use hearth_engine::kernels::{
    self, ExpertStack, Precision, Routing, SwigluLimits, WeightMatrix, reference,
};
use hearth_engine::layout::{LINEAR_TABLE, LayoutKind};
use hearth_engine::loader::repack::PackedMatrix;

use super::{
    FLOAT_TOLERANCE, INT8_TOLERANCE, Noise, SHIFTED_FP4, check, contexts, device, matrix, targets,
    values,
};

/// The experts of a layer, with biases of a size that matters.
struct Layer {
    gate_up: Vec<PackedMatrix>,
    gate_up_bias: Vec<f32>,
    down: Vec<PackedMatrix>,
    down_bias: Vec<f32>,
}

impl Layer {
    const LIMITS: SwigluLimits = SwigluLimits {
        alpha: 1.702,
        limit: 1.5,
    };

    fn new(kind: LayoutKind, num_experts: usize, [hidden, inner]: [usize; 2]) -> Self {
        let mut noise = Noise(31);
        let mut matrices = |out_features, in_features| {
            let one = |_| noise.matrix(kind, out_features, in_features);
            (0..num_experts).map(one).collect()
        };
        let (gate_up, down) = (matrices(2 * inner, hidden), matrices(hidden, inner));
        Self {
            gate_up,
            gate_up_bias: noise.floats(num_experts * 2 * inner),
            down,
            down_bias: noise.floats(num_experts * hidden),
        }
    }

    fn stack(&self) -> ExpertStack {
        let device = device();
        let stack = |matrices: &[PackedMatrix]| {
            let matrix = |index: usize| Ok::<_, ()>(matrices[index].clone());
            WeightMatrix::stack(matrices.len(), matrix, &device).unwrap()
        };
        let count = self.down.len();
        ExpertStack {
            gate_up: stack(&self.gate_up),
            gate_up_bias: matrix(&self.gate_up_bias, self.gate_up_bias.len() / count),
            down: stack(&self.down),
            down_bias: matrix(&self.down_bias, self.down_bias.len() / count),
            limits: Self::LIMITS,
        }
    }

    fn expected(&self, input: &[f32], routing: &Routing) -> Vec<f32> {
        let bytes = |matrices: &[PackedMatrix]| -> Vec<u8> {
            let all = matrices.iter().flat_map(|matrix| matrix.bytes.clone());
            all.collect()
        };
        let (gate_up, down) = (bytes(&self.gate_up), bytes(&self.down));
        reference::experts(
            input,
            (&gate_up, &self.gate_up[0].layout, &self.gate_up_bias),
            (&down, &self.down[0].layout, &self.down_bias),
            (routing, Self::LIMITS),
        )
    }
}

/// Without a pattern: the experts share the tokens more or less.
fn logits(num_tokens: usize, num_experts: usize) -> Vec<f32> {
    Noise(5).floats(num_tokens * num_experts)
}

/// Logits after which every token chooses the experts from `first` on, and nobody the others.
fn one_sided_logits(num_tokens: usize, num_experts: u8, first: u8) -> Vec<f32> {
    let falls_behind = |expert| f32::from((expert + num_experts - first) % num_experts);
    let row = (0..num_experts).map(|expert| -0.5 * falls_behind(expert));
    row.collect::<Vec<_>>().repeat(num_tokens)
}

/// Three experts a token, of as many as there are logits.
fn check_experts(kind: LayoutKind, [hidden, inner]: [usize; 2], num_tokens: usize, logits: &[f32]) {
    let num_experts = logits.len() / num_tokens;
    let layer = Layer::new(kind, num_experts, [hidden, inner]);
    let input = Noise(3).floats(num_tokens * hidden);
    let routing = Routing::new(logits, num_experts, 3);
    let expected = layer.expected(&input, &routing);
    let stack = layer.stack();
    for (precision, tolerance) in [
        (Precision::Exact, FLOAT_TOLERANCE),
        // Two products, one behind the other. Tensor cores round to bf16, which is less.
        (Precision::Int8, 2.0 * INT8_TOLERANCE),
    ] {
        for context in contexts(precision) {
            let (input, logits) = (matrix(&input, hidden), matrix(logits, num_experts));
            let output = kernels::experts(&context, input, logits, &stack, 3);
            let name = context.instruction_set().name();
            let what = format!("{name} {kind:?} {hidden} {inner} x {num_tokens} {precision:?}");
            check(&what, &values(output), &expected, tolerance);
        }
    }
}

#[test]
fn experts_agree_with_the_reference_in_every_layout() {
    let linear = LayoutKind::Nibbles {
        table: LINEAR_TABLE,
    };
    let shifted = LayoutKind::Nibbles { table: SHIFTED_FP4 };
    for (kind, sizes, num_tokens) in [
        (LayoutKind::Mxfp4, [2880, 96], 3),
        (LayoutKind::Mxfp4, [32, 32], 1),
        (LayoutKind::Bytes, [96, 64], 9),
        (LayoutKind::Bf16, [64, 160], 6),
        (linear, [288, 64], 9),
        (shifted, [64, 32], 15),
        // From here on a card groups them.
        (LayoutKind::Mxfp4, [32, 32], 16),
        (LayoutKind::Mxfp4, [160, 352], 21),
        (LayoutKind::Mxfp4, [96, 2880], 17),
        (LayoutKind::Mxfp4, [2880, 96], 40),
        // Several tiles an expert, the last of them begun.
        (LayoutKind::Bytes, [96, 64], 200),
        (LayoutKind::Bf16, [64, 160], 77),
        (LayoutKind::Dense, [96, 32], 33),
        // Rows that are not made of whole blocks.
        (LayoutKind::Dense, [37, 21], 19),
        (linear, [288, 64], 50),
        (shifted, [32, 96], 18),
    ] {
        check_experts(kind, sizes, num_tokens, &logits(num_tokens, 7));
    }
}

#[test]
fn experts_agree_with_the_reference_where_all_tokens_choose_the_same() {
    for first in [0, 2, 6] {
        for num_tokens in [5, 32, 65] {
            let logits = one_sided_logits(num_tokens, 7, first);
            check_experts(LayoutKind::Mxfp4, [64, 96], num_tokens, &logits);
        }
    }
    // More than a cube has units, and no expert that one token has not chosen.
    check_experts(LayoutKind::Mxfp4, [32, 64], 300, &logits(300, 130));
    check_experts(LayoutKind::Bytes, [32, 64], 64, &logits(64, 3));
}

#[test]
fn experts_give_a_token_the_same_alone_and_among_others() {
    if targets::is_card() {
        eprintln!("skipped: bits are promised on processors");
        return;
    }
    let (hidden, num_tokens) = (160, 19);
    for kind in [LayoutKind::Mxfp4, LayoutKind::Bytes, LayoutKind::Bf16] {
        let stack = Layer::new(kind, 5, [hidden, 96]).stack();
        let input = Noise(3).floats(num_tokens * hidden);
        let logits = logits(num_tokens, 5);
        for precision in [Precision::Exact, Precision::Int8] {
            for context in contexts(precision) {
                let experts = |input: &[f32], logits: &[f32]| {
                    let (input, logits) = (matrix(input, hidden), matrix(logits, 5));
                    values(kernels::experts(&context, input, logits, &stack, 2))
                };
                let together = experts(&input, &logits);
                for (token, expected) in together.chunks(hidden).enumerate() {
                    let input = &input[token * hidden..][..hidden];
                    let alone = experts(input, &logits[token * 5..][..5]);
                    let name = context.instruction_set().name();
                    assert!(
                        alone
                            .iter()
                            .map(|it| it.to_bits())
                            .eq(expected.iter().map(|it| it.to_bits())),
                        "{name} {kind:?} {precision:?}: token {token}"
                    );
                }
            }
        }
    }
}

//! Every kernel of every instruction set this CPU has, or of the card `HEARTH_TEST_DEVICE` names,
//! against the reference.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stderr,
    reason = "what was skipped or measured is worth reading"
)]

#[path = "kernels/attention.rs"]
mod attention;
#[path = "kernels/experts.rs"]
mod experts;
#[path = "kernels/sampling.rs"]
mod sampling;
#[path = "targets/targets.rs"]
mod targets;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use hearth_engine::kernels::cpu::InstructionSet;
use hearth_engine::kernels::{self, KernelContext, Precision, WeightMatrix, reference};
use hearth_engine::layout::{LINEAR_TABLE, LayoutKind, MatrixLayout};
use hearth_engine::loader::repack::PackedMatrix;
use proptest::prelude::*;

/// Distance allowed where both sides have f32 inputs, relative to the largest value.
const FLOAT_TOLERANCE: f32 = 2e-5;
/// Distance allowed where activations are rounded to int8: about 1/127/sqrt(3) of noise a value.
const INT8_TOLERANCE: f32 = 2e-2;

/// FP4 values times two, shifted by 12 so that all are positive.
const SHIFTED_FP4: [i8; 16] = [12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0];

/// A small generator: tests need variety and repeatability, no quality.
struct Noise(u64);

impl Noise {
    fn bits(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// -1 to 1.
    fn float(&mut self) -> f32 {
        f32::from(u16::try_from(self.bits() & 0xffff).unwrap()) / 32_768.0 - 1.0
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }

    fn matrix(
        &mut self,
        kind: LayoutKind,
        out_features: usize,
        in_features: usize,
    ) -> PackedMatrix {
        let layout = MatrixLayout {
            kind,
            out_features,
            in_features,
        };
        let blocks = layout.num_blocks();
        let mut bytes = Vec::with_capacity(layout.num_bytes());
        for _ in 0..out_features {
            if kind == LayoutKind::Dense {
                bytes.extend(
                    self.floats(in_features)
                        .into_iter()
                        .flat_map(f32::to_le_bytes),
                );
                continue;
            }
            if kind == LayoutKind::Bf16 {
                let values = self.floats(in_features).into_iter();
                bytes.extend(values.flat_map(|value| half::bf16::from_f32(value).to_le_bytes()));
                continue;
            }
            if kind == LayoutKind::Mxfp4 {
                // From 2^-8 to 2^-1, and now and then next to nothing.
                let scale = |bits: u64| {
                    if bits.is_multiple_of(19) {
                        0
                    } else {
                        119 + bits % 8
                    }
                };
                bytes.extend((0..blocks).map(|_| u8::try_from(scale(self.bits())).unwrap()));
                let codes = layout.row_bytes() - blocks;
                bytes.extend((0..codes).map(|_| u8::try_from(self.bits() & 0xff).unwrap()));
                continue;
            }
            let halves = if kind == LayoutKind::Bytes {
                blocks
            } else {
                blocks * 2
            };
            for index in 0..halves {
                let scale = self.float() * if index < blocks { 0.05 } else { 0.3 };
                bytes.extend(half::f16::from_f32(scale).to_le_bytes());
            }
            let codes = layout.row_bytes() - halves * 2;
            bytes.extend((0..codes).map(|_| u8::try_from(self.bits() & 0xff).unwrap()));
        }
        PackedMatrix { layout, bytes }
    }
}

fn matrix(values: &[f32], columns: usize) -> Tensor<2> {
    let values = TensorData::new(values.to_vec(), [values.len() / columns, columns]);
    Tensor::from_data(values, &device())
}

fn vector(values: &[f32]) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &device())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// The device under test.
fn device() -> Device {
    hearth_engine::device::open(targets::id()).unwrap()
}

/// Whole numbers on the device.
fn words(values: &[u32]) -> Tensor<1, Int> {
    let values = TensorData::new(values.to_vec(), [values.len()]);
    Tensor::from_data(values, (&device(), DType::U32))
}

/// Contexts of every instruction set; those this CPU lacks are named. A card has one.
fn contexts(precision: Precision) -> Vec<KernelContext> {
    if targets::is_card() {
        return vec![KernelContext::new(1, precision)];
    }
    let found = InstructionSet::detect_all();
    for name in ["avx512-vnni", "avx2", "portable"] {
        if !found.iter().any(|set| set.name() == name) {
            eprintln!("skipped: this CPU has no {name}");
        }
    }
    let context = |set| KernelContext::with_instruction_set(2, precision, set);
    found.into_iter().map(context).collect()
}

/// Asserts that `found` is within `tolerance` of `expected`, relative to its largest value.
fn check(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: number of values");
    let largest = expected
        .iter()
        .fold(1e-6_f32, |largest, value| largest.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let distance = (found - expected).abs() / largest;
        assert!(
            distance <= tolerance,
            "{what}: value {index} is {found}, expected {expected}"
        );
    }
}

fn check_matmul(kind: LayoutKind, num_tokens: usize, out_features: usize, in_features: usize) {
    let mut noise = Noise(7);
    let weight = noise.matrix(kind, out_features, in_features);
    let input = noise.floats(num_tokens * in_features);
    let expected = reference::matmul(&input, &weight.bytes, &weight.layout);
    let device = device();
    for precision in [Precision::Exact, Precision::Int8] {
        let rounds = precision == Precision::Int8 && !kind.is_float() && !targets::is_card();
        let tolerance = if rounds {
            INT8_TOLERANCE
        } else {
            FLOAT_TOLERANCE
        };
        for context in contexts(precision) {
            let set = context.instruction_set().name();
            let what = format!("{kind:?} {num_tokens}x{out_features}x{in_features} {set}");
            let weight = WeightMatrix::new(&weight, &device);
            let output = kernels::matmul(&context, matrix(&input, in_features), &weight);
            check(&what, &values(output), &expected, tolerance);
        }
    }
}

#[test]
fn what_is_no_number_is_in_every_product_it_belongs_to() {
    let table = LINEAR_TABLE;
    let kinds = [LayoutKind::Nibbles { table }, LayoutKind::Bytes];
    let kinds = kinds
        .into_iter()
        .chain([LayoutKind::Mxfp4, LayoutKind::Bf16]);
    for (kind, wrong) in kinds.flat_map(|kind| [(kind, f32::NAN), (kind, f32::INFINITY)]) {
        let mut noise = Noise(3);
        let weight = WeightMatrix::new(&noise.matrix(kind, 40, 96), &device());
        // As many as take the way of one token, and of many.
        for num_tokens in [1, 9] {
            let mut rows = noise.floats(num_tokens * 96);
            rows[50] = wrong;
            for context in contexts(Precision::Int8) {
                let found = values(kernels::matmul(&context, matrix(&rows, 96), &weight));
                let (broken, whole) = found.split_at(40);
                assert!(broken.iter().all(|it| !it.is_finite()), "{kind:?} {wrong}");
                assert!(whole.iter().all(|it| it.is_finite()), "{kind:?} {wrong}");
            }
        }
    }
}

#[test]
fn products_agree_with_the_reference_on_real_and_ragged_shapes() {
    let linear = LayoutKind::Nibbles {
        table: LINEAR_TABLE,
    };
    let shifted = LayoutKind::Nibbles { table: SHIFTED_FP4 };
    for kind in [
        linear,
        shifted,
        LayoutKind::Bytes,
        LayoutKind::Mxfp4,
        LayoutKind::Dense,
        LayoutKind::Bf16,
    ] {
        for (num_tokens, out_features, in_features) in [
            (1, 960, 576),
            (7, 576, 1_536),
            (4, 1, 32),
            (3, 5, 96),
            (13, 67, 288),
            (9, 40, 37 * 32),
            (1, 33, 2_880),
        ] {
            check_matmul(kind, num_tokens, out_features, in_features);
        }
    }
}

#[test]
fn embeddings_are_the_rows_of_the_matrix() {
    let mut noise = Noise(3);
    let weight = noise.matrix(LayoutKind::Bytes, 50, 64);
    let tokens = [49, 0, 7, 7];
    let expected = reference::embedding(&weight.bytes, &weight.layout, &tokens);
    let context = KernelContext::new(1, Precision::Int8);
    let weight = WeightMatrix::new(&weight, &device());
    check(
        "embedding",
        &values(kernels::embedding(&context, &weight, &words(&tokens))),
        &expected,
        0.0,
    );
}

#[test]
fn norms_and_activations_agree_with_the_reference() {
    for (num_tokens, size) in [(1, 576), (5, 32), (3, 37), (2, 1)] {
        let mut noise = Noise(11);
        let (input, weight) = (noise.floats(num_tokens * size), noise.floats(size));
        let gate_up = noise.floats(num_tokens * 2 * size);
        let gate_up: Vec<f32> = gate_up.into_iter().map(|value| value * 20.0).collect();
        for context in contexts(Precision::Int8) {
            let what = format!("{num_tokens}x{size} {}", context.instruction_set().name());
            let normed = kernels::rms_norm(&context, matrix(&input, size), &vector(&weight), 1e-5);
            let expected = reference::rms_norm(&input, &weight, 1e-5);
            check(
                &format!("rms_norm {what}"),
                &values(normed),
                &expected,
                FLOAT_TOLERANCE,
            );
            let output = kernels::swiglu(&context, matrix(&gate_up, 2 * size));
            let expected = reference::swiglu(&gate_up, size);
            check(
                &format!("swiglu {what}"),
                &values(output),
                &expected,
                FLOAT_TOLERANCE,
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The law that exact continuation, prefix caching and batching rest on.
    #[test]
    fn a_product_of_many_tokens_has_the_bits_of_products_of_one(
        num_tokens in 1_usize..16,
        out_features in 1_usize..80,
        blocks in 1_usize..20,
        seed in any::<u64>(),
        kind in 0_usize..5,
        exact in any::<bool>(),
    ) {
        if targets::is_card() {
            return Ok(());
        }
        let mut noise = Noise(seed);
        let linear = LayoutKind::Nibbles { table: LINEAR_TABLE };
        let kinds = [linear, LayoutKind::Bytes, LayoutKind::Mxfp4, LayoutKind::Bf16];
        let kind = kinds.get(kind).copied().unwrap_or(LayoutKind::Dense);
        let precision = if exact { Precision::Exact } else { Precision::Int8 };
        let in_features = blocks * 32;
        let weight = noise.matrix(kind, out_features, in_features);
        let weight = WeightMatrix::new(&weight, &device());
        let input = noise.floats(num_tokens * in_features);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let mut vectors = None;
        for context in contexts(precision) {
            let together = values(kernels::matmul(&context, matrix(&input, in_features), &weight));
            if exact || kind.is_float() || context.instruction_set().name() != "portable" {
                // Where nothing is rounded all instruction sets agree, else those with vectors.
                let expected = vectors.get_or_insert_with(|| bits(&together));
                prop_assert_eq!(&bits(&together), expected);
            }
            for (row, output) in input.chunks(in_features).zip(together.chunks(out_features)) {
                let alone = values(kernels::matmul(&context, matrix(row, in_features), &weight));
                prop_assert_eq!(bits(&alone), bits(output));
            }
        }
    }
}

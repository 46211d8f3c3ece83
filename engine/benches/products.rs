//! Speed of products with weight matrices: every layout and instruction set, one token and many.
//!
//! `cargo bench -p hearth-engine --bench products [THREADS]`. Prints the weight bytes read a second
//! for one token, and multiplications a second for many. The matrices of a layout are used in turn
//! and together are larger than most caches, as the weights of a model are.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "timing/timing.rs"]
mod timing;

use std::time::Duration;

use burn::tensor::{Device, Tensor, TensorData};
use hearth_engine::kernels::cpu::InstructionSet;
use hearth_engine::kernels::{KernelContext, Precision, WeightMatrix, matmul};
use hearth_engine::layout::{LINEAR_TABLE, LayoutKind, MatrixLayout};
use hearth_engine::loader::repack::PackedMatrix;
use timing::{cast, noise};

/// An expert of gpt-oss-20b: gates and factors.
const OUT_FEATURES: usize = 5760;
const IN_FEATURES: usize = 2880;
/// Matrices used in turn.
const NUM_MATRICES: usize = 32;
/// How long one case is repeated at least.
const LONG_ENOUGH: Duration = Duration::from_millis(400);

fn main() {
    let num_threads = timing::num_threads();
    let kinds = [
        ("mxfp4", LayoutKind::Mxfp4, Precision::Int8),
        (
            "nibbles",
            LayoutKind::Nibbles {
                table: LINEAR_TABLE,
            },
            Precision::Int8,
        ),
        ("bytes", LayoutKind::Bytes, Precision::Int8),
        ("bf16", LayoutKind::Bf16, Precision::Int8),
        ("mxfp4, exact", LayoutKind::Mxfp4, Precision::Exact),
    ];
    for (name, kind, precision) in kinds {
        let matrices: Vec<WeightMatrix> =
            (0..NUM_MATRICES).map(|seed| matrix(kind, seed)).collect();
        for set in InstructionSet::detect_all() {
            let context = KernelContext::with_instruction_set(num_threads, precision, set);
            let what = format!("{name:13} {:12}", set.name());
            let seconds = seconds(&context, &matrices, 1);
            let bytes = cast(matrices[0].layout().num_bytes());
            println!("{what}   1 token   {:8.2} GB/s", bytes / seconds / 1e9);
            for num_tokens in [4, 16, 64, 512] {
                let seconds = self::seconds(&context, &matrices, num_tokens);
                let products = cast(num_tokens * OUT_FEATURES * IN_FEATURES);
                println!(
                    "{what} {num_tokens:3} tokens  {:8.1} billion products/s",
                    products / seconds / 1e9
                );
            }
        }
    }
}

/// Made of noise that no compiler can foresee; scales are 1 or next to it.
fn matrix(kind: LayoutKind, seed: usize) -> WeightMatrix {
    let layout = MatrixLayout {
        kind,
        out_features: OUT_FEATURES,
        in_features: IN_FEATURES,
    };
    let mut state = seed as u64 + 1;
    let mut bytes = vec![0_u8; layout.num_bytes()];
    for byte in &mut bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *byte = state.to_be_bytes()[0];
    }
    for row in bytes.chunks_mut(layout.row_bytes()) {
        match kind {
            LayoutKind::Mxfp4 => row[..layout.num_blocks()].fill(120),
            LayoutKind::Nibbles { .. } => fill_halves(&mut row[..4 * layout.num_blocks()]),
            LayoutKind::Bytes => fill_halves(&mut row[..2 * layout.num_blocks()]),
            LayoutKind::Bf16 | LayoutKind::Dense => fill_halves(row),
        }
    }
    WeightMatrix::new(&PackedMatrix { layout, bytes }, &Device::flex())
}

/// 0.01 as f16; as bf16 a small number too.
fn fill_halves(bytes: &mut [u8]) {
    for half in bytes.chunks_exact_mut(2) {
        half.copy_from_slice(&[0x1f, 0x21]);
    }
}

/// Median time of a product with `num_tokens` tokens.
fn seconds(context: &KernelContext, matrices: &[WeightMatrix], num_tokens: usize) -> f64 {
    let values = noise(num_tokens * IN_FEATURES);
    let shape = [num_tokens, IN_FEATURES];
    let input = Tensor::<2>::from_data(TensorData::new(values, shape), &Device::flex());
    timing::median_seconds(matrices, LONG_ENOUGH, |weight| {
        std::hint::black_box(matmul(context, input.clone(), weight));
    })
}

//! Speed of attention on a processor: one token and many, behind few positions and many, of every
//! instruction set.
//!
//! `cargo bench -p hearth-engine --bench attention [THREADS]`. Prints the time for one query head
//! of one token and one position, in nanoseconds and with all threads. The caches of a shape's
//! layers are used in turn, as a model does.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "timing/timing.rs"]
mod timing;

use std::time::Duration;

use burn::tensor::{DType, Device, Tensor, TensorData};
use hearth_engine::block_pool::BLOCK_TOKENS;
use hearth_engine::kernels::cpu::InstructionSet;
use hearth_engine::kernels::{
    AttentionShape, KernelContext, LayerCache, Precision, RotaryPairs, TokenPlaces, attention,
    cache_memory, rope_and_cache_write,
};
use timing::{cast, noise};

/// How long one case is repeated at least.
const LONG_ENOUGH: Duration = Duration::from_millis(600);
const MAX_POSITIONS: usize = 4096;

fn main() {
    let num_threads = timing::num_threads();
    for (name, num_layers, num_heads, num_kv_heads) in
        [("SmolLM2-135M", 30, 9, 3), ("gpt-oss-20b", 12, 64, 8)]
    {
        let shape = AttentionShape {
            num_heads,
            num_kv_heads,
            head_dim: 64,
            window: usize::MAX,
            pairs: RotaryPairs::Halves,
        };
        let caches: Vec<LayerCache> = (0..num_layers).map(|_| cache(shape)).collect();
        for set in InstructionSet::detect_all() {
            let context = KernelContext::with_instruction_set(num_threads, Precision::Int8, set);
            for positions in [192, 1_088, MAX_POSITIONS] {
                for num_tokens in [1, 8, 40] {
                    let time = seconds(&context, &caches, (num_tokens, positions), &shape);
                    let pairs = cast(num_tokens * num_heads * positions);
                    println!(
                        "{name:13} {:12} {num_tokens:2} tokens, {positions:4} positions {:8.3} ns",
                        set.name(),
                        time * 1e9 / pairs
                    );
                }
            }
        }
    }
}

fn cache(shape: AttentionShape) -> LayerCache {
    let size = [MAX_POSITIONS, shape.num_kv_heads, shape.head_dim];
    let memory = || cache_memory(size, &Device::flex());
    let matrix = |columns| {
        let noise = TensorData::new(noise(MAX_POSITIONS * columns), [MAX_POSITIONS, columns]);
        Tensor::<2>::from_data(noise, &Device::flex())
    };
    let (qkv, rotations) = (
        matrix(shape.query_size() + 2 * shape.kv_size()),
        matrix(shape.head_dim),
    );
    let places = places(MAX_POSITIONS, MAX_POSITIONS);
    rope_and_cache_write(qkv, &rotations, (memory(), memory()), &places, shape).1
}

/// The last tokens of one sequence.
fn places(num_tokens: usize, positions: usize) -> TokenPlaces {
    let words = |range: std::ops::Range<usize>| {
        let words: Vec<u32> = range.filter_map(|word| u32::try_from(word).ok()).collect();
        let length = words.len();
        Tensor::from_data(
            TensorData::new(words, [length]),
            (&Device::flex(), DType::U32),
        )
    };
    TokenPlaces {
        positions: words(positions - num_tokens..positions),
        sequences: Tensor::zeros([num_tokens], (&Device::flex(), DType::U32)),
        blocks: words(0..positions.div_ceil(BLOCK_TOKENS)).unsqueeze::<2>(),
    }
}

/// Median time of a call.
fn seconds(
    context: &KernelContext,
    caches: &[LayerCache],
    (num_tokens, positions): (usize, usize),
    shape: &AttentionShape,
) -> f64 {
    let size = [num_tokens, shape.query_size()];
    let query = TensorData::new(noise(num_tokens * shape.query_size()), size);
    let query = Tensor::<2>::from_data(query, &Device::flex());
    let sinks = Tensor::<1>::full([shape.num_heads], f32::NEG_INFINITY, &Device::flex());
    let places = places(num_tokens, positions);
    timing::median_seconds(caches, LONG_ENOUGH, |cache| {
        let output = attention(context, query.clone(), cache, &sinks, &places, *shape);
        std::hint::black_box(output);
    })
}

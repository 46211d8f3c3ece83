//! Speed of attention on a processor: one token and many, behind few positions and many, of every
//! instruction set.
//!
//! `cargo bench -p hearth-engine --bench attention [THREADS]`. Prints the time for one query head
//! of one token and one position, in nanoseconds and with all threads. The caches of a shape's
//! layers are used in turn, as a model does.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::time::{Duration, Instant};

use burn::tensor::{DType, Device, Tensor, TensorData};
use hearth_engine::block_pool::BLOCK_TOKENS;
use hearth_engine::kernels::cpu::InstructionSet;
use hearth_engine::kernels::{
    AttentionShape, KernelContext, LayerCache, Precision, RotaryPairs, TokenPlaces, attention,
};

/// How long one case is repeated at least.
const LONG_ENOUGH: Duration = Duration::from_millis(600);
const MAX_POSITIONS: usize = 4096;

fn main() {
    // Cargo hands its own options on.
    let num_threads = std::env::args().skip(1).find_map(|it| it.parse().ok());
    let num_threads: usize = num_threads.unwrap_or(0);
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
        let caches: Vec<LayerCache> = (0..num_layers).map(|_| cache(&shape)).collect();
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

/// Numbers between -1 and 1.
fn noise(count: usize) -> Vec<f32> {
    (0..count)
        .map(|index| u16::try_from(index * 7919 % 1000).map_or(0.0, f32::from) / 500.0 - 1.0)
        .collect()
}

fn cache(shape: &AttentionShape) -> LayerCache {
    let tensor = || -> Tensor<3> {
        let size = [MAX_POSITIONS, shape.num_kv_heads, shape.head_dim];
        Tensor::from_data(
            TensorData::new(noise(MAX_POSITIONS * shape.kv_size()), size),
            &Device::flex(),
        )
    };
    (tensor(), tensor())
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
    let (mut times, start) = (Vec::new(), Instant::now());
    let mut caches = caches.iter().cycle();
    while times.len() < 5 || start.elapsed() < LONG_ENOUGH {
        let Some(cache) = caches.next() else { break };
        let began = Instant::now();
        let output = attention(context, query.clone(), cache, &sinks, &places, *shape);
        std::hint::black_box(output);
        times.push(began.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^52")]
fn cast(count: usize) -> f64 {
    count as f64
}

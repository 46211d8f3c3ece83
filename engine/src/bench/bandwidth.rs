//! How fast memory can be read where a model computes: the limit of decoding.

use std::fs;
use std::hint::black_box;

use burn::tensor::{Device, Tensor};

use crate::kernels::cpu::thread_pool::ThreadPool;
use crate::model_runner::ModelRunner;

/// Largest buffer to read: far beyond any cache.
const MAX_BUFFER_BYTES: usize = 2 << 30;
/// Smallest buffer to read.
const MIN_BUFFER_BYTES: usize = 64 << 20;
/// Bytes a thread reads at a time.
const READ_CHUNK_BYTES: usize = 1 << 20;
/// Floats on a card: 1 GiB, also far beyond its caches.
const CARD_FLOATS: usize = 1 << 28;

/// Memory of a device, full of ones.
pub(super) enum Buffer {
    Processor(Vec<u64>),
    Card(Box<Tensor<1>>),
}

impl Buffer {
    /// Where the last layer of the model is.
    pub(super) fn new(runner: &ModelRunner) -> Self {
        let device = runner.last_device();
        if *device == Device::flex() {
            Self::Processor(vec![1; buffer_bytes() / size_of::<u64>()])
        } else {
            Self::Card(Box::new(Tensor::ones([CARD_FLOATS], device)))
        }
    }

    pub(super) fn num_bytes(&self) -> usize {
        match self {
            Self::Processor(words) => words.len() * size_of::<u64>(),
            Self::Card(_) => CARD_FLOATS * size_of::<f32>(),
        }
    }

    /// Reads everything once; on a processor with the threads of the model.
    pub(super) fn read(&self, runner: &ModelRunner) {
        match self {
            Self::Processor(words) => {
                black_box(sum(runner.kernel_context().pool(), words));
            }
            Self::Card(floats) => {
                // Waits until it is there. burn's own sum reads as fast as any kernel.
                black_box(floats.as_ref().clone().sum().into_data());
            }
        }
    }
}

/// A quarter of the memory that is free, within limits; the smallest where nobody says.
fn buffer_bytes() -> usize {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    let quarter = kibibytes.unwrap_or(0).saturating_mul(1024) / 4;
    quarter.clamp(MIN_BUFFER_BYTES, MAX_BUFFER_BYTES)
}

fn sum(pool: &ThreadPool, buffer: &[u64]) -> u64 {
    let chunks: Vec<&[u64]> = buffer.chunks(READ_CHUNK_BYTES / size_of::<u64>()).collect();
    let mut sums = vec![0_u64; chunks.len()];
    pool.for_each_chunk(&mut sums, 1, |index, output| {
        // Additions of integers may be reordered: the compiler keeps several vectors going.
        output[0] = chunks[index]
            .iter()
            .fold(0, |sum, value| sum.wrapping_add(*value));
    });
    sums.into_iter().fold(0, u64::wrapping_add)
}

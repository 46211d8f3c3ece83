//! Measures prefill and decode speed beside the memory bandwidth of the same threads, or card.

mod bandwidth;

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::kv_cache::KvCache;
use crate::model_runner::{ForwardOutcome, ModelRunner};
use crate::request::TokenId;
use bandwidth::Buffer;

/// Rounds of decode steps, with a bandwidth measurement before each.
const ROUNDS: usize = 8;
/// How much to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenchParams {
    /// Tokens computed at once.
    pub prefill_tokens: usize,
    /// Tokens computed one by one.
    pub decode_tokens: usize,
}

impl Default for BenchParams {
    fn default() -> Self {
        Self {
            prefill_tokens: 512,
            decode_tokens: 128,
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchReport {
    /// Threads that computed and read.
    pub num_threads: usize,
    /// Tokens of the prompt.
    pub prefill_tokens: usize,
    /// New tokens.
    pub decode_tokens: usize,
    /// Instructions of the kernels, or `card`.
    pub instruction_set: &'static str,
    /// Tokens of a prompt a second.
    pub prefill_tokens_per_s: f64,
    /// New tokens a second, median of the rounds.
    pub decode_tokens_per_s: f64,
    /// Weight bytes a decode step reads.
    pub bytes_per_token: usize,
    /// Bytes read a second divided by 1e9, by the threads or by the card that holds the last layer:
    /// median, measured between the rounds.
    pub read_bandwidth_gb_s: f64,
    /// Share of that bandwidth which decoding reaches.
    pub share: f64,
}

/// Measures `runner` with a made-up prompt; both numbers are shortened to its context window.
///
/// # Panics
/// If the context window holds a single token.
pub fn bench(runner: &mut ModelRunner, params: BenchParams) -> BenchReport {
    let window = runner.context_window();
    assert!(window > 1, "a prompt and an answer need two positions");
    let decode_tokens = params.decode_tokens.clamp(1, window / 2);
    let prefill_tokens = params.prefill_tokens.clamp(1, window - decode_tokens);
    let vocab_size = runner.vocab_size();
    let token = |index: usize| {
        TokenId(u32::try_from(index * 7919 % vocab_size).expect("invariant: ids are u32"))
    };
    let prompt: Vec<TokenId> = (0..prefill_tokens).map(token).collect();
    let buffer = Buffer::new(runner);
    // Once without measuring: pages are touched, threads are awake.
    let cache = runner.new_cache();
    forward(runner, &prompt[..prompt.len().min(8)], cache);
    let cache = runner.new_cache();
    let start = Instant::now();
    let mut cache = forward(runner, &prompt, cache);
    let prefill_tokens_per_s = per_second(prefill_tokens, start.elapsed());
    let (mut bandwidths, mut speeds) = (Vec::new(), Vec::new());
    let steps = decode_tokens.div_ceil(ROUNDS);
    for first in (0..decode_tokens).step_by(steps) {
        let start = Instant::now();
        buffer.read(runner);
        bandwidths.push(per_second(buffer.num_bytes(), start.elapsed()) / 1e9);
        let steps = steps.min(decode_tokens - first);
        let start = Instant::now();
        for step in first..first + steps {
            cache = forward(runner, &[token(step)], cache);
        }
        speeds.push(per_second(steps, start.elapsed()));
    }
    let (decode_tokens_per_s, read_bandwidth_gb_s) = (median(speeds), median(bandwidths));
    let bytes_per_token = runner.bytes_per_token();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a model has less than 2^52 bytes"
    )]
    let decode_gb_s = decode_tokens_per_s * bytes_per_token as f64 / 1e9;
    BenchReport {
        num_threads: runner.kernel_context().pool().num_threads(),
        prefill_tokens,
        decode_tokens,
        instruction_set: runner.instructions(),
        prefill_tokens_per_s,
        decode_tokens_per_s,
        bytes_per_token,
        read_bandwidth_gb_s,
        share: decode_gb_s / read_bandwidth_gb_s,
    }
}

fn forward(runner: &mut ModelRunner, tokens: &[TokenId], cache: KvCache) -> KvCache {
    match runner.forward(tokens, cache, &|| false) {
        ForwardOutcome::Done { cache, .. } | ForwardOutcome::Aborted { cache } => cache,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^52")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

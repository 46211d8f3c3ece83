//! Measures prefill and decode speed beside the memory bandwidth of the same threads, or card.

mod bandwidth;

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::kv_cache::KvCache;
use crate::model_runner::{ForwardOutcome, ModelRunner, SequenceStep, Wanted};
use crate::request::{SamplingParams, TokenId};
use crate::sampling::Sampler;
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
    /// Chats that decode at once, each behind a prompt of its own.
    pub num_chats: usize,
}

impl Default for BenchParams {
    fn default() -> Self {
        Self {
            prefill_tokens: 512,
            decode_tokens: 128,
            num_chats: 1,
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
    /// New tokens of each chat.
    pub decode_tokens: usize,
    /// Chats that decoded at once.
    pub num_chats: usize,
    /// Instructions of the kernels, or `card`.
    pub instruction_set: &'static str,
    /// Tokens of a prompt a second.
    pub prefill_tokens_per_s: f64,
    /// From the prompt to the logits of its first new token, of a chat alone.
    pub time_to_first_token_s: f64,
    /// New tokens of all chats a second, median of the rounds.
    pub decode_tokens_per_s: f64,
    /// Weight bytes a decode step reads.
    pub bytes_per_token: usize,
    /// Bytes read a second divided by 1e9, by the threads or by the card that holds the last layer:
    /// median, measured between the rounds.
    pub read_bandwidth_gb_s: f64,
    /// Share of that bandwidth which decoding reaches, if each step reads what one chat's does.
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
    let mut caches = vec![forward(runner, &prompt, cache)];
    let prefill_time = start.elapsed();
    let num_chats = params.num_chats.max(1);
    for chat in 1..num_chats {
        let prompt: Vec<TokenId> = (chat..chat + prefill_tokens).map(token).collect();
        let cache = runner.new_cache();
        caches.push(forward(runner, &prompt, cache));
    }
    let (mut bandwidths, mut speeds) = (Vec::new(), Vec::new());
    let steps = decode_tokens.div_ceil(ROUNDS);
    for first in (0..decode_tokens).step_by(steps) {
        let start = Instant::now();
        buffer.read(runner);
        bandwidths.push(per_second(buffer.num_bytes(), start.elapsed()) / 1e9);
        let steps = steps.min(decode_tokens - first);
        let start = Instant::now();
        for step in first..first + steps {
            decode(runner, &mut caches, &|chat| token(step + chat));
        }
        speeds.push(per_second(steps * num_chats, start.elapsed()));
    }
    let (decode_tokens_per_s, read_bandwidth_gb_s) = (median(speeds), median(bandwidths));
    let bytes_per_token = runner.bytes_per_token();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a model has less than 2^52 bytes"
    )]
    let decode_gb_s = decode_tokens_per_s / num_chats as f64 * bytes_per_token as f64 / 1e9;
    BenchReport {
        num_threads: runner.kernel_context().pool().num_threads(),
        prefill_tokens,
        decode_tokens,
        num_chats,
        instruction_set: runner.instructions(),
        prefill_tokens_per_s: per_second(prefill_tokens, prefill_time),
        time_to_first_token_s: prefill_time.as_secs_f64(),
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

/// One step of all chats, as an engine makes it: a card draws the next tokens, too.
///
/// # Panics
/// If the runner has no room for so many chats.
fn decode(runner: &mut ModelRunner, caches: &mut [KvCache], token: &dyn Fn(usize) -> TokenId) {
    let draw = Sampler::new(SamplingParams::greedy(), &[]).draw(0);
    let draw = draw.filter(|_| runner.draws_tokens());
    let wanted = draw.map_or(Wanted::Logits, Wanted::Token);
    let tokens: Vec<[TokenId; 1]> = (0..caches.len()).map(|chat| [token(chat)]).collect();
    let mut sequences = Vec::with_capacity(caches.len());
    for (cache, tokens) in caches.iter_mut().zip(&tokens) {
        let reserved = cache.reserve(1);
        assert!(reserved.is_ok(), "room for every chat");
        sequences.push(SequenceStep {
            tokens,
            cache,
            wanted,
        });
    }
    runner.step(&mut sequences, &|_| false);
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^52")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

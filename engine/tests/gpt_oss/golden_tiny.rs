//! Tiny random checkpoints in the layout of the published one, from both file formats. No size of
//! the second is one of the first, and its variant has what GGUF cannot say.

use std::path::{Path, PathBuf};

use hearth_engine::kv_cache::KvCache;
use hearth_engine::loader::{ModelFile, WeightFormat};
use hearth_engine::model_runner::{ForwardOutcome, Logits, ModelRunner, RunnerConfig};
use hearth_engine::request::TokenId;
use safetensors::SafeTensors;
use serde::Deserialize;
use tempfile::TempDir;

use crate::targets;

/// One set of golden outputs, and the models that have to give them.
struct Checkpoint {
    golden: PathBuf,
    models: Vec<PathBuf>,
    /// Distance of a logit with f32 activations: ten times what two other implementations
    /// measured.
    tolerance: f32,
    /// Of the variant, which is put together for the test.
    _directory: Option<TempDir>,
}

/// Tokens that are followed where a text is shortened.
const SHORT: usize = 6;

/// Distance of a top-20 log-probability with activations of 8 bits: what llama.cpp measured for
/// this file, 0.15 to 1.0.
const INT8_TOLERANCE: f64 = 1.0;

#[derive(Deserialize)]
struct Golden {
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    name: String,
    ids: Vec<u32>,
    greedy64: Vec<u32>,
    prefix: Option<Prefix>,
}

#[derive(Deserialize)]
struct Prefix {
    #[serde(rename = "prefix_len")]
    length: usize,
    suffix_ids: Vec<u32>,
    greedy32: Vec<u32>,
}

impl Checkpoint {
    /// Both formats of a directory.
    fn of(name: &str, tolerance: f32) -> Self {
        let golden = crate::golden(name);
        let models = ["model", "model-bf16.gguf"].map(|model| golden.join(model));
        Self {
            golden,
            models: models.to_vec(),
            tolerance,
            _directory: None,
        }
    }

    fn first() -> Self {
        Self::of("gpt-oss-tiny", 2e-3)
    }

    fn second() -> Self {
        Self::of("gpt-oss-tiny-2", 1e-3)
    }

    /// The second with another `SwiGLU` limit and another order of layers.
    fn variant() -> Self {
        let second = Self::second();
        let directory = TempDir::new().unwrap();
        for entry in std::fs::read_dir(second.golden.join("model")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
        }
        let golden = second.golden.join("variant");
        std::fs::copy(
            golden.join("config.json"),
            directory.path().join("config.json"),
        )
        .unwrap();
        Self {
            golden,
            models: vec![directory.path().to_owned()],
            tolerance: second.tolerance,
            _directory: Some(directory),
        }
    }

    fn all() -> Vec<Self> {
        if crate::is_brief() {
            return vec![Self::first()];
        }
        vec![Self::first(), Self::second(), Self::variant()]
    }

    /// The files to be tested: formats differ before a weight is on a card, so one is enough there.
    fn models(&self) -> &[PathBuf] {
        if targets::is_card() {
            &self.models[..1]
        } else {
            &self.models
        }
    }

    fn golden(&self) -> (Golden, Vec<u8>) {
        let json = std::fs::read(self.golden.join("golden.json")).unwrap();
        let tensors = std::fs::read(self.golden.join("golden.safetensors")).unwrap();
        (serde_json::from_slice(&json).unwrap(), tensors)
    }
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let tensor = tensors.tensor(name).unwrap();
    let words = tensor.data().as_chunks::<4>().0;
    words.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

fn ids(tensors: &SafeTensors<'_>, name: &str) -> Vec<usize> {
    let tensor = tensors.tensor(name).unwrap();
    let words = tensor.data().as_chunks::<4>().0;
    let id = |word: &[u8; 4]| usize::try_from(i32::from_le_bytes(*word)).unwrap();
    words.iter().map(id).collect()
}

fn runner(path: &Path, exact: bool) -> ModelRunner {
    let config = RunnerConfig {
        num_threads: 2,
        exact,
        context_window: 1024,
        devices: vec![targets::id()],
        ..RunnerConfig::default()
    };
    let file = ModelFile::open(path).unwrap();
    ModelRunner::load(file, &config, &mut |_| ()).unwrap()
}

fn tokens(ids: &[u32]) -> Vec<TokenId> {
    ids.iter().copied().map(TokenId).collect()
}

fn forward(runner: &mut ModelRunner, ids: &[u32], cache: KvCache) -> (Logits, KvCache) {
    match runner.forward(&tokens(ids), cache, &|| false) {
        ForwardOutcome::Done { logits, cache } => (logits, cache),
        ForwardOutcome::Aborted { .. } => panic!("nobody aborted"),
    }
}

fn argmax(logits: &[f32]) -> u32 {
    let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    u32::try_from(best.unwrap()).unwrap()
}

fn distance(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let distances = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    distances.fold(0.0, |largest, it| if it > largest { it } else { largest })
}

/// Follows the model for as many tokens as are expected; never ends at a control token.
fn greedy(
    runner: &mut ModelRunner,
    (mut logits, mut cache): (Logits, KvCache),
    count: usize,
) -> (Vec<u32>, Logits) {
    let mut written = Vec::new();
    loop {
        written.push(argmax(&logits));
        if written.len() == count {
            return (written, logits);
        }
        (logits, cache) = forward(runner, &written[written.len() - 1..], cache);
    }
}

#[test]
fn float_activations_give_the_golden_logits_at_every_position_and_the_golden_text() {
    for checkpoint in Checkpoint::all() {
        let (golden, tensors) = checkpoint.golden();
        let tensors = SafeTensors::deserialize(&tensors).unwrap();
        for path in checkpoint.models() {
            let mut runner = runner(path, true);
            let mut farthest = 0.0_f32;
            for (number, prompt) in golden.prompts.iter().enumerate() {
                let found = check_prompt(
                    &mut runner,
                    prompt,
                    &|part: &str| floats(&tensors, &format!("p{number}.{part}")),
                    &ids(&tensors, &format!("p{number}.top20_ids")),
                );
                farthest = farthest.max(found);
            }
            eprintln!("{}: farthest logit {farthest:e}", path.display());
            assert!(farthest <= checkpoint.tolerance, "{farthest}");
        }
    }
}

/// Checks the text; the distance of the farthest logit.
fn check_prompt(
    runner: &mut ModelRunner,
    prompt: &Prompt,
    golden: &dyn Fn(&str) -> Vec<f32>,
    top_ids: &[usize],
) -> f32 {
    let cache = runner.new_cache();
    let (all, cache) = runner.forward_all(&tokens(&prompt.ids), cache);
    let last = all.last().unwrap().clone();
    let mut farthest = distance(&last, &golden("logits_last"));
    let top_logits = golden("top20_logits");
    let top = top_ids.chunks(20).zip(top_logits.chunks(20));
    for (logits, (ids, expected)) in all.iter().zip(top) {
        let found: Vec<f32> = ids.iter().map(|id| logits[*id]).collect();
        farthest = farthest.max(distance(&found, expected));
    }
    if crate::is_shortened() {
        let (written, _) = greedy(runner, (last, cache), SHORT);
        assert_eq!(written, prompt.greedy64[..SHORT], "{}", prompt.name);
        return farthest;
    }
    let (written, end) = greedy(runner, (last, cache), 64);
    assert_eq!(written, prompt.greedy64, "{}", prompt.name);
    farthest.max(distance(&end, &golden("logits_step63")))
}

#[test]
fn a_chunk_after_a_cached_prefix_gives_the_golden_logits_and_text() {
    let mut num_checked = 0;
    for checkpoint in Checkpoint::all() {
        let (golden, tensors) = checkpoint.golden();
        let tensors = SafeTensors::deserialize(&tensors).unwrap();
        for path in checkpoint.models() {
            let mut runner = runner(path, true);
            for (number, prompt) in golden.prompts.iter().enumerate() {
                let Some(prefix) = &prompt.prefix else {
                    continue;
                };
                let cache = runner.new_cache();
                let (_, cache) = forward(&mut runner, &prompt.ids[..prefix.length], cache);
                let (logits, cache) = forward(&mut runner, &prefix.suffix_ids, cache);
                let expected = floats(&tensors, &format!("p{number}.prefix_logits_last"));
                let farthest = distance(&logits, &expected);
                assert!(
                    farthest <= checkpoint.tolerance,
                    "{}: {farthest}",
                    prompt.name
                );
                let length = if crate::is_shortened() { SHORT } else { 32 };
                let (written, _) = greedy(&mut runner, (logits, cache), length);
                assert_eq!(written, prefix.greedy32[..length], "{}", prompt.name);
                num_checked += 1;
            }
        }
    }
    let enough = if targets::is_card() { 10 } else { 16 };
    assert!(num_checked >= enough, "{num_checked}");
}

#[test]
fn rounded_activations_stay_as_near_as_llama_cpp_does() {
    if targets::is_card() {
        eprintln!("skipped: a card does not round activations");
        return;
    }
    let checkpoint = Checkpoint::first();
    let (golden, tensors) = checkpoint.golden();
    let tensors = SafeTensors::deserialize(&tensors).unwrap();
    let log_total = |logits: &[f32]| -> f64 {
        let total: f64 = logits.iter().map(|it| f64::from(*it).exp()).sum();
        total.ln()
    };
    for path in checkpoint.models() {
        let mut runner = runner(path, false);
        let mut distances = Vec::new();
        for (number, prompt) in golden.prompts.iter().enumerate() {
            let cache = runner.new_cache();
            let (logits, _) = forward(&mut runner, &prompt.ids, cache);
            let expected = floats(&tensors, &format!("p{number}.logits_last"));
            let (found_total, total) = (log_total(&logits), log_total(&expected));
            let mut order: Vec<usize> = (0..expected.len()).collect();
            order.sort_by(|a, b| expected[*b].total_cmp(&expected[*a]));
            let farthest = order[..20].iter().map(|id| {
                let golden = f64::from(expected[*id]) - total;
                (f64::from(logits[*id]) - found_total - golden).abs()
            });
            distances.push(farthest.fold(0.0, f64::max));
        }
        eprintln!("{}: {distances:.3?}", path.display());
        let farthest = distances.iter().copied().fold(0.0, f64::max);
        assert!(farthest <= INT8_TOLERANCE, "{distances:?}");
    }
}

#[test]
fn both_formats_give_the_same_bits_and_a_prefill_is_its_decode_steps() {
    if targets::is_card() {
        eprintln!("skipped: bits are promised on processors");
        return;
    }
    for checkpoint in [Checkpoint::first(), Checkpoint::second()] {
        let (golden, _) = checkpoint.golden();
        let mut prompts = golden.prompts.iter();
        let prompt = prompts.find(|it| it.name == "past_window").unwrap();
        for exact in [true, false] {
            let whole: Vec<Vec<Logits>> = checkpoint
                .models
                .iter()
                .map(|path| check_decode(&mut runner(path, exact), &prompt.ids))
                .collect();
            assert_eq!(whole[0], whole[1], "exact: {exact}");
        }
    }
}

/// The logits of a prefill, which those of single steps equal to the bit.
fn check_decode(runner: &mut ModelRunner, ids: &[u32]) -> Vec<Logits> {
    let cache = runner.new_cache();
    let (all, _) = runner.forward_all(&tokens(ids), cache);
    let mut cache = runner.new_cache();
    for (id, expected) in ids.iter().zip(&all) {
        let logits;
        (logits, cache) = forward(runner, &[*id], cache);
        let mut pairs = logits.iter().zip(expected);
        assert!(pairs.all(|(a, b)| a.to_bits() == b.to_bits()));
    }
    all
}

/// Kullback-Leibler divergence of the prediction `found` from `expected`, in nats.
fn divergence(expected: &[f32], found: &[f32]) -> f64 {
    let total = |logits: &[f32]| {
        let powers = logits.iter().map(|logit| f64::from(*logit).exp());
        powers.sum::<f64>().ln()
    };
    let (expected_total, found_total) = (total(expected), total(found));
    let terms = expected.iter().zip(found).map(|(expected, found)| {
        let expected = f64::from(*expected) - expected_total;
        expected.exp() * (expected - (f64::from(*found) - found_total))
    });
    terms.sum()
}

/// Plain weights in 8 bits: half the bytes of bf16 to read, and nearly the same predictions.
#[test]
fn weights_of_eight_bits_are_fewer_bytes_of_nearly_the_same_model() {
    for checkpoint in Checkpoint::all() {
        let prompt = &checkpoint.golden().0.prompts[0];
        for path in checkpoint.models() {
            let mut stored = runner(path, true);
            let config = RunnerConfig {
                num_threads: 2,
                exact: true,
                context_window: 1024,
                weights: WeightFormat::Q8,
                devices: vec![targets::id()],
                ..RunnerConfig::default()
            };
            let file = ModelFile::open(path).unwrap();
            let mut small = ModelRunner::load(file, &config, &mut |_| ()).unwrap();
            let (before, after) = (stored.bytes_per_token(), small.bytes_per_token());
            assert!(after * 10 < before * 9, "{before} bytes, then {after}");
            let last = |runner: &mut ModelRunner| {
                let cache = runner.new_cache();
                forward(runner, &prompt.ids, cache).0
            };
            let (expected, found) = (last(&mut stored), last(&mut small));
            let divergence = divergence(&expected, &found);
            let what = path.display();
            eprintln!("{what}: {before} bytes, then {after}; {divergence:e}");
            assert!(divergence > 0.0, "the weights were not rounded");
            assert!(divergence < 0.05, "{divergence}");
        }
    }
}

//! Several devices: layers apart, and replicas side by side.

use std::path::PathBuf;

use hearth_engine::device::{DeviceChoice, DeviceId, Parallel};
use hearth_engine::handle::{Disturbance, EngineConfig, EngineHandle, ModelSource, UserKey};
use hearth_engine::loader::ModelFile;
use hearth_engine::model_runner::{Logits, ModelRunner, RunnerConfig};
use hearth_engine::request::{GenerateRequest, SamplingParams, TokenId, TokenOptions};

use crate::{targets, written};

/// Distance of a logit, as between implementations: see `golden_tiny`.
const TOLERANCE: f32 = 2e-3;

const MAX_TOKENS: usize = 24;

/// Logits of every position of a prompt, in two chunks, with layers on these devices.
fn logits(devices: &[DeviceId], layer_counts: &[usize]) -> Vec<Logits> {
    let config = RunnerConfig {
        num_threads: 2,
        exact: true,
        context_window: 256,
        devices: devices.to_vec(),
        layer_counts: layer_counts.to_vec(),
        ..RunnerConfig::default()
    };
    let file = ModelFile::open(&crate::golden("gpt-oss-tiny").join("model")).unwrap();
    let mut runner = ModelRunner::load(file, &config, &mut |_| ()).unwrap();
    let tokens: Vec<TokenId> = (0..150).map(|index| TokenId(index * 37 % 4000)).collect();
    let (first, rest) = tokens.split_at(100);
    let cache = runner.new_cache();
    let (mut logits, cache) = runner.forward_all(first, cache);
    logits.extend(runner.forward_all(rest, cache).0);
    logits
}

#[test]
fn layers_on_several_devices_are_the_model() {
    let whole = logits(&[DeviceId::Cpu], &[]);
    let (other, cpu) = (targets::id(), DeviceId::Cpu);
    let splits: [(&[DeviceId], &[usize]); 4] = [
        (&[other, cpu], &[]),
        (&[cpu, other], &[1, 3]),
        (&[other, other], &[3, 1]),
        (&[other, cpu, other], &[1, 0, 3]),
    ];
    for (devices, counts) in splits {
        let split = logits(devices, counts);
        assert_eq!(split.len(), whole.len());
        let mut farthest = 0.0_f32;
        for (found, expected) in split.iter().flatten().zip(whole.iter().flatten()) {
            farthest = farthest.max((found - expected).abs());
        }
        eprintln!("{devices:?} {counts:?}: farthest logit {farthest:e}");
        // The processor's own bits do not depend on where a layer is.
        let tolerance = if targets::is_card() { TOLERANCE } else { 0.0 };
        assert!(farthest <= tolerance, "{devices:?} {counts:?}: {farthest}");
    }
}

fn replicas(devices: Vec<DeviceId>) -> EngineHandle {
    let model = crate::golden("gpt-oss-tiny").join("model");
    start(devices, ModelSource::File(model))
}

fn start(devices: Vec<DeviceId>, model: ModelSource) -> EngineHandle {
    let config = EngineConfig {
        num_threads: 1,
        context_window: 256,
        exact: true,
        max_running: 1,
        device: DeviceChoice::Listed(devices),
        parallel: Parallel::Replicas,
        ..EngineConfig::default()
    };
    EngineHandle::start(model, config)
}

/// Tokens of the prompt. On a card, with the answer, as few as are never cut into chunks: those are
/// as long as there is time for, and a card rounds chunks of one size differently from others.
fn prompt_length() -> u32 {
    if targets::is_card() { 8 } else { 40 }
}

/// A prompt of random letters, and the beginning of what is written behind it.
fn request(answer_so_far: &[TokenId]) -> GenerateRequest {
    GenerateRequest {
        prompt: (0..prompt_length())
            .map(|index| TokenId(index * 11 % 4000))
            .collect(),
        answer_so_far: answer_so_far.to_vec(),
        sampling: SamplingParams {
            seed: 5,
            temperature: 1.0,
            ..SamplingParams::greedy()
        },
        max_tokens: MAX_TOKENS - answer_so_far.len(),
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: None,
    }
}

/// What is written; every engine has one place.
async fn answers(engine: &EngineHandle, count: u128) -> Vec<Vec<TokenId>> {
    let submit = |user| engine.resume(UserKey(user), request(&[]));
    let streams: Vec<_> = (0..count).map(submit).collect();
    let mut answers = Vec::new();
    for stream in streams {
        answers.push(written(stream).await);
    }
    answers
}

/// Whether an answer is the first engine's up to some token, and from there on what the second
/// writes behind that.
async fn is_handed_over(answer: &[TokenId], first: &[TokenId], second: &EngineHandle) -> bool {
    for place in 0..first.len() {
        let begun = &first[..place];
        if !answer.starts_with(begun) {
            return false;
        }
        let rest = written(second.resume(UserKey(1), request(begun))).await;
        if answer[place..] == rest {
            return true;
        }
    }
    answer == first
}

#[tokio::test]
async fn two_replicas_of_one_kind_give_identical_ids() {
    let alone = answers(&replicas(vec![targets::id()]), 1).await;
    let both = answers(&replicas(vec![targets::id(); 2]), 4).await;
    assert!(both.iter().all(|answer| *answer == alone[0]), "{both:?}");
}

#[tokio::test]
async fn an_engine_that_fails_in_mid_answer_loses_nothing() {
    let alone = answers(&replicas(vec![targets::id()]), 1).await;
    for (num_steps, other) in [(0, targets::id()), (7, targets::id()), (11, DeviceId::Cpu)] {
        let second = replicas(vec![other]);
        for answer in answers(&failing(num_steps, other), 3).await {
            // A processor gives the same bits, however many tokens it computes at once.
            let is_whole = if targets::is_card() {
                is_handed_over(&answer, &alone[0], &second).await
            } else {
                answer == alone[0]
            };
            assert!(is_whole, "{answer:?}, alone {:?}", alone[0]);
        }
    }
}

/// A model whose first engine fails after so many steps.
fn failing_after(model: PathBuf, fails_after: Vec<usize>) -> ModelSource {
    let disturbance = Disturbance {
        fails_after,
        ..Disturbance::default()
    };
    ModelSource::Disturbed(model, disturbance)
}

/// Two engines, of which the first fails after so many steps.
fn failing(num_steps: usize, other: DeviceId) -> EngineHandle {
    let model = crate::golden("gpt-oss-tiny").join("model");
    start(
        vec![targets::id(), other],
        failing_after(model, vec![num_steps]),
    )
}

#[tokio::test]
async fn an_engine_alone_that_is_loaded_again_gives_the_same_ids() {
    let alone = answers(&replicas(vec![targets::id()]), 3).await;
    let model = crate::golden("gpt-oss-tiny").join("model");
    for num_steps in [vec![0], vec![7], vec![11]] {
        let source = failing_after(model.clone(), num_steps.clone());
        let engine = start(vec![targets::id()], source);
        let found = answers(&engine, 3).await;
        if targets::is_card() {
            let second = replicas(vec![targets::id()]);
            assert!(is_handed_over(&found[0], &alone[0], &second).await);
        } else {
            assert_eq!(found, alone, "{num_steps:?}");
        }
    }
}

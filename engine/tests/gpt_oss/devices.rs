//! Several devices: layers apart, and replicas side by side.

use hearth_engine::device::{DeviceChoice, DeviceId, Parallel};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource, UserKey};
use hearth_engine::loader::ModelFile;
use hearth_engine::model_runner::{Logits, ModelRunner, RunnerConfig};
use hearth_engine::request::{
    GenerateRequest, GenerationEvent, SamplingParams, TokenId, TokenOptions,
};

use crate::targets;

/// Distance of a logit, as between implementations: see `golden_tiny`.
const TOLERANCE: f32 = 2e-3;

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

/// What is written behind a prompt of random letters; every engine has one place.
async fn answers(engine: &EngineHandle, count: u128) -> Vec<Vec<TokenId>> {
    let request = GenerateRequest {
        prompt: (0..40).map(|index| TokenId(index * 11 % 4000)).collect(),
        answer_so_far: Vec::new(),
        sampling: SamplingParams {
            seed: 5,
            temperature: 1.0,
            ..SamplingParams::greedy()
        },
        max_tokens: 24,
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: None,
    };
    let submit = |user| engine.resume(UserKey(user), request.clone());
    let streams: Vec<_> = (0..count).map(submit).collect();
    let mut answers = Vec::new();
    for mut stream in streams {
        let mut written = Vec::new();
        while let Some(event) = stream.next().await {
            match event {
                GenerationEvent::Tokens { ids, .. } => written.extend(ids),
                GenerationEvent::Failed(error) => panic!("{error}"),
                _ => {}
            }
        }
        assert!(!written.is_empty());
        answers.push(written);
    }
    answers
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
    let model = crate::golden("gpt-oss-tiny").join("model");
    for (num_steps, last) in [(0, targets::id()), (7, targets::id()), (11, DeviceId::Cpu)] {
        let model = ModelSource::Failing(model.clone(), num_steps);
        let found = answers(&start(vec![targets::id(), last], model), 3).await;
        assert!(found.iter().all(|answer| *answer == alone[0]), "{found:?}");
    }
}

//! How probable a given text is: what the engine tells is what the logits say.

use hearth_engine::device::DeviceChoice;
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource, UserKey};
use hearth_engine::loader::ModelFile;
use hearth_engine::model_runner::{ModelRunner, RunnerConfig, SequenceStep, StepOutput, Wanted};
use hearth_engine::request::{
    FinishReason, GenerateRequest, GenerationEvent, SamplingParams, TokenId, TokenLogprobs,
    TokenOptions,
};

use super::preemption;
use crate::targets;

fn text(seed: u32, length: u32) -> Vec<TokenId> {
    (0..length)
        .map(|index| TokenId((index * 41 + seed * 301) % 4000))
        .collect()
}

/// The logits behind every token of a text, computed alone and one by one.
fn logits(text: &[TokenId]) -> Vec<Vec<f32>> {
    let config = RunnerConfig {
        num_threads: 2,
        context_window: 512,
        devices: vec![targets::id()],
        ..RunnerConfig::default()
    };
    let file = ModelFile::open(&crate::golden("gpt-oss-tiny").join("model")).unwrap();
    let mut runner = ModelRunner::load(file, &config, &mut |_| ()).unwrap();
    let mut cache = runner.kv_pool().new_cache();
    let behind = text.chunks(1).map(|tokens| {
        runner.kv_pool_mut().reserve(&mut cache, 1).unwrap();
        let step = SequenceStep {
            tokens,
            cache: &mut cache,
            wanted: Wanted::Logits,
        };
        match runner.step(&mut [step], &|_| false).remove(0) {
            StepOutput::Logits(logits) => logits,
            other => panic!("{other:?}"),
        }
    });
    behind.collect()
}

fn request(prompt: &[TokenId], max_tokens: usize) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.to_vec(),
        answer_so_far: Vec::new(),
        sampling: SamplingParams::greedy(),
        max_tokens,
        stop: Vec::new(),
        options: TokenOptions {
            scores_prompt: true,
            top_logprobs: Some(2),
            ignores_end: true,
            is_plain: true,
            ..TokenOptions::default()
        },
        num_shared_tokens: 0,
        session: None,
    }
}

/// What is told of a prompt, and how many tokens were written.
async fn told(engine: &EngineHandle, request: GenerateRequest) -> (Vec<TokenLogprobs>, usize) {
    let mut stream = engine.resume(UserKey(1), request);
    let mut found = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            GenerationEvent::PromptLogprobs(next) => found.extend(next),
            GenerationEvent::Finished { reason, usage } => {
                assert_eq!(reason, FinishReason::Length);
                return (found, usage.completion_tokens);
            }
            GenerationEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    }
    panic!("the stream ended early");
}

/// The natural logarithm of the probability of `id`.
fn log_probability(logits: &[f32], id: TokenId) -> f64 {
    let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    f64::from(logits[id.0 as usize]) - total.ln()
}

#[tokio::test]
async fn every_given_token_is_told_with_its_probability_whatever_runs_beside_it() {
    let config = EngineConfig {
        num_threads: 2,
        context_window: 512,
        device: DeviceChoice::Listed(vec![targets::id()]),
        ..EngineConfig::default()
    };
    let model = crate::golden("gpt-oss-tiny").join("model");
    let engine = EngineHandle::start(ModelSource::File(model), config);
    let (prompt, other) = (text(1, 150), text(2, 90));
    let expected = logits(&prompt);
    let alone = told(&engine, request(&prompt, 0)).await;
    assert_eq!((alone.0.len(), alone.1), (149, 0));
    for (number, logprobs) in (1..).zip(&alone.0) {
        let behind = &expected[number - 1];
        assert_eq!(logprobs.id, prompt[number]);
        let wanted = log_probability(behind, logprobs.id);
        assert!(
            (f64::from(logprobs.logprob) - wanted).abs() < 1e-3,
            "{number}"
        );
        assert_eq!(logprobs.top.len(), 2);
        let best = behind.iter().copied().fold(f32::MIN, f32::max);
        let told = behind[logprobs.top[0].0.0 as usize];
        assert!(best - told < 1e-3, "{number}: {told} of {best}");
    }
    let beside = engine.clone();
    let other = tokio::spawn(async move { told(&beside, request(&other, 40)).await });
    let (again, written) = told(&engine, request(&prompt, 5)).await;
    assert_eq!(written, 5);
    if targets::is_card() {
        let pairs = again.iter().zip(&alone.0);
        let far = pairs.filter(|(again, alone)| (again.logprob - alone.logprob).abs() > 1e-3);
        assert_eq!((again.len(), far.count()), (149, 0));
    } else {
        assert_eq!(again, alone.0);
    }
    assert_eq!(other.await.unwrap().1, 40);
    // A single token has none before it.
    assert_eq!(
        told(&engine, request(&prompt[..1], 0)).await,
        (Vec::new(), 0)
    );
}

#[tokio::test]
async fn a_sequence_that_is_halted_tells_every_probability_once() {
    if targets::is_card() {
        eprintln!("skipped: bits are promised on processors");
        return;
    }
    let scored = async |engine: &EngineHandle| {
        let asked = (1..5).map(|number| {
            let engine = engine.clone();
            tokio::spawn(async move { told(&engine, request(&text(number, 100), 100)).await })
        });
        let mut found = Vec::new();
        for answer in asked.collect::<Vec<_>>() {
            found.push(answer.await.unwrap());
        }
        found
    };
    let (roomy, tight) = (preemption::engine(64), preemption::engine(28));
    let (expected, found) = (scored(&roomy).await, scored(&tight).await);
    assert!(tight.counters().preemptions > 0, "nothing was halted");
    assert_eq!(roomy.counters().preemptions, 0);
    assert!(
        found == expected,
        "what is told depends on the room there is"
    );
}

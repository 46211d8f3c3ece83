//! Prompts that begin like earlier ones: what is kept is what would be computed, to the bit.

use hearth_engine::kv_cache::PlannedSequences;
use hearth_engine::loader::ModelFile;
use hearth_engine::model_runner::{
    Logits, ModelRunner, RunnerConfig, SequenceStep, StepOutput, Wanted,
};
use hearth_engine::prefix_cache::Salt;
use hearth_engine::request::TokenId;

use crate::targets;

const ANNE: Salt = Salt {
    owner: 1,
    num_shared_tokens: 0,
};

fn runner() -> ModelRunner {
    let config = RunnerConfig {
        num_threads: 2,
        context_window: 1_024,
        sequences: Some(PlannedSequences::full(2)),
        devices: vec![targets::id()],
        ..RunnerConfig::default()
    };
    let file = ModelFile::open(&crate::golden("gpt-oss-tiny").join("model")).unwrap();
    ModelRunner::load(file, &config, &mut |_| ()).unwrap()
}

fn text(seed: u32, length: u32) -> Vec<TokenId> {
    (0..length)
        .map(|index| TokenId((index * 37 + seed * 501) % 4000))
        .collect()
}

/// Computes what is not kept of a prompt, keeps it, and gives the number of tokens that were there
/// and the logits behind the last one.
fn compute(runner: &mut ModelRunner, prompt: &[TokenId], salt: Salt) -> (usize, Logits) {
    let mut cache = runner.kv_pool_mut().cache_for(prompt, salt);
    let num_cached = cache.len();
    let mut logits = Vec::new();
    for tokens in prompt[num_cached..].chunks(100) {
        runner
            .kv_pool_mut()
            .reserve(&mut cache, tokens.len())
            .unwrap();
        let step = SequenceStep {
            tokens,
            cache: &mut cache,
            wanted: Wanted::Logits,
        };
        let mut outputs = runner.step(&mut [step], &|_| false);
        let StepOutput::Logits(of_step) = outputs.remove(0) else {
            panic!("logits were wanted");
        };
        logits = of_step;
    }
    runner.kv_pool_mut().keep(&cache, prompt, salt);
    (num_cached, logits)
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

#[test]
fn a_cached_beginning_gives_the_bits_of_a_computed_one() {
    let tolerance = if targets::is_card() { 1e-4 } else { 0.0 };
    let mut keeping = runner();
    let first = text(1, 200);
    assert_eq!(compute(&mut keeping, &first, ANNE).0, 0);
    // What follows the prompt is left out of the next one, as reasoning is.
    let turns = [
        ([&first[..], &text(2, 30)].concat(), 192),
        ([&first[..195], &text(3, 90)].concat(), 192),
        ([&first[..195], &text(3, 90), &text(4, 40)].concat(), 272),
        (first.clone(), 192),
        (text(5, 50), 0),
    ];
    for (prompt, expected) in turns {
        let (num_cached, logits) = compute(&mut keeping, &prompt, ANNE);
        assert_eq!(num_cached, expected, "of {} tokens", prompt.len());
        let (_, fresh) = compute(&mut runner(), &prompt, ANNE);
        if tolerance == 0.0 {
            assert_eq!(bits(&logits), bits(&fresh));
        }
        let distances = logits.iter().zip(&fresh).map(|(a, b)| (a - b).abs());
        assert!(distances.fold(0.0, f32::max) <= tolerance);
    }
    let stranger = Salt { owner: 2, ..ANNE };
    assert_eq!(compute(&mut keeping, &first, stranger).0, 0);
}

#[test]
fn what_is_kept_makes_room_for_what_runs() {
    let mut runner = runner();
    let [all, recent] = runner.kv_pool().num_free_blocks();
    for seed in 0..12 {
        compute(&mut runner, &text(seed, 500), ANNE);
        assert_eq!(
            runner.kv_pool().num_free_blocks(),
            [all, recent],
            "nothing is in use"
        );
    }
    assert!(runner.kv_pool().num_kept_blocks() > all / 2);
    // The last one is there, the first one had to go.
    assert!(compute(&mut runner, &text(11, 500), ANNE).0 > 400);
    assert_eq!(compute(&mut runner, &text(0, 500), ANNE).0, 0);
}

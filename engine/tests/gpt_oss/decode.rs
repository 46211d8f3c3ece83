//! Several sequences in one step, and tokens that are drawn where the logits are.

use hearth_engine::kernels::Draw;
use hearth_engine::kv_cache::KvCache;
use hearth_engine::loader::ModelFile;
use hearth_engine::model_runner::{
    ForwardOutcome, ModelRunner, RunnerConfig, SequenceStep, StepOutput, Wanted,
};
use hearth_engine::request::TokenId;

use crate::targets;

/// New tokens of each sequence: past the sliding window of the tiny model on the way.
const LENGTH: usize = 20;

const GREEDY: Draw = Draw {
    temperature: 0.0,
    top_k: 0,
    top_p: 1.0,
    min_p: 0.0,
    unit: 0.0,
};

fn runner() -> ModelRunner {
    let config = RunnerConfig {
        num_threads: 2,
        exact: true,
        context_window: 256,
        devices: vec![targets::id()],
        ..RunnerConfig::default()
    };
    let file = ModelFile::open(&crate::golden("gpt-oss-tiny").join("model")).unwrap();
    ModelRunner::load(file, &config, &mut |_| ()).unwrap()
}

fn prompt(number: u32) -> Vec<TokenId> {
    let length = [120, 9, 33][number as usize];
    let token = |index: u32| TokenId((index * 37 + number * 501) % 4000);
    (0..length).map(token).collect()
}

/// The most probable tokens, one sequence alone, from its logits.
fn alone(runner: &mut ModelRunner, prompt: &[TokenId]) -> Vec<TokenId> {
    let mut cache = runner.new_cache();
    let (mut next, mut written) = (prompt.to_vec(), Vec::new());
    while written.len() < LENGTH {
        let outcome = runner.forward(&next, cache, &|| false);
        let ForwardOutcome::Done {
            logits,
            cache: kept,
        } = outcome
        else {
            panic!("nobody aborted");
        };
        cache = kept;
        let best = (0_u32..).zip(&logits).max_by(|a, b| a.1.total_cmp(b.1));
        next = vec![TokenId(best.unwrap().0)];
        written.extend(&next);
    }
    written
}

/// One step of the sequences; everyone wants the next token.
fn step(
    runner: &mut ModelRunner,
    parts: &mut [(KvCache, Vec<TokenId>)],
    draw: Draw,
) -> Vec<TokenId> {
    for (cache, next) in &mut *parts {
        cache.reserve(next.len()).unwrap();
    }
    let mut sequences: Vec<SequenceStep<'_>> = parts
        .iter_mut()
        .map(|(cache, tokens)| SequenceStep {
            tokens,
            cache,
            wanted: Wanted::Token(draw),
        })
        .collect();
    let outputs = runner.step(&mut sequences, &|_| false);
    let token = |output| match output {
        StepOutput::Token(token) => token,
        other => panic!("a token was wanted, not {other:?}"),
    };
    outputs.into_iter().map(token).collect()
}

#[test]
fn tokens_drawn_together_are_those_of_sequences_alone() {
    let mut runner = runner();
    let prompts = [prompt(0), prompt(1), prompt(2)];
    let expected: Vec<Vec<TokenId>> = prompts
        .iter()
        .map(|prompt| alone(&mut runner, prompt))
        .collect();
    let before = runner.num_recorded_runs();
    assert_eq!(before, 0, "logits are wanted here");
    // The second one comes later and the first one leaves early.
    let mut parts = vec![(runner.new_cache(), prompts[0].clone())];
    let mut written: Vec<Vec<TokenId>> = vec![Vec::new(); 3];
    let mut running = vec![0];
    for round in 0..LENGTH + 4 {
        if round == 2 || round == 4 {
            let number = round / 2;
            parts.push((runner.new_cache(), prompts[number].clone()));
            running.push(number);
        }
        let tokens = step(&mut runner, &mut parts, GREEDY);
        for ((number, token), part) in running.iter().zip(tokens).zip(&mut parts) {
            written[*number].push(token);
            part.1 = vec![token];
        }
        let is_done = |number: &usize| written[*number].len() == LENGTH;
        let done: Vec<bool> = running.iter().map(is_done).collect();
        let mut kept = done.iter().map(|done| !done);
        parts.retain(|_| kept.next().unwrap());
        let mut kept = done.iter().map(|done| !done);
        running.retain(|_| kept.next().unwrap());
    }
    assert_eq!(written, expected);
    let recorded = runner.num_recorded_runs();
    if targets::is_card() {
        // All but the three steps that computed prompts.
        assert_eq!(recorded, LENGTH + 4 - 3);
    } else {
        assert_eq!(recorded, 0);
    }
}

#[test]
fn draws_of_a_recorded_step_are_new_ones() {
    let mut runner = runner();
    let random = |unit| Draw {
        temperature: 1.5,
        top_k: 50,
        unit,
        ..GREEDY
    };
    let mut drawn = Vec::new();
    for unit in [0.01, 0.3, 0.7, 0.99, 0.01] {
        let mut parts = vec![(runner.new_cache(), prompt(1))];
        parts[0].1 = step(&mut runner, &mut parts, GREEDY);
        drawn.extend(step(&mut runner, &mut parts, random(unit)));
    }
    assert_eq!(drawn[0], drawn[4]);
    let expected = if targets::is_card() { 5 } else { 0 };
    assert_eq!(runner.num_recorded_runs(), expected);
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 4, "{drawn:?}");
}

//! The equalities that exact continuation, prefix caching and batching rest on, bit for bit.

use hearth_engine::kv_cache::KvCache;
use hearth_engine::loader::GgufFile;
use hearth_engine::model_runner::{
    ForwardOutcome, Logits, ModelRunner, RunnerConfig, SequenceStep, StepOutput, Wanted,
};
use hearth_engine::request::TokenId;
use proptest::prelude::*;

use super::tiny_gguf::{CONTEXT_LENGTH, TinyGguf, VOCAB_SIZE};

fn runner(seed: u64, num_threads: usize, exact: bool) -> ModelRunner {
    let written = TinyGguf::new(seed).write();
    let file = GgufFile::open(written.path()).unwrap();
    let config = RunnerConfig {
        num_threads,
        exact,
        ..RunnerConfig::default()
    };
    ModelRunner::load(file, &config, &mut |_| ()).unwrap()
}

fn forward(runner: &mut ModelRunner, tokens: &[TokenId], cache: KvCache) -> (Logits, KvCache) {
    match runner.forward(tokens, cache, &|| false) {
        ForwardOutcome::Done { logits, cache } => (logits, cache),
        ForwardOutcome::Aborted { .. } => panic!("nobody aborted"),
    }
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

fn tokens() -> impl Strategy<Value = Vec<TokenId>> {
    let token = (0..u32::try_from(VOCAB_SIZE).unwrap()).prop_map(TokenId);
    prop::collection::vec(token, 1..40)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop::sample::select(vec![Wanted::Nothing, Wanted::Logits, Wanted::EachLogits])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_prefill_of_n_tokens_is_n_decode_steps(
        tokens in tokens(), seed in 0_u64..4, exact in any::<bool>(),
    ) {
        let mut runner = runner(seed, 2, exact);
        let cache = runner.new_cache();
        let (whole, _) = runner.forward_all(&tokens, cache);
        let mut cache = runner.new_cache();
        for (token, expected) in tokens.iter().zip(&whole) {
            let logits;
            (logits, cache) = forward(&mut runner, &[*token], cache);
            prop_assert!(logits.iter().all(|logit| logit.is_finite()));
            prop_assert_eq!(bits(&logits), bits(expected));
        }
    }

    #[test]
    fn a_chunked_prefill_is_the_whole_one_on_any_number_of_threads(
        tokens in tokens(), chunk in 1_usize..12, seed in 0_u64..4,
    ) {
        let mut one = runner(seed, 1, false);
        let cache = one.new_cache();
        let (whole, _) = forward(&mut one, &tokens, cache);
        let mut three = runner(seed, 3, false);
        let (mut cache, mut last) = (three.new_cache(), Vec::new());
        for chunk in tokens.chunks(chunk) {
            (last, cache) = forward(&mut three, chunk, cache);
        }
        prop_assert_eq!(cache.len(), tokens.len());
        prop_assert_eq!(bits(&last), bits(&whole));
    }

    #[test]
    fn a_step_of_several_sequences_is_each_alone(
        sequences in prop::collection::vec(tokens(), 1..5),
        sizes in prop::collection::vec((0_usize..9, wanted()), 60),
        seed in 0_u64..4,
        exact in any::<bool>(),
    ) {
        let mut runner = runner(seed, 2, exact);
        let mut expected = Vec::new();
        for tokens in &sequences {
            let cache = runner.new_cache();
            expected.push(runner.forward_all(tokens, cache).0);
        }
        let mut caches: Vec<KvCache> = sequences.iter().map(|_| runner.new_cache()).collect();
        for sizes in sizes.chunks(sequences.len()) {
            let mut steps = Vec::new();
            let mut places = Vec::new();
            let parts = sequences.iter().zip(&mut caches).zip(sizes).enumerate();
            for (index, ((tokens, cache), (size, wanted))) in parts {
                let first = cache.len();
                let end = (first + size).min(tokens.len());
                if first < end {
                    cache.reserve(end - first).unwrap();
                    places.push((index, first..end));
                    let (tokens, wanted) = (&tokens[first..end], *wanted);
                    steps.push(SequenceStep { tokens, cache, wanted });
                }
            }
            if steps.is_empty() {
                continue;
            }
            let outputs = runner.step(&mut steps, &|_| false);
            let wanted: Vec<Wanted> = steps.iter().map(|step| step.wanted).collect();
            for ((index, positions), (wanted, output)) in
                places.into_iter().zip(wanted.into_iter().zip(outputs))
            {
                let of_all = &expected[index][positions];
                let (found, expected) = match (wanted, output) {
                    (Wanted::Nothing, StepOutput::Nothing) => continue,
                    (Wanted::Logits, StepOutput::Logits(logits)) => {
                        (vec![logits], &of_all[of_all.len() - 1..])
                    }
                    (Wanted::EachLogits, StepOutput::EachLogits(rows)) => (rows, of_all),
                    (wanted, output) => panic!("{wanted:?} was wanted and is {output:?}"),
                };
                prop_assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    prop_assert_eq!(bits(found), bits(expected));
                }
            }
        }
    }

}

#[test]
fn an_aborted_pass_gives_the_cache_back_as_it_was() {
    let mut runner = runner(1, 2, false);
    let cache = runner.new_cache();
    let (_, cache) = forward(&mut runner, &[TokenId(3), TokenId(4)], cache);
    let asked = std::cell::Cell::new(0);
    let second_layer = || {
        asked.set(asked.get() + 1);
        asked.get() == 2
    };
    let outcome = runner.forward(&[TokenId(5)], cache, &second_layer);
    let ForwardOutcome::Aborted { cache } = outcome else {
        panic!("it was aborted")
    };
    assert_eq!(cache.len(), 2);
    let (after, _) = forward(&mut runner, &[TokenId(6)], cache);
    let cache = runner.new_cache();
    let (expected, _) = forward(&mut runner, &[TokenId(3), TokenId(4), TokenId(6)], cache);
    assert_eq!(bits(&after), bits(&expected));
}

/// From the moment on in which nobody wants a sequence, no further layer begins for it.
#[test]
fn an_unwanted_sequence_falls_out_between_two_layers_and_the_others_never_notice() {
    let prompts = [3_u32, 40, 7].map(|first| (first..first + 9).map(TokenId).collect::<Vec<_>>());
    let mut runner = runner(2, 2, false);
    let alone = prompts.each_ref().map(|prompt| {
        let cache = runner.new_cache();
        forward(&mut runner, prompt, cache).0
    });
    for layers_before in 0..2 {
        let mut caches = [(); 3].map(|()| runner.new_cache());
        let asked = [(); 3].map(|()| std::cell::Cell::new(0));
        let unwanted = |number: usize| {
            asked[number].set(asked[number].get() + 1);
            number == 1 && asked[1].get() > layers_before
        };
        let mut steps = Vec::new();
        for (cache, tokens) in caches.iter_mut().zip(&prompts) {
            cache.reserve(tokens.len()).unwrap();
            let wanted = Wanted::Logits;
            steps.push(SequenceStep {
                tokens,
                cache,
                wanted,
            });
        }
        let outputs = runner.step(&mut steps, &unwanted);
        assert_eq!(outputs[1], StepOutput::GivenUp);
        for number in [0, 2] {
            let StepOutput::Logits(logits) = &outputs[number] else {
                panic!("logits were wanted");
            };
            assert_eq!(bits(logits), bits(&alone[number]));
            assert_eq!(caches[number].len(), prompts[number].len());
        }
        assert_eq!(caches[1].len(), 0);
        assert_eq!(asked[1].get(), layers_before + 1, "nobody asks again");
        assert!(asked[0].get() >= 2, "there are more layers");
    }
}

#[test]
fn a_sequence_may_fill_the_context_window_but_not_more() {
    let mut runner = runner(1, 1, false);
    assert_eq!(runner.context_window(), CONTEXT_LENGTH as usize);
    let tokens = vec![TokenId(1); runner.context_window()];
    let cache = runner.new_cache();
    let (logits, cache) = forward(&mut runner, &tokens, cache);
    assert_eq!(
        (logits.len(), cache.len()),
        (runner.vocab_size(), tokens.len())
    );
    let beyond = std::panic::AssertUnwindSafe(|| runner.forward(&[TokenId(1)], cache, &|| false));
    assert!(std::panic::catch_unwind(beyond).is_err());
}

#[test]
fn loading_reports_percents_in_order_and_the_same_file_has_the_same_fingerprint() {
    let written = TinyGguf::new(1).write();
    let open = || GgufFile::open(written.path()).unwrap();
    let mut percents = Vec::new();
    let runner = ModelRunner::load(open(), &RunnerConfig::default(), &mut |percent| {
        percents.push(percent);
    });
    let runner = runner.unwrap();
    assert_eq!((percents.first(), percents.last()), (Some(&0), Some(&100)));
    assert!(percents.is_sorted());
    assert_eq!(runner.fingerprint(), open().fingerprint());
    assert_eq!(runner.fingerprint().len(), 64);
    let wanted = RunnerConfig {
        context_window: 129,
        ..RunnerConfig::default()
    };
    let error = ModelRunner::load(open(), &wanted, &mut |_| ()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("129 tokens is wanted, the model was made for 128")
    );
}

#[test]
fn models_that_differ_in_one_tensor_have_different_fingerprints() {
    let fingerprint = |model: &TinyGguf| {
        let written = model.write();
        GgufFile::open(written.path()).unwrap().fingerprint()
    };
    let (model, trained_further) = (TinyGguf::new(1), TinyGguf::new(2));
    for place in 0..model.tensors.len() {
        let mut other = model.clone();
        other.tensors[place].bytes = trained_further.tensors[place].bytes.clone();
        let name = &other.tensors[place].name;
        assert_ne!(fingerprint(&other), fingerprint(&model), "{name}");
    }
    assert_eq!(fingerprint(&model.clone()), fingerprint(&model));
}

#[test]
fn a_runner_and_its_caches_can_move_to_the_worker_thread() {
    fn is_send<T: Send>() {}
    is_send::<ModelRunner>();
    is_send::<KvCache>();
}

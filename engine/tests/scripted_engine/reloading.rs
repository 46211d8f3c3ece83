//! An engine that panics is loaded again, and its answers go on.

use hearth_engine::request::{GenerationError, SubmitError};

use super::*;

const STOPPED: GenerationEvent = GenerationEvent::Failed(GenerationError::EngineStopped);

/// Answers to several people at once, with letters drawn by their seeds.
async fn random_answers(engine: &EngineHandle) -> Vec<Vec<TokenId>> {
    let mut streams = Vec::new();
    for seed in 0..3 {
        let mut request = request(engine, "Hi").await;
        request.sampling = SamplingParams {
            seed,
            temperature: 1.0,
            frequency_penalty: 0.4,
            ..SamplingParams::greedy()
        };
        streams.push(submit(engine, UserKey(u128::from(seed)), request));
    }
    let mut answers = Vec::new();
    for stream in streams {
        answers.push(complete(stream).await.ids);
    }
    answers
}

#[tokio::test]
async fn an_engine_alone_that_panics_is_loaded_again_and_its_answers_are_the_same() {
    let model = says("abcdefghij").with_random_letters();
    let undisturbed = random_answers(&engine(model.clone())).await;
    for num_tokens in [0, 1, 5, 10] {
        let engine = engine(model.clone().with_panic_after(num_tokens));
        assert_eq!(random_answers(&engine).await, undisturbed, "{num_tokens}");
        assert_eq!(engine.state(), EngineState::Ready);
    }
}

#[tokio::test]
async fn who_waits_hears_that_the_model_is_loaded_again_and_is_answered() {
    let model = says("12345").with_load_delay(Duration::from_millis(200));
    let engine = narrow_engine(model.with_panic_after(3));
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    let mut states = engine.watch_state();
    states.mark_unchanged();
    let first = ask(&engine, ANNE, "Hi").await;
    let second = ask(&engine, BOB, "Hi").await;
    states.changed().await.unwrap();
    assert!(matches!(engine.state(), EngineState::Loading { .. }));
    let permit = engine.reserve(ANNE, 1).expect("it serves again soon");
    let third = engine.submit(permit, request(&engine, "Hi").await);
    let (first, second) = (complete(first).await, complete(second).await);
    assert_eq!((&*first.text, &*second.text), ("12345", "12345"));
    let is_loading = |event: &GenerationEvent| matches!(event, GenerationEvent::Loading { .. });
    assert!(!first.events.iter().any(is_loading), "it had begun");
    assert!(second.events.iter().any(is_loading));
    assert_eq!(complete(third).await.text, "12345");
}

#[tokio::test]
async fn an_answer_that_an_engine_fails_of_twice_is_given_up_and_the_others_go_on() {
    let engine = narrow_engine(says("12345").with_panic_after(3).with_panicking(2));
    let first = ask(&engine, ANNE, "Hi").await;
    let second = ask(&engine, BOB, "Hi").await;
    let first = complete(first).await;
    assert_eq!(first.end(), &STOPPED);
    assert_eq!(first.text, "123", "what was made is not lost");
    assert_eq!(complete(second).await.text, "12345", "it only waited");
    assert_eq!(engine.state(), EngineState::Ready);
}

#[tokio::test]
async fn an_engine_that_fails_again_and_again_ends_and_says_so() {
    let engine = narrow_engine(says("12345").with_panic_after(3).with_panicking(9));
    let first = ask(&engine, ANNE, "Hi").await;
    let second = ask(&engine, BOB, "Hi").await;
    let third = ask(&engine, BOB, "Hi").await;
    for stream in [first, second, third] {
        assert_eq!(complete(stream).await.end(), &STOPPED);
    }
    wait_for(&engine, |state| matches!(state, EngineState::Failed(_))).await;
    let EngineState::Failed(reason) = engine.state() else {
        unreachable!("it failed for good")
    };
    assert_eq!(
        reason,
        "the engine failed 4 times within 10 minutes and is not loaded again; \
         the last time: the script says to panic here"
    );
    let refused = engine.reserve(ANNE, 1).unwrap_err();
    assert_eq!(refused, SubmitError::EngineStopped);
}

#[tokio::test]
async fn a_model_that_can_not_be_loaded_again_says_why() {
    let model = says("12345").with_panic_after(3).with_load_panic("no card");
    let engine = narrow_engine(model);
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    assert_eq!(answer.text, "123");
    let reason = "loading panicked: no card".to_owned();
    let error = GenerationError::ModelNotLoaded(reason.clone());
    assert_eq!(answer.end(), &GenerationEvent::Failed(error));
    let refused = engine.reserve(ANNE, 1).unwrap_err();
    assert_eq!(refused, SubmitError::ModelNotLoaded(reason));
}

#[tokio::test]
async fn leaving_while_an_engine_is_loaded_again_frees_the_place() {
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 0,
        ..EngineConfig::default()
    };
    let model = says("12345").with_load_delay(Duration::from_millis(300));
    let engine = engine_with(model.with_panic_after(3), config);
    let mut stream = ask(&engine, ANNE, "Hi").await;
    read_tokens(&mut stream, 3).await;
    wait_for(&engine, |state| {
        matches!(state, EngineState::Loading { .. })
    })
    .await;
    drop(stream);
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    assert_eq!(complete(ask(&engine, BOB, "Hi").await).await.text, "12345");
}

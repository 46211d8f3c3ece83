//! Several engines behind one queue.

use hearth_engine::request::{GenerationError, SubmitError};

use super::*;

/// One sequence at a time on each engine.
fn engines(model: ScriptedModel, count: usize) -> EngineHandle {
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 8,
        ..EngineConfig::default()
    };
    engine_with(model.with_replicas(count), config)
}

fn slow(answer: &str) -> ScriptedModel {
    says(answer).with_token_delay(Duration::from_millis(20))
}

#[tokio::test]
async fn answers_are_made_side_by_side() {
    let engine = engines(says("12345").with_token_delay(FOR_EVER), 2);
    let mut first = ask(&engine, ANNE, "Hi").await;
    let mut second = ask(&engine, BOB, "Hi").await;
    // Each engine has one place, and neither answer ends.
    read_tokens(&mut first, 1).await;
    read_tokens(&mut second, 1).await;
}

#[tokio::test]
async fn an_engine_that_fails_loses_no_token_of_its_answers() {
    let engine = engines(slow("0123456789").with_panic_after(4), 2);
    let mut streams = Vec::new();
    for user in [ANNE, BOB, ANNE, BOB, ANNE] {
        streams.push(ask(&engine, user, "Hi").await);
    }
    for stream in streams {
        let answer = complete(stream).await;
        assert_eq!(answer.text, "0123456789");
        assert_eq!(answer.reason(), FinishReason::Stop);
        assert_eq!(answer.ids.len(), 10);
        let failed = |event: &GenerationEvent| matches!(event, GenerationEvent::Failed(_));
        assert!(!answer.events.iter().any(failed), "{:?}", answer.events);
    }
    // It goes on serving.
    assert_eq!(engine.state(), EngineState::Ready);
    assert_eq!(
        complete(ask(&engine, BOB, "Hi").await).await.text,
        "0123456789"
    );
}

#[tokio::test]
async fn an_answer_that_two_engines_fail_of_is_given_up_and_the_third_serves_on() {
    let engine = engines(slow("0123456789").with_panic_after(4).with_panicking(2), 3);
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    let stopped = GenerationEvent::Failed(GenerationError::EngineStopped);
    assert_eq!(answer.end(), &stopped);
    assert_eq!(answer.text, "0123", "what was made is not lost");
    assert_eq!(engine.state(), EngineState::Ready);
    let next = complete(ask(&engine, BOB, "Hi").await).await;
    assert_eq!(next.text, "0123456789");
}

#[tokio::test]
async fn random_letters_go_on_as_they_would_have_undisturbed() {
    let mut texts = Vec::new();
    for panics in [false, true] {
        let model = slow("abcdefghij").with_random_letters();
        let model = if panics {
            model.with_panic_after(5)
        } else {
            model
        };
        let engine = engines(model, 2);
        let mut request = request(&engine, "Hi").await;
        request.sampling = SamplingParams {
            seed: 7,
            temperature: 1.0,
            ..SamplingParams::greedy()
        };
        let (one, other) = (request.clone(), request);
        let streams = [submit(&engine, ANNE, one), submit(&engine, ANNE, other)];
        for stream in streams {
            texts.push(complete(stream).await.text);
        }
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
}

#[tokio::test]
async fn the_last_engine_that_fails_is_loaded_again_and_so_are_all() {
    let model = slow("0123456789").with_load_delay(Duration::from_millis(100));
    let engine = engines(model.with_panic_after(4).with_panicking(2), 2);
    // Each engine has one place, so both fail at about the same time.
    let streams = [
        ask(&engine, ANNE, "Hi").await,
        ask(&engine, BOB, "Hi").await,
    ];
    for stream in streams {
        assert_eq!(complete(stream).await.text, "0123456789");
    }
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    // Two places in engines that serve, and both do.
    let mut both = [
        ask(&engine, ANNE, "Hi").await,
        ask(&engine, BOB, "Hi").await,
    ];
    for stream in &mut both {
        read_tokens(stream, 1).await;
    }
    for stream in both {
        assert_eq!(complete(stream).await.text, "123456789");
    }
}

#[tokio::test]
async fn an_engine_that_is_gone_takes_its_places_along() {
    let model = says("12345").with_load_failure("no room");
    let engine = engines(model.with_token_delay(FOR_EVER), 3);
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    let permits: Vec<_> = (0..10).map(|_| engine.reserve(ANNE, 1)).collect();
    assert!(permits.iter().all(Result::is_ok));
    let refused = engine.reserve(ANNE, 1).unwrap_err();
    assert_eq!(refused, SubmitError::QueueFull { capacity: 8 });
}

#[tokio::test]
async fn one_engine_that_cannot_load_leaves_the_others() {
    let model = says("yes").with_load_failure("no room");
    let engine = engines(model.clone(), 2);
    assert_eq!(complete(ask(&engine, ANNE, "Hi").await).await.text, "yes");
    // So slowly that it is asked before it fails.
    let alone = engines(model.with_load_delay(Duration::from_millis(300)), 1);
    let answer = complete(ask(&alone, ANNE, "Hi").await).await;
    let error = GenerationError::ModelNotLoaded("no room".to_owned());
    assert_eq!(answer.end(), &GenerationEvent::Failed(error));
}

#[tokio::test]
async fn there_are_places_for_what_every_engine_runs() {
    let engine = engines(says("12345").with_token_delay(FOR_EVER), 3);
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    let permits: Vec<_> = (0..11).map(|_| engine.reserve(ANNE, 1)).collect();
    assert!(permits.iter().all(Result::is_ok));
    let refused = engine.reserve(ANNE, 1).unwrap_err();
    assert_eq!(refused, SubmitError::QueueFull { capacity: 8 });
}

#[tokio::test]
async fn the_handles_end_all_engines() {
    let engine = engines(says("12345").with_token_delay(FOR_EVER), 2);
    let mut first = ask(&engine, ANNE, "Hi").await;
    let mut second = ask(&engine, BOB, "Hi").await;
    read_tokens(&mut first, 1).await;
    read_tokens(&mut second, 1).await;
    engine.shut_down();
    for stream in [first, second] {
        let end = complete(stream).await;
        let stopped = GenerationEvent::Failed(GenerationError::EngineStopped);
        assert_eq!(end.end(), &stopped);
    }
    // Nobody asks, nobody listens: the last stream of an engine without handles still ends.
    let engine = engines(slow("bye"), 2);
    let stream = ask(&engine, ANNE, "Hi").await;
    drop(engine);
    assert_eq!(complete(stream).await.text, "bye");
}

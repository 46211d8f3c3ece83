//! An engine that is told to end while its model loads does not load it to its end.

use std::time::Instant;

use hearth_engine::request::{GenerationError, SubmitError};

use super::*;

const STOPPED: GenerationEvent = GenerationEvent::Failed(GenerationError::EngineStopped);
/// What a large file takes.
const LONG: Duration = Duration::from_mins(1);
const SOON: Duration = Duration::from_secs(1);

fn large() -> ScriptedModel {
    says("large").with_load_delay(LONG)
}

fn source(model: ScriptedModel) -> ModelSource {
    ModelSource::Scripted(model)
}

async fn is_loading(engine: &EngineHandle) {
    wait_for(engine, |state| {
        matches!(state, EngineState::Loading { percent: 1.. })
    })
    .await;
}

#[track_caller]
fn assert_soon(start: Instant) {
    let took = start.elapsed();
    assert!(took < SOON, "it took {took:?}");
}

/// Shuts it down; says when its thread is at its end.
async fn shut_down(engine: &EngineHandle) {
    engine.shut_down();
    wait_for(engine, |state| matches!(state, EngineState::Failed(_))).await;
}

#[tokio::test]
async fn an_engine_that_is_shut_down_while_its_model_loads_ends_at_once() {
    let engine = engine(large());
    let waiting = ask(&engine, ANNE, "Hi").await;
    is_loading(&engine).await;
    let start = Instant::now();
    shut_down(&engine).await;
    assert_soon(start);
    assert_eq!(complete(waiting).await.end(), &STOPPED);
    let refused = engine.reserve(ANNE, 1).unwrap_err();
    assert_eq!(refused, SubmitError::EngineStopped);
}

#[tokio::test]
async fn a_successor_of_a_model_that_loads_opens_its_own_at_once() {
    let wrong = engine(large());
    let waiting = ask(&wrong, ANNE, "Hi").await;
    is_loading(&wrong).await;
    let start = Instant::now();
    let right = wrong.succeed(source(says("right")), EngineConfig::default());
    right.prompt_maker().await.unwrap();
    assert_soon(start);
    assert_eq!(complete(ask(&right, ANNE, "Hi").await).await.text, "right");
    assert_eq!(complete(waiting).await.end(), &STOPPED);
}

#[tokio::test]
async fn of_many_choices_in_a_row_the_last_one_is_there_at_once() {
    let first = engine(large());
    is_loading(&first).await;
    let start = Instant::now();
    let second = first.succeed(source(large()), EngineConfig::default());
    let third = second.succeed(source(large()), EngineConfig::default());
    let last = third.succeed(source(says("last")), EngineConfig::default());
    last.prompt_maker().await.unwrap();
    assert_soon(start);
    assert_eq!(complete(ask(&last, ANNE, "Hi").await).await.text, "last");
    for engine in [first, second, third] {
        let refused = engine.reserve(ANNE, 1).unwrap_err();
        assert_eq!(refused, SubmitError::EngineStopped);
        assert!(matches!(engine.state(), EngineState::Failed(_)));
    }
}

#[tokio::test]
async fn engines_that_load_side_by_side_end_at_once() {
    let engine = engine(large().with_replicas(3));
    let waiting = ask(&engine, ANNE, "Hi").await;
    is_loading(&engine).await;
    let start = Instant::now();
    shut_down(&engine).await;
    assert_soon(start);
    assert_eq!(complete(waiting).await.end(), &STOPPED);
}

#[tokio::test]
async fn an_engine_that_is_ready_does_not_wait_for_one_that_loads_to_end() {
    let model = says("yes").with_replicas(2).with_last_load_delay(LONG);
    let engine = engine(model);
    let waiting = ask(&engine, ANNE, "Hi").await;
    // One has loaded and the other has begun when the mean is above a half.
    wait_for(&engine, |state| {
        matches!(state, EngineState::Loading { percent: 51.. })
    })
    .await;
    let start = Instant::now();
    shut_down(&engine).await;
    assert_soon(start);
    assert_eq!(complete(waiting).await.end(), &STOPPED);
}

#[tokio::test]
async fn a_model_that_is_loaded_again_is_left_too() {
    let model = says("12345").with_load_delay(Duration::from_secs(2));
    let engine = narrow_engine(model.with_panic_after(3));
    let mut answer = ask(&engine, ANNE, "Hi").await;
    read_tokens(&mut answer, 3).await;
    is_loading(&engine).await;
    let start = Instant::now();
    shut_down(&engine).await;
    assert_soon(start);
    assert_eq!(complete(answer).await.end(), &STOPPED);
}

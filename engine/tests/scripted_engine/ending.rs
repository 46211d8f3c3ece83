//! Loading, and how an engine ends.

use hearth_engine::request::{GenerationError, SubmitError};

use super::*;

const STOPPED: GenerationEvent = GenerationEvent::Failed(GenerationError::EngineStopped);

#[tokio::test]
async fn requests_wait_for_the_model_and_hear_how_far_it_is() {
    let engine = engine(says("yes").with_load_delay(Duration::from_millis(300)));
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    assert_eq!(answer.text, "yes");
    let percent = |event: &GenerationEvent| match event {
        GenerationEvent::Loading { percent } => Some(*percent),
        _ => None,
    };
    let percents: Vec<u8> = answer.events.iter().filter_map(percent).collect();
    assert!(percents.len() > 10, "{percents:?}");
    assert!(
        percents.windows(2).all(|pair| pair[0] < pair[1]),
        "only changes: {percents:?}"
    );
    assert_eq!(engine.state(), EngineState::Ready);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_fails_with_what_it_has() {
    let config = EngineConfig {
        time_limit: Some(Duration::from_millis(400)),
        ..EngineConfig::default()
    };
    let slow = says(&"a".repeat(900)).with_token_delay(Duration::from_millis(20));
    let engine = engine_with(slow, config.clone());
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    let late = GenerationEvent::Failed(GenerationError::DeadlineExceeded);
    assert_eq!(*answer.end(), late);
    assert!((1..100).contains(&answer.text.len()), "{}", answer.text);
    let loading = says("yes").with_load_delay(Duration::from_secs(10));
    let engine = engine_with(loading, config);
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    assert_eq!(*answer.end(), late);
    assert!(matches!(engine.state(), EngineState::Loading { .. }));
}

#[tokio::test]
async fn leaving_while_the_model_loads_frees_the_place() {
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 0,
        ..EngineConfig::default()
    };
    let engine = engine_with(
        says("yes").with_load_delay(Duration::from_millis(300)),
        config,
    );
    let mut stream = ask(&engine, ANNE, "Hi").await;
    assert!(matches!(
        stream.next().await,
        Some(GenerationEvent::Loading { .. })
    ));
    drop(stream);
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    assert_eq!(complete(ask(&engine, BOB, "Hi").await).await.text, "yes");
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_says_why() {
    let model = says("yes")
        .with_load_delay(Duration::from_millis(50))
        .with_load_failure("no room");
    let engine = engine(model);
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    let error = GenerationError::ModelNotLoaded("no room".to_owned());
    assert_eq!(answer.end(), &GenerationEvent::Failed(error));
    let refused = SubmitError::ModelNotLoaded("no room".to_owned());
    assert_eq!(engine.reserve(ANNE, 1).unwrap_err(), refused);
    let state = EngineState::Failed("the model could not be loaded: no room".to_owned());
    wait_for(&engine, |now| *now == state).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let source = ModelSource::File("no/such-model.gguf".into());
    let engine = EngineHandle::start(source, EngineConfig::default());
    assert_eq!(engine.model_name(), "such-model");
    let error = engine.prompt(&conversation(&["Hi"])).await.unwrap_err();
    let SubmitError::ModelNotLoaded(reason) = error else {
        panic!("{error:?}")
    };
    assert!(reason.contains("no/such-model.gguf"), "{reason}");
}

#[tokio::test]
async fn a_model_that_computes_no_numbers_fails_answers_instead_of_making_them_up() {
    let engine = engine(says("12345").with_broken_logits());
    let mut scored = request(&engine, "Hi").await;
    scored.options.scores_prompt = true;
    let scored = complete(submit(&engine, ANNE, scored)).await;
    let answer = complete(ask(&engine, ANNE, "Hi").await).await;
    for answer in [scored, answer] {
        let broken = GenerationEvent::Failed(GenerationError::NoNumbers);
        assert_eq!((answer.end(), &*answer.text), (&broken, ""));
    }
    assert_eq!(engine.state(), EngineState::Ready);
}

#[tokio::test]
async fn shutting_down_fails_every_stream() {
    let engine = narrow_engine(says("12345").with_token_delay(FOR_EVER));
    let mut running = ask(&engine, ANNE, "a").await;
    let waiting = ask(&engine, ANNE, "b").await;
    let unused = engine.reserve(ANNE, 1).unwrap();
    read_tokens(&mut running, 1).await;
    engine.shut_down();
    assert_eq!(complete(running).await.end(), &STOPPED);
    assert_eq!(complete(waiting).await.end(), &STOPPED);
    assert_eq!(
        engine.reserve(ANNE, 1).unwrap_err(),
        SubmitError::EngineStopped
    );
    let late = engine.submit(unused, request(&engine, "c").await);
    assert_eq!(complete(late).await.end(), &STOPPED);
}

#[tokio::test]
async fn an_idle_engine_shuts_down() {
    let engine = engine(says("yes"));
    wait_for(&engine, |state| *state == EngineState::Ready).await;
    engine.shut_down();
    wait_for(&engine, |state| matches!(state, EngineState::Failed(_))).await;
}

#[tokio::test]
async fn an_answer_outlives_the_last_handle() {
    let engine = engine(says("12345").with_token_delay(Duration::from_millis(5)));
    let stream = ask(&engine, ANNE, "a").await;
    drop(engine);
    assert_eq!(complete(stream).await.text, "12345");
}

#[tokio::test]
async fn a_successor_takes_requests_at_once_and_loads_when_the_old_engine_is_gone() {
    let old = engine(says(&"a".repeat(100_000)).with_token_delay(Duration::from_millis(1)));
    let mut running = ask(&old, ANNE, "a").await;
    read_tokens(&mut running, 1).await;
    let new = old.succeed(ModelSource::Scripted(says("new")), EngineConfig::default());
    let answer = complete(ask(&new, ANNE, "a").await).await;
    assert_eq!(answer.text, "new");
    // Its worker waited for the old one: nothing of that can be running now.
    assert!(matches!(old.state(), EngineState::Failed(_)));
    assert_eq!(complete(running).await.end(), &STOPPED);
}

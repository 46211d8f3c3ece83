//! Waiting, taking turns, leaving.

use std::time::Instant;

use hearth_engine::request::SubmitError;

use super::*;

fn queued(answer: &Answer) -> Vec<usize> {
    let ahead = |event: &GenerationEvent| match event {
        GenerationEvent::Queued { ahead, .. } => Some(*ahead),
        _ => None,
    };
    answer.events.iter().filter_map(ahead).collect()
}

/// Waits until the engine has a free place again.
async fn wait_for_place(engine: &EngineHandle) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = engine.reserve(BOB, 1) {
        assert!(Instant::now() < deadline, "{error}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn waiting_requests_hear_how_many_come_first() {
    let engine = narrow_engine(says("12345").with_token_delay(Duration::from_millis(50)));
    let mut first = ask(&engine, ANNE, "a").await;
    read_tokens(&mut first, 1).await;
    let second = ask(&engine, ANNE, "b").await;
    let third = ask(&engine, ANNE, "c").await;
    assert_eq!(queued(&complete(second).await), [0]);
    assert_eq!(queued(&complete(third).await), [1, 0]);
    assert_eq!(complete(first).await.text, "2345");
}

#[tokio::test]
async fn users_take_turns() {
    let engine = narrow_engine(says("12").with_token_delay(FOR_EVER));
    let mut first = ask(&engine, ANNE, "a").await;
    read_tokens(&mut first, 1).await;
    let mut second = ask(&engine, ANNE, "b").await;
    let mut of_bob = ask(&engine, BOB, "c").await;
    drop(first);
    // Anne's second request would keep the only place for ever.
    assert_eq!(read_tokens(&mut of_bob, 1).await.text, "1");
    drop(of_bob);
    assert_eq!(queued(&read_tokens(&mut second, 1).await), [0]);
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_dropped_permit_makes_room() {
    let engine = narrow_engine(says("yes"));
    let mut permits: Vec<_> = (0..3).map(|_| engine.reserve(ANNE, 1).unwrap()).collect();
    assert_eq!(
        engine.reserve(BOB, 1).unwrap_err(),
        SubmitError::QueueFull { capacity: 2 }
    );
    permits.pop();
    engine.reserve(BOB, 1).unwrap();
}

#[tokio::test]
async fn a_finished_request_has_left_the_queue() {
    let config = EngineConfig {
        max_running: 1,
        queue_capacity: 0,
        ..EngineConfig::default()
    };
    let engine = engine_with(says("yes"), config);
    for _ in 0..50 {
        assert_eq!(
            complete(ask(&engine, ANNE, "again").await).await.text,
            "yes"
        );
    }
}

#[tokio::test]
async fn a_prompt_that_fills_the_window_is_refused() {
    let engine = engine(says("yes").with_context_window(100));
    engine.prompt(&conversation(&["Hi"])).await.unwrap();
    let error = SubmitError::PromptTooLong {
        prompt_tokens: 100,
        context_window: 100,
    };
    assert_eq!(engine.reserve(ANNE, 100).unwrap_err(), error);
    engine.reserve(ANNE, 99).unwrap();
}

#[tokio::test]
async fn leaving_while_queued_frees_the_place() {
    let engine = narrow_engine(says("12").with_token_delay(FOR_EVER));
    let mut running = ask(&engine, ANNE, "a").await;
    read_tokens(&mut running, 1).await;
    let waiting = [ask(&engine, ANNE, "b").await, ask(&engine, BOB, "c").await];
    assert!(engine.reserve(BOB, 1).is_err());
    drop(waiting);
    drop(running);
    wait_for_place(&engine).await;
}

#[tokio::test]
async fn leaving_in_prefill_lets_the_next_one_in() {
    let engine = narrow_engine(says("12").with_prefill_delay(FOR_EVER));
    let mut running = ask(&engine, ANNE, "a").await;
    while !matches!(
        running.next().await,
        Some(GenerationEvent::Prefill { done: 0, .. })
    ) {}
    let mut next = ask(&engine, ANNE, "b").await;
    drop(running);
    while !matches!(
        next.next().await,
        Some(GenerationEvent::Prefill { done: 0, .. })
    ) {}
}

#[tokio::test]
async fn leaving_in_decode_lets_the_next_one_in() {
    let engine = narrow_engine(says("12").with_token_delay(FOR_EVER));
    let mut running = ask(&engine, ANNE, "a").await;
    read_tokens(&mut running, 1).await;
    let mut next = ask(&engine, ANNE, "b").await;
    drop(running);
    assert_eq!(read_tokens(&mut next, 1).await.text, "1");
}

#[tokio::test]
async fn nobody_waits_for_a_slow_reader() {
    let engine = narrow_engine(says("12345"));
    let unread = ask(&engine, ANNE, "a").await;
    assert_eq!(complete(ask(&engine, BOB, "b").await).await.text, "12345");
    assert_eq!(complete(unread).await.text, "12345");
}

#[tokio::test]
async fn a_long_prompt_tells_how_far_it_is() {
    let engine = engine(says("yes"));
    let answer = complete(ask(&engine, ANNE, &"word ".repeat(400)).await).await;
    let prefill = |event: &GenerationEvent| match event {
        GenerationEvent::Prefill { done, total } => Some((*done, *total)),
        _ => None,
    };
    let progress: Vec<(usize, usize)> = answer.events.iter().filter_map(prefill).collect();
    let total = answer.usage().prompt_tokens;
    assert_eq!(progress.first(), Some(&(0, total)));
    assert_eq!(progress.last(), Some(&(total, total)));
    assert!(progress.len() > 3 && progress.is_sorted(), "{progress:?}");
}

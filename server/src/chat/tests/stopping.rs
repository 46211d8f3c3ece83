use std::time::{Duration, Instant};

use hearth_app::{
    model::{MessageStatus, StartedTurn},
    service::ChatService as _,
};
use hearth_engine::{handle::EngineConfig, scripted::ScriptedModel};

use super::bench::{Bench, Page, long_answer};
use crate::markdown;

async fn stop(bench: &Bench, turn: &StartedTurn) -> Page {
    let answer = &turn.assistant_message;
    let start = Instant::now();
    bench.server.stop(bench.ada, answer.id).await.unwrap();
    assert!(
        start.elapsed() < Duration::from_millis(300),
        "{:?}",
        start.elapsed()
    );
    let text = bench.text(answer.id).await;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Stopped));
    // Frozen: nothing comes behind the last frame, and page and database hold the same.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.text(answer.id).await, text);
    assert_eq!(page.blocks, markdown::render(&text));
    let stored = bench.stored(answer.id).await;
    assert_eq!((stored.status, stored.text), (MessageStatus::Stopped, text));
    bench.server.stop(bench.ada, answer.id).await.unwrap();
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_while_the_model_is_loading() {
    let model = ScriptedModel::new(vec![long_answer()]).with_load_delay(Duration::from_secs(3));
    let bench = Bench::start(model).await;
    let turn = bench.send("Go").await;
    assert_eq!(stop(&bench, &turn).await.html(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_while_queued() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(5));
    let config = EngineConfig {
        max_running: 1,
        ..EngineConfig::default()
    };
    let bench = Bench::start_with(model, config).await;
    let first = bench.send("One").await;
    bench.watch_until(&first.assistant_message, 10).await;
    let queued = bench.send("Two").await;
    assert_eq!(stop(&bench, &queued).await.html(), "");
    assert!(!stop(&bench, &first).await.html().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_while_the_prompt_is_read() {
    let model = ScriptedModel::new(vec![long_answer()]).with_prefill_delay(Duration::from_secs(1));
    let bench = Bench::start(model).await;
    let turn = bench.send(&"A long question. ".repeat(20)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(stop(&bench, &turn).await.html(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_works_in_mid_stream_and_keeps_the_text() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(2));
    let bench = Bench::start(model).await;
    let turn = bench.send("Go").await;
    bench.watch_until(&turn.assistant_message, 200).await;
    let page = stop(&bench, &turn).await;
    assert!(page.html().len() >= 200);
    assert!(long_answer().starts_with(&bench.text(turn.assistant_message.id).await));
    // The conversation is free again.
    bench.say(turn.conversation.id, "And now?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_interrupts_turns_and_ends_their_tails() {
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(2));
    let bench = Bench::start(model).await;
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    bench.watch_until(answer, 200).await;
    let (frames, ()) = futures::join!(
        bench.frames(answer.id, answer.cursor.unwrap()),
        bench.server.shut_down()
    );
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Interrupted));
    let stored = bench.stored(answer.id).await;
    assert_eq!(stored.status, MessageStatus::Interrupted);
    assert_eq!(markdown::render(&stored.text), page.blocks);
    assert!(
        bench
            .try_send(super::bench::question("More"))
            .await
            .is_err()
    );
}

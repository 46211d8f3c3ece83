//! The stream of a turn as it crosses the network.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatEventKind, Cursor, MessageStatus};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, message_text, send},
    tail::{AnswerText, Tail},
};

const LONG: &str = "This answer has several sentences. It is written slowly, letter by letter. \
                    Whoever watches sees it grow, and whoever comes later sees the same.";

fn slow_model() -> ScriptedModel {
    ScriptedModel::new(vec![LONG.to_owned()]).with_token_delay(Duration::from_millis(20))
}

async fn read_until_text(tail: &mut Tail) -> Result<AnswerText> {
    let mut text = AnswerText::default();
    while text.letters().is_empty() {
        let event = tail.next().await?.context("text comes before the end")?;
        text.apply(&event);
    }
    Ok(text)
}

#[tokio::test]
async fn the_first_words_arrive_long_before_the_last_although_the_client_takes_gzip() -> Result<()>
{
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let start = Instant::now();
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let mut tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    let mut text = read_until_text(&mut tail).await?;
    let first = start.elapsed();
    while let Some(event) = tail.next().await? {
        text.apply(&event);
    }
    let last = start.elapsed();
    assert!(
        last > first + Duration::from_secs(2),
        "first {first:?}, last {last:?}"
    );
    assert_eq!(
        text.ended.map(|(status, _)| status),
        Some(MessageStatus::Finished)
    );
    Ok(())
}

#[tokio::test]
async fn a_stream_forbids_buffers_and_caches() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    assert_eq!(tail.header("content-encoding"), "");
    assert_eq!(tail.header("x-accel-buffering"), "no");
    assert!(tail.header("cache-control").contains("no-store"));
    Ok(())
}

#[tokio::test]
async fn frames_are_deltas_and_number_themselves_without_a_gap() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let mut cursor = answer.cursor.context("running")?;
    let mut tail = ada.tail(answer.id, cursor).await?;
    let mut text = AnswerText::of_message(&answer);
    let mut bytes = 0;
    while let Some(event) = tail.next().await? {
        assert_eq!(event.cursor.epoch, cursor.epoch);
        assert_eq!(event.cursor.seq, cursor.seq + 1, "{event:?}");
        cursor = event.cursor;
        text.apply(&event);
        bytes += match &event.kind {
            ChatEventKind::Pending { html, .. } | ChatEventKind::Block(html) => html.len(),
            _ => 0,
        };
    }
    assert!(
        bytes <= 4 * LONG.len(),
        "{bytes} bytes for {} of text",
        LONG.len()
    );
    assert_eq!(message_text(&ada, answer.id).await?, LONG);
    Ok(())
}

#[tokio::test]
async fn everybody_who_comes_late_or_again_sees_the_same_answer() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let turn = send(&ada, None, "Hello").await??;
    let answer = turn.assistant_message;
    let cursor = answer.cursor.context("running")?;
    let mut first = ada.tail(answer.id, cursor).await?;
    let mut seen = read_until_text(&mut first).await?;
    // A tab that was just opened: the page's HTML and a cursor.
    let opened = conversation(&ada, turn.conversation.id).await?;
    let late = opened.messages.last().context("the answer is shown")?;
    assert_eq!(late.status, MessageStatus::Running);
    let mut joined = AnswerText::of_message(late);
    let mut second = ada.tail(answer.id, late.cursor.context("running")?).await?;
    let stranger = Cursor {
        epoch: cursor.epoch ^ 1,
        seq: 999,
    };
    let third = ada.tail(answer.id, stranger).await?;
    while let Some(event) = second.next().await? {
        joined.apply(&event);
    }
    while let Some(event) = first.next().await? {
        seen.apply(&event);
    }
    let restarted = third.to_end().await?;
    let replayed = ada.tail(answer.id, cursor).await?.to_end().await?;
    assert_eq!(joined.html(), seen.html());
    assert_eq!(restarted.html(), seen.html());
    assert_eq!(replayed.html(), seen.html());
    let stored = conversation(&ada, turn.conversation.id).await?;
    let stored = stored.messages.last().context("the answer is shown")?;
    assert_eq!(AnswerText::of_message(stored).html(), seen.html());
    Ok(())
}

#[tokio::test]
async fn dropping_a_stream_stops_nothing() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let cursor = answer.cursor.context("running")?;
    let mut dropped = ada.tail(answer.id, cursor).await?;
    read_until_text(&mut dropped).await?;
    drop(dropped);
    let text = ada.tail(answer.id, cursor).await?.to_end().await?;
    assert_eq!(
        text.ended.map(|(status, _)| status),
        Some(MessageStatus::Finished)
    );
    assert_eq!(message_text(&ada, answer.id).await?, LONG);
    Ok(())
}

#[tokio::test]
async fn a_silent_stream_says_every_fifteen_seconds_that_it_is_alive() -> Result<()> {
    // Nothing is heard while 32 tokens of the prompt are read.
    let model = slow_model().with_prefill_delay(Duration::from_secs(20));
    let (_server, ada) = RunningServer::start(model).await?;
    let answer = send(&ada, None, &"word ".repeat(200))
        .await??
        .assistant_message;
    let mut tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    let start = Instant::now();
    loop {
        let event = tail.next().await?.context("the stream stays open")?;
        if event.kind == ChatEventKind::KeepAlive {
            break;
        }
        assert!(
            start.elapsed() < Duration::from_secs(40),
            "no keep-alive in 40 s"
        );
    }
    let stopped: Result<(), _> = ada
        .call("stop_turn", &[("message", answer.id.to_string())])
        .await?;
    assert_eq!(stopped, Ok(()));
    Ok(())
}

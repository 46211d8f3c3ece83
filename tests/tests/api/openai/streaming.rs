//! Streams of chats, line by line.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::api_client::{question, with};
use serde_json::{Value, json};

use super::{CHAT, set, start, start_with};

fn streamed(text: &str) -> Value {
    with(question(text), "stream", true)
}

#[tokio::test]
async fn a_stream_is_role_text_reason_usage_and_done() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let request = with(
        streamed("Hello"),
        "stream_options",
        json!({"include_usage": true}),
    );
    let stream = program.open(CHAT, &request).await?;
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!(stream.header("content-encoding"), "");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    assert!(stream.header("cache-control").contains("no-store"));
    let lines = stream.lines().await?;
    let (last, lines) = lines.split_last().context("lines")?;
    assert_eq!(last, "data: [DONE]");
    let mut found = Vec::new();
    let mut heads = Vec::new();
    for line in lines {
        let data = line.strip_prefix("data: ").context("data")?;
        let mut chunk: Value = serde_json::from_str(data)?;
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "scripted");
        heads.push((chunk["id"].take(), chunk["created"].take()));
        found.push(json!({"choices": chunk["choices"], "usage": chunk["usage"]}));
    }
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({
            "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason,
        });
        json!({"choices": [choice], "usage": null})
    };
    let usage = json!({
        "prompt_tokens": 24,
        "completion_tokens": 3,
        "total_tokens": 27,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    });
    let expected = [
        chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        chunk(json!({"content": "H"}), Value::Null),
        chunk(json!({"content": "i"}), Value::Null),
        chunk(json!({"content": "."}), Value::Null),
        chunk(json!({}), json!("stop")),
        json!({"choices": [], "usage": usage}),
    ];
    assert_eq!(found, expected);
    Ok(())
}

#[tokio::test]
async fn without_being_asked_no_chunk_tells_what_it_cost() -> Result<()> {
    let (_server, _ada, program) = start("Hi.").await?;
    let chunks = program.open(CHAT, &streamed("Hello")).await?;
    for chunk in chunks.chunks().await? {
        assert!(chunk.get("usage").is_none(), "{chunk}");
        assert_eq!(chunk["choices"].as_array().map(Vec::len), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn text_comes_while_it_is_written() -> Result<()> {
    let model = ScriptedModel::new(vec!["a".repeat(50)]);
    let model = model.with_token_delay(Duration::from_millis(20));
    let (_server, _ada, program) = start_with(model).await?;
    let mut stream = program.open(CHAT, &streamed("Hello")).await?;
    let start = Instant::now();
    let mut first = None;
    while let Some(line) = stream.next().await? {
        if line.contains("\"content\":\"a\"") {
            first.get_or_insert(start.elapsed());
        }
    }
    let (first, last) = (first.context("text came")?, start.elapsed());
    assert!(
        first + Duration::from_millis(500) < last,
        "{first:?} {last:?}"
    );
    Ok(())
}

#[tokio::test]
async fn several_answers_share_a_stream() -> Result<()> {
    let (_server, ada, program) = start("Grüße").await?;
    set(&ada, "concurrent_turns", "2").await?;
    let request = with(streamed("Hello"), "n", 2);
    let request = with(with(request, "logprobs", true), "top_logprobs", 1);
    let chunks = program.open(CHAT, &request).await?.chunks().await?;
    for index in 0..2 {
        let own = chunks.iter().map(|chunk| &chunk["choices"][0]);
        let own: Vec<&Value> = own.filter(|choice| choice["index"] == index).collect();
        let text = own.iter().filter_map(|it| it["delta"]["content"].as_str());
        assert_eq!(text.collect::<String>(), "Grüße");
        let tokens = own
            .iter()
            .filter_map(|it| it["logprobs"]["content"].as_array());
        assert_eq!(tokens.map(Vec::len).sum::<usize>(), "Grüße".len());
        assert_eq!(own[0]["delta"]["role"], "assistant");
        assert_eq!(own.last().context("an end")?["finish_reason"], "stop");
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_waits_says_that_it_is_alive() -> Result<()> {
    let model = ScriptedModel::new(vec!["Hi.".to_owned()]);
    // Nothing is heard while 32 tokens of the prompt are read.
    let model = model.with_prefill_delay(Duration::from_secs(15));
    let (_server, _ada, program) = start_with(model).await?;
    let mut stream = program.open(CHAT, &streamed("Hello")).await?;
    let start = Instant::now();
    let mut line = stream.next().await?.context("a line")?;
    while !line.starts_with(':') {
        line = stream.next().await?.context("a comment comes first")?;
    }
    let took = start.elapsed();
    assert!((8..14).contains(&took.as_secs()), "{took:?}");
    Ok(())
}

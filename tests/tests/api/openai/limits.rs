//! Programs have the limits of their person.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::UsageReport;
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    api_client::{ApiClient, question, with},
    deadline::eventually,
    running_server::{RunningServer, send},
    web_client::Answer,
};
use serde_json::Value;

use super::{CHAT, set, start, start_with, until_ready};

fn slow() -> ScriptedModel {
    let model = ScriptedModel::new(vec!["a".repeat(2000)]);
    model.with_token_delay(Duration::from_millis(10))
}

fn check_busy(answer: &Answer, kind: &str, code: &str) -> Result<()> {
    assert_eq!(answer.status, 429, "{}", answer.text());
    let body: Value = serde_json::from_slice(&answer.body)?;
    assert_eq!(body["error"]["type"], kind);
    assert_eq!(body["error"]["code"], code);
    let seconds: u32 = answer.header("retry-after").parse().context("seconds")?;
    assert!(seconds > 0);
    Ok(())
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_again() -> Result<()> {
    let engine = EngineSection {
        max_running: 1,
        queue: 0,
        ..EngineSection::default()
    };
    let (server, ada) = RunningServer::start_with(slow(), engine).await?;
    let program = ApiClient::of(&server, &ada).await?;
    until_ready(&program).await?;
    let mut stream = program
        .open(CHAT, &with(question("Hello"), "stream", true))
        .await?;
    stream.next().await?.context("it runs")?;
    let refused = program.post(CHAT, &question("Hello")).await?;
    check_busy(&refused, "rate_limit_error", "rate_limit_exceeded")
}

#[tokio::test]
async fn answers_on_the_page_and_to_programs_count_together() -> Result<()> {
    let (server, ada, program) = start_with(slow()).await?;
    set(&ada, "concurrent_turns", "2").await?;
    send(&ada, None, "Hello").await??;
    let streamed = with(question("Hello"), "stream", true);
    let mut stream = program.open(CHAT, &streamed).await?;
    stream.next().await?.context("it runs")?;
    let refused = program.post(CHAT, &question("Hello")).await?;
    check_busy(&refused, "rate_limit_error", "rate_limit_exceeded")?;
    assert!(send(&ada, None, "Hello").await?.is_err());
    // Somebody else is not concerned.
    let carl = server.add_user("Carl").await?;
    let other = ApiClient::of(&server, &carl).await?;
    assert_eq!(other.open(CHAT, &streamed).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn tokens_count_for_the_day_however_a_request_ends() -> Result<()> {
    let (_server, ada, program) = start("Good morning!").await?;
    set(&ada, "tokens_per_day", "1000").await?;
    let used = async || -> Result<u64> {
        let usage: UsageReport = ada.call("usage", &[]).await??;
        let days = usage.rows.iter();
        Ok(days
            .map(|day| day.prompt_tokens + day.completion_tokens)
            .sum())
    };
    program.ask(CHAT, &question("Hello")).await?;
    let patience = Duration::from_secs(5);
    eventually("37 tokens are counted", patience, async || {
        Ok((used().await? == 24 + 13).then_some(()))
    })
    .await?;
    program.ask(CHAT, &question(&"a".repeat(980))).await?;
    let refused = eventually("the day is used up", patience, async || {
        let answer = program.post(CHAT, &question("Hello")).await?;
        Ok((answer.status != 200).then_some(answer))
    })
    .await?;
    check_busy(&refused, "insufficient_quota", "insufficient_quota")
}

//! A program that goes away frees its place at once.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    api_client::{ApiClient, question, with},
    deadline::eventually,
    running_server::RunningServer,
};

use super::{CHAT, until_ready};

/// One place in all; an answer takes a minute.
async fn start() -> Result<(RunningServer, ApiClient)> {
    let model = ScriptedModel::new(vec!["a".repeat(6000)]);
    let model = model.with_token_delay(Duration::from_millis(10));
    let engine = EngineSection {
        max_running: 1,
        queue: 0,
        ..EngineSection::default()
    };
    let (server, ada) = RunningServer::start_with(model, engine).await?;
    let program = ApiClient::of(&server, &ada).await?;
    until_ready(&program).await?;
    Ok((server, program))
}

async fn check_free(program: &ApiClient) -> Result<()> {
    let patience = Duration::from_secs(2);
    eventually("the place is free", patience, async || {
        let request = with(question("Hello"), "max_tokens", 1);
        Ok((program.post(CHAT, &request).await?.status == 200).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_stream_that_is_dropped_ends_its_answer() -> Result<()> {
    let (_server, program) = start().await?;
    let request = with(question("Hello"), "stream", true);
    let mut stream = program.open(CHAT, &request).await?;
    for _ in 0..5 {
        stream.next().await?.context("it runs")?;
    }
    assert_eq!(program.post(CHAT, &question("Hello")).await?.status, 429);
    drop(stream);
    check_free(&program).await
}

#[tokio::test]
async fn a_request_that_is_given_up_ends_its_answer() -> Result<()> {
    let (_server, program) = start().await?;
    let request = question("Hello");
    let waiting = program.post(CHAT, &request);
    let given_up = tokio::time::timeout(Duration::from_millis(500), waiting).await;
    assert!(given_up.is_err(), "the answer takes a minute");
    check_free(&program).await
}

//! Before the model is there, and when the server goes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatEventKind, MessageStatus, ModelState, ModelStatus, WaitState};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, message_text, send},
    tail::AnswerText,
};

#[tokio::test]
async fn a_message_sent_while_the_model_loads_waits_with_its_progress_and_is_answered() -> Result<()>
{
    let model =
        ScriptedModel::new(vec!["Here I am.".to_owned()]).with_load_delay(Duration::from_secs(2));
    let (_server, ada) = RunningServer::start(model).await?;
    let status: ModelStatus = ada.call("model_status", &[]).await??;
    assert!(
        matches!(status.state, ModelState::Loading { .. }),
        "{status:?}"
    );
    assert_eq!(ada.get("/readyz").await?.status, 503);
    let answer = send(&ada, None, "Are you there?").await??.assistant_message;
    let mut tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    let mut text = AnswerText::default();
    let mut has_waited = false;
    while let Some(event) = tail.next().await? {
        let kind = &event.kind;
        has_waited |= matches!(kind, ChatEventKind::Waiting(WaitState::LoadingModel { .. }));
        text.apply(&event);
    }
    assert!(has_waited);
    assert_eq!(
        text.ended.map(|(status, _)| status),
        Some(MessageStatus::Finished)
    );
    assert_eq!(message_text(&ada, answer.id).await?, "Here I am.");
    assert_eq!(ada.get("/readyz").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_end_of_the_server_ends_open_streams_within_five_seconds() -> Result<()> {
    let model = ScriptedModel::new(vec!["A long answer. ".repeat(100)])
        .with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let answer = send(&ada, None, "Hello").await??.assistant_message;
    let mut tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    let mut seen = AnswerText::default();
    while seen.letters().len() < 5 {
        seen.apply(&tail.next().await?.context("the answer goes on")?);
    }
    let asked = Instant::now();
    let reading = tokio::spawn(tail.to_end());
    server.shut_down().await;
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(5), "the end took {took:?}");
    let outcome = tokio::time::timeout(Duration::from_secs(1), reading).await;
    assert!(outcome.is_ok(), "the stream is still open");
    Ok(())
}

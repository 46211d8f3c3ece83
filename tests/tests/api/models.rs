//! The model that answers, changed without a restart.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, MessageStatus, ModelState, ModelSummary};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::running_server::{RunningServer, conversation, send};

async fn active(ada: &hearth_tests::web_client::WebClient) -> Result<ModelSummary> {
    let models: Vec<ModelSummary> = ada.call("models", &[]).await??;
    let found = models.into_iter().find(|model| model.active.is_some());
    found.context("one model answers")
}

#[tokio::test]
async fn running_answers_end_interrupted_and_a_broken_model_is_told() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(2000)]).with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let folder = server.database().with_file_name("models");
    std::fs::write(folder.join("broken.gguf"), b"no model")?;
    let turn = send(&ada, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let tail = ada.tail(turn.assistant_message.id, cursor).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let file = [("file", "broken.gguf".to_owned())];
    ada.call::<()>("switch_model", &file).await??;
    let (status, _) = tail.to_end().await?.ended.context("the stream ends")?;
    assert_eq!(status, MessageStatus::Interrupted);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let reason = loop {
        let found = active(&ada).await?;
        assert_eq!(found.file, "broken.gguf");
        if let Some(ModelState::Failed(reason)) = found.active.map(|active| active.state) {
            break reason;
        }
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "it never fails");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(reason.contains("broken.gguf"), "{reason}");
    let refused = send(&ada, None, "Hi").await?;
    assert!(
        matches!(refused, Err(ChatError::Busy { .. })),
        "{refused:?}"
    );
    let shown = conversation(&ada, turn.conversation.id).await?;
    assert_eq!(shown.messages[1].status, MessageStatus::Interrupted);
    assert!(!shown.messages[1].blocks.concat().is_empty());
    Ok(())
}

#[tokio::test]
async fn only_files_of_the_models_folder_can_be_chosen() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let outside = server.database().with_file_name("outside.gguf");
    std::fs::write(&outside, b"no model")?;
    for file in [
        "../outside.gguf".to_owned(),
        outside.display().to_string(),
        String::new(),
        "nothing.gguf".to_owned(),
    ] {
        let refused = ada
            .call::<()>("switch_model", &[("file", file.clone())])
            .await?;
        assert_eq!(refused, Err(ChatError::NotFound), "{file}");
    }
    hearth_tests::running_server::send_and_wait(&ada, None, "Hi").await?;
    Ok(())
}

//! The model that answers, changed without a restart.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    ActiveModel, AuditAction, AuditEntry, BusyReason, ChatError, MessageStatus, ModelState,
    ModelStatus, ModelSummary,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    deadline::eventually,
    running_server::{RunningServer, conversation, send},
};

/// Until a model is there, or is known not to be.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_broken_model_gives_its_place_back_and_only_administrators_see_why() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(2000)]).with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let grace = server.add_user("Grace").await?;
    let folder = server.database().with_file_name("models");
    std::fs::write(folder.join("broken.gguf"), b"no model")?;
    let turn = send(&ada, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let mut tail = ada.tail(turn.assistant_message.id, cursor).await?;
    tail.read_letters(8).await?;
    let file = [("file", "broken.gguf".to_owned())];
    ada.call::<()>("switch_model", &file).await??;
    let (status, _) = tail.to_end().await?.ended.context("the stream ends")?;
    assert_eq!(status, MessageStatus::Interrupted);
    let shown = conversation(&ada, turn.conversation.id).await?;
    assert_eq!(shown.messages[1].status, MessageStatus::Interrupted);
    assert!(!shown.messages[1].blocks.concat().is_empty());
    let reason = eventually("the other model is back", LIMIT, async || {
        let models: Vec<ModelSummary> = ada.call("models", &[]).await??;
        let broken = models.iter().find(|model| model.file == "broken.gguf");
        let broken = broken.context("it is in the folder")?;
        let ready = |active: &ActiveModel| active.state == ModelState::Ready;
        let is_back = models
            .iter()
            .any(|model| model.active.as_ref().is_some_and(ready));
        let is_over = is_back && broken.active.is_none();
        Ok(broken.failure.clone().filter(|_| is_over))
    })
    .await?;
    assert!(reason.contains("broken.gguf"), "{reason}");
    let log: Vec<AuditEntry> = ada.call("audit", &[]).await??;
    let actions: Vec<AuditAction> = log.iter().map(|entry| entry.action).collect();
    let expected = [AuditAction::ReturnToModel, AuditAction::SwitchModel];
    assert_eq!(actions, expected);
    assert!(
        grace
            .call::<Vec<ModelSummary>>("models", &[])
            .await?
            .is_err()
    );
    send(&grace, None, "Hi").await??;
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

#[tokio::test]
async fn why_a_model_does_not_load_is_told_to_administrators_only() -> Result<()> {
    const PATH: &str = "/srv/models/secret.gguf";
    let model = ScriptedModel::new(Vec::new()).with_load_failure(PATH);
    let (server, ada) = RunningServer::start(model).await?;
    let grace = server.add_user("Grace").await?;
    eventually("the model fails", LIMIT, async || {
        let status: ModelStatus = grace.call("model_status", &[]).await??;
        Ok((status.state == ModelState::Failed).then_some(()))
    })
    .await?;
    let refused = send(&grace, None, "Hi").await?;
    let Err(ChatError::Busy { reason, .. }) = refused else {
        anyhow::bail!("{refused:?}");
    };
    assert_eq!(reason, BusyReason::ModelNotLoaded);
    for path in ["/", "/api/model_status", "/readyz"] {
        let told = grace.get(path).await?.text();
        assert!(!told.contains(PATH), "{path}: {told}");
    }
    let page = grace.get("/").await?.text();
    assert!(page.contains("could not be loaded"), "{page}");
    let page = ada.get("/admin/models").await?.text();
    assert!(page.contains(PATH), "{page}");
    Ok(())
}

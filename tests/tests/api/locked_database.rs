//! Another program that keeps the database for itself, such as a backup: nothing is lost.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{BusyReason, ChatError, MessageStatus};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::Lock,
    running_server::{RunningServer, conversation, message_text, send},
};

/// Longer than a statement waits.
const HELD: Duration = Duration::from_secs(7);

#[tokio::test]
async fn an_answer_outlives_a_locked_database_and_a_message_is_refused_in_words() -> Result<()> {
    let text = "A long answer. ".repeat(40);
    let model = ScriptedModel::new(vec![text.clone()]).with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let turn = send(&ada, None, "Hello").await??;
    let answer = turn.assistant_message;
    let cursor = answer.cursor.context("a running answer has a cursor")?;
    let tail = ada.tail(answer.id, cursor).await?;
    let lock = Lock::take(&server.database()).await?;
    let reading = tokio::spawn(tail.to_end());
    let refused = send(&ada, None, "Are you there?").await?;
    assert!(
        matches!(
            &refused,
            Err(ChatError::Busy {
                reason: BusyReason::DatabaseBusy,
                ..
            })
        ),
        "{refused:?}"
    );
    tokio::time::sleep(HELD).await;
    lock.release().await?;
    let seen = reading.await??;
    assert_eq!(seen.ended, Some((MessageStatus::Finished, None)));
    send(&ada, None, "And now?").await??;
    assert_eq!(message_text(&ada, answer.id).await?, text);
    let saved = conversation(&ada, turn.conversation.id).await?;
    let statuses: Vec<_> = saved
        .messages
        .iter()
        .map(|message| message.status)
        .collect();
    assert_eq!(statuses.last(), Some(&MessageStatus::Finished));
    Ok(())
}

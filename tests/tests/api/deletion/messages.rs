//! One message that goes with everything below it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, ConversationId, Message, MessageId, Role};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, regenerate_and_wait, send, send_and_wait},
    web_client::WebClient,
};

async fn delete(client: &WebClient, id: MessageId) -> Result<Result<(), ChatError>> {
    let arguments = [("message", id.to_string())];
    client.call("delete_message", &arguments).await
}

async fn shown(client: &WebClient, id: ConversationId) -> Result<Vec<Message>> {
    Ok(conversation(client, id).await?.messages)
}

#[tokio::test]
async fn a_question_goes_with_everything_below_it() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let id = send_and_wait(&ada, None, "one").await?.conversation.id;
    for text in ["two", "three"] {
        send_and_wait(&ada, Some(id), text).await?;
    }
    let before = shown(&ada, id).await?;
    assert_eq!(before.len(), 6);
    delete(&ada, before[2].id).await??;
    let after = shown(&ada, id).await?;
    let ids = |messages: &[Message]| messages.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before[..2]));
    send_and_wait(&ada, Some(id), "another two").await?;
    assert_eq!(shown(&ada, id).await?.len(), 4, "the conversation goes on");
    let gone = delete(&ada, before[2].id).await?;
    assert_eq!(gone, Err(ChatError::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_version_goes_alone_and_the_last_answer_takes_its_question_along() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let first = send_and_wait(&ada, None, "one").await?;
    let id = first.conversation.id;
    let second = regenerate_and_wait(&ada, first.assistant_message.id).await?;
    delete(&ada, second.assistant_message.id).await??;
    let left = shown(&ada, id).await?;
    assert_eq!(left.len(), 2);
    assert_eq!(left[1].id, first.assistant_message.id);
    assert_eq!(left[1].versions, [first.assistant_message.id]);
    send_and_wait(&ada, Some(id), "two").await?;
    let last = shown(&ada, id).await?.pop().context("an answer")?;
    delete(&ada, last.id).await??;
    let left = shown(&ada, id).await?;
    assert_eq!(
        left.last().context("an answer is left")?.role,
        Role::Assistant
    );
    assert_eq!(left.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_conversation_without_messages_has_no_title_until_the_next_one() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "A secret plan").await?;
    let id = turn.conversation.id;
    delete(&ada, turn.assistant_message.id).await??;
    let empty = conversation(&ada, id).await?;
    assert!(empty.messages.is_empty());
    assert_eq!(empty.state.summary.title, "");
    send_and_wait(&ada, Some(id), "Rain").await?;
    assert_eq!(conversation(&ada, id).await?.state.summary.title, "Rain");
    Ok(())
}

#[tokio::test]
async fn a_running_answer_ends_before_it_goes_and_counts() -> Result<()> {
    let model =
        ScriptedModel::new(vec!["slow ".repeat(500)]).with_token_delay(Duration::from_millis(10));
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send(&ada, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let mut tail = ada.tail(turn.assistant_message.id, cursor).await?;
    tail.read_letters(8).await?;
    delete(&ada, turn.assistant_message.id).await??;
    tail.to_end().await?.ended.context("the stream ends")?;
    assert!(shown(&ada, turn.conversation.id).await?.is_empty());
    let usage: hearth_app::model::UsageReport = ada.call("usage", &[]).await??;
    assert!(
        usage.rows.iter().any(|day| day.completion_tokens > 0),
        "{usage:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_message_is_deleted_without_script() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "one").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let page = ada.get(&path).await?.text();
    assert!(page.contains("action=\"/api/delete_message\""));
    let fields = [("message", turn.assistant_message.id.to_string())];
    let answer = ada.submit_form("/api/delete_message", &fields).await?;
    assert!(answer.header("location").ends_with(&path));
    assert!(shown(&ada, turn.conversation.id).await?.is_empty());
    Ok(())
}

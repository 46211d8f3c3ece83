//! Starting, repeating, stopping and refusing turns.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, Message, MessageStatus, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    database::Database,
    running_server::{
        RunningServer, conversation, message_text, new_key, regenerate_and_wait, send,
        send_and_wait,
    },
    web_client::WebClient,
};

fn slow_model() -> ScriptedModel {
    let answer = "A slow answer that nobody has the patience to read to its end. ".repeat(20);
    ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20))
}

fn one_at_a_time(queue_capacity: usize) -> EngineSection {
    EngineSection {
        max_running: 1,
        queue: queue_capacity,
        ..EngineSection::default()
    }
}

async fn stop(client: &WebClient, message: &Message) -> Result<Result<(), ChatError>> {
    let arguments = [("message", message.id.to_string())];
    client.call("stop_turn", &arguments).await
}

/// Stops and asserts that the stream ends within the promised time.
async fn stop_in_time(client: &WebClient, message: &Message) -> Result<()> {
    let tail = client
        .tail(message.id, message.cursor.context("running")?)
        .await?;
    let pressed = Instant::now();
    stop(client, message).await??;
    let text = tail.to_end().await?;
    let took = pressed.elapsed();
    assert_eq!(
        text.ended.map(|(status, _)| status),
        Some(MessageStatus::Stopped)
    );
    assert!(took < Duration::from_millis(300), "stopping took {took:?}");
    Ok(())
}

#[tokio::test]
async fn one_press_of_send_posted_twice_starts_one_turn() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [("text", "Hello".to_owned()), ("key", new_key().to_string())];
    let (first, second) = tokio::join!(
        ada.call::<StartedTurn>("send_message", &fields),
        ada.call::<StartedTurn>("send_message", &fields)
    );
    let (first, second) = (first??, second??);
    let third: StartedTurn = ada.call("send_message", &fields).await??;
    for repeated in [second, third] {
        assert_eq!(repeated.conversation.id, first.conversation.id);
        assert_eq!(repeated.assistant_message.id, first.assistant_message.id);
    }
    let shown = conversation(&ada, first.conversation.id).await?;
    assert_eq!(shown.messages.len(), 2);
    Ok(())
}

#[tokio::test]
async fn keys_of_two_users_do_not_meet() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let fields = [("text", "Hello".to_owned()), ("key", new_key().to_string())];
    let first: StartedTurn = ada.call("send_message", &fields).await??;
    let second: StartedTurn = berta.call("send_message", &fields).await??;
    assert_ne!(first.conversation.id, second.conversation.id);
    Ok(())
}

#[tokio::test]
async fn a_full_queue_refuses_and_writes_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start_with(slow_model(), one_at_a_time(1)).await?;
    let mut started = Vec::new();
    let refused = loop {
        match send(&ada, None, "Hello").await? {
            Ok(turn) => started.push(turn.assistant_message),
            Err(error) => break error,
        }
        assert!(
            started.len() < 5,
            "one runs, one waits, and yet five were accepted"
        );
    };
    assert!(matches!(refused, ChatError::Busy { .. }), "{refused:?}");
    let mut database = Database::open(&server.database()).await?;
    let before = database.num_turn_rows().await?;
    let again = send(&ada, None, "Hello").await?;
    assert!(matches!(again, Err(ChatError::Busy { .. })), "{again:?}");
    assert_eq!(database.num_turn_rows().await?, before);
    for message in &started {
        stop(&ada, message).await??;
    }
    Ok(())
}

#[tokio::test]
async fn stop_works_in_mid_answer_and_keeps_the_text() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let turn = send(&ada, None, "Hello").await??;
    let answer = turn.assistant_message;
    let mut tail = ada
        .tail(answer.id, answer.cursor.context("running")?)
        .await?;
    let mut seen = hearth_tests::tail::AnswerText::default();
    while seen.letters().len() < 10 {
        seen.apply(&tail.next().await?.context("the answer goes on")?);
    }
    stop_in_time(&ada, &answer).await?;
    let kept = message_text(&ada, answer.id).await?;
    assert!(kept.starts_with("A slow ans"), "{kept}");
    assert_eq!(
        stop(&ada, &answer).await?,
        Ok(()),
        "stopping twice is stopping once"
    );
    assert_eq!(
        message_text(&ada, answer.id).await?,
        kept,
        "a stopped text is frozen"
    );
    Ok(())
}

#[tokio::test]
async fn stop_works_while_queued_and_before_the_first_token() -> Result<()> {
    let model = slow_model().with_prefill_delay(Duration::from_secs(5));
    let (_server, ada) = RunningServer::start_with(model, one_at_a_time(4)).await?;
    let reading = send(&ada, None, "Hello").await??.assistant_message;
    let queued = send(&ada, None, "Hello").await??.assistant_message;
    stop_in_time(&ada, &queued).await?;
    stop_in_time(&ada, &reading).await?;
    assert_eq!(message_text(&ada, reading.id).await?, "");
    Ok(())
}

#[tokio::test]
async fn a_stopped_answer_can_be_continued_in_the_same_message() -> Result<()> {
    let answer = "one two three four five six seven eight nine ten eleven twelve";
    let model =
        ScriptedModel::new(vec![answer.to_owned()]).with_token_delay(Duration::from_millis(20));
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send(&ada, None, "Count").await??;
    let message = turn.assistant_message;
    let mut tail = ada
        .tail(message.id, message.cursor.context("running")?)
        .await?;
    tail.read_letters(6).await?;
    stop_in_time(&ada, &message).await?;
    let arguments = [("message", message.id.to_string())];
    let continued: StartedTurn = ada.call("continue_turn", &arguments).await??;
    assert_eq!(continued.assistant_message.id, message.id);
    let end = ada.read_to_end(&continued.assistant_message).await?;
    assert_eq!(
        end.ended.map(|(status, _)| status),
        Some(MessageStatus::Finished)
    );
    assert_eq!(message_text(&ada, message.id).await?, answer);
    Ok(())
}

#[tokio::test]
async fn a_conversation_of_two_turns_keeps_both_and_another_version_keeps_the_first() -> Result<()>
{
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let first = send_and_wait(&ada, None, "First").await?;
    let id = first.conversation.id;
    let second = send_and_wait(&ada, Some(id), "Second").await?;
    let arguments = [("message", second.assistant_message.id.to_string())];
    let again = regenerate_and_wait(&ada, second.assistant_message.id).await?;
    let shown = conversation(&ada, id).await?;
    let texts: Vec<&str> = shown.messages.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["First", "", "Second", ""]);
    let last = &shown.messages[3];
    assert_eq!(last.id, again.assistant_message.id);
    assert_eq!(
        last.versions,
        [second.assistant_message.id, again.assistant_message.id]
    );
    ada.call::<()>("show_version", &arguments).await??;
    let shown = conversation(&ada, id).await?;
    assert_eq!(shown.messages[3].id, second.assistant_message.id);
    Ok(())
}

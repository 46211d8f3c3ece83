//! Faults that are nobody's: a panic in a turn, a row that the database refuses, accounts and
//! conversations that go away while a turn begins.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use hearth_app::{
    model::{Change, ChatError, ConversationId, MessageId, MessageStatus, Refusal, TurnError},
    service::ChatService as _,
};
use hearth_engine::{handle::EngineConfig, scripted::ScriptedModel};

use super::{
    FAULT,
    bench::{Bench, Page, long_answer, question},
};
use crate::chat::{
    live_turns::{LiveTurn, StopReason},
    turn_log::{Beginning, TurnLog},
};

fn slow(answer: &str) -> ScriptedModel {
    ScriptedModel::new(vec![answer.to_owned()]).with_token_delay(Duration::from_millis(1))
}

async fn execute(bench: &Bench, statement: &'static str) {
    let done = sqlx::query(statement).execute(&bench.store.writer).await;
    done.unwrap();
}

/// Waits until the database says how the answer ended.
async fn settled(bench: &Bench, message: MessageId) -> MessageStatus {
    for _ in 0..1000 {
        let status = bench.stored(message).await.status;
        if status != MessageStatus::Running {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    MessageStatus::Running
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_turn_ends_it_as_failed_with_its_text_and_frees_its_conversation() {
    let bench = Bench::start(slow(&format!("Once upon a time. {FAULT}"))).await;
    let changes = bench.server.changes();
    let told = changes.since(bench.ada, None).map(|(_, change)| change);
    let turn = bench.send("Go").await;
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let page = Page::of(answer).apply_all(&frames);
    assert_eq!(page.ended, Some(MessageStatus::Failed));
    // That it begins and that it has ended, to everybody else who looks.
    let told = tokio::time::timeout(Duration::from_secs(20), told.take(3).collect::<Vec<_>>());
    let changed = Change::Conversation(turn.conversation.id);
    assert_eq!(told.await.unwrap(), [Change::Listening, changed, changed]);
    assert_eq!(page.error, Some(TurnError::Broken));
    assert_eq!(settled(&bench, answer.id).await, MessageStatus::Failed);
    let stored = bench.stored(answer.id).await;
    assert!(
        stored.text.starts_with("Once upon a time."),
        "{}",
        stored.text
    );
    assert_eq!(stored.error, Some(TurnError::Broken));
    // The conversation is free: the next message is taken.
    bench.say(turn.conversation.id, "And?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_that_the_database_refuses_holds_up_no_other_answer() {
    let bench = Bench::start(slow(&long_answer())).await;
    let bad = bench.send("One").await.assistant_message;
    let good = bench.send("Two").await.assistant_message;
    let trigger = format!(
        "create trigger refused before insert on message_chunk when new.message_id = x'{}'
         begin select raise(abort, 'refused'); end",
        bad.id.as_uuid().simple()
    );
    sqlx::query(sqlx::AssertSqlSafe(trigger))
        .execute(&bench.store.writer)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let chunks = "select count(*) from message_chunk where message_id = ?";
    let chunks = sqlx::query_scalar::<_, i64>(chunks).bind(good.id.as_uuid());
    let num_chunks = chunks.fetch_one(&bench.store.readers).await.unwrap();
    let is_done = bench.stored(good.id).await.status == MessageStatus::Finished;
    assert!(
        num_chunks > 0 || is_done,
        "the other answer is written meanwhile"
    );
    assert_eq!(settled(&bench, good.id).await, MessageStatus::Finished);
    // The whole answer needs no chunk: nothing of the refused one is lost either.
    assert_eq!(settled(&bench, bad.id).await, MessageStatus::Finished);
    assert_eq!(bench.stored(bad.id).await.text, long_answer());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_is_there_already_is_no_reason_to_write_it_for_ever() {
    let bench = Bench::start(slow(&long_answer())).await;
    let answer = bench.send("One").await.assistant_message;
    execute(
        &bench,
        "insert or ignore into message_chunk (message_id, seq, text, token_ids)
         select id, 1, '', x'' from message where status = 'running'",
    )
    .await;
    assert_eq!(settled(&bench, answer.id).await, MessageStatus::Finished);
    assert_eq!(bench.stored(answer.id).await.text, long_answer());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_while_a_turn_begins_gets_no_answer_made() {
    let bench = Bench::start(slow(&long_answer())).await;
    let conversation = ConversationId::new(uuid::Uuid::now_v7());
    let live = &bench.server.live;
    let claim = live.claim(bench.ada, conversation, 2).unwrap();
    bench.server.end_turns_of(bench.bob);
    assert_eq!(claim.end_reason(), None);
    bench.server.end_turns_of(bench.ada);
    assert_eq!(claim.end_reason(), Some(StopReason::Disabled));
    tokio::time::timeout(Duration::from_secs(1), claim.ended())
        .await
        .unwrap();
    execute(&bench, "update user set disabled = 1 where name = 'ada'").await;
    let refused = bench.try_send(question("Go")).await;
    assert!(
        matches!(refused, Err(ChatError::Unauthorized)),
        "{refused:?}"
    );
    assert_eq!(bench.num_rows().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_in_a_deleted_conversation_ends() {
    let bench = Bench::start(slow(&long_answer())).await;
    let turn = bench.send("Go").await;
    bench
        .server
        .delete(bench.ada, turn.conversation.id)
        .await
        .unwrap();
    let status = "select status from message where id = ?";
    for _ in 0..1000 {
        let id = turn.assistant_message.id.as_uuid();
        let status = sqlx::query_scalar::<_, String>(status).bind(id);
        if status.fetch_one(&bench.store.readers).await.unwrap() == "stopped" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the answer is still being made");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_answer_runs_is_told_to_nobody_else() {
    let bench = Bench::start(slow(&long_answer())).await;
    let turn = bench.send("Go").await;
    let mut message = question("Me too");
    message.conversation = Some(turn.conversation.id);
    let refused = bench.server.send(bench.bob, message).await;
    assert!(matches!(refused, Err(ChatError::NotFound)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn continue_on_a_full_window_says_so_and_changes_nothing() {
    let model = ScriptedModel::new(vec![long_answer()]).with_context_window(200);
    let bench = Bench::start(model).await;
    let turn = bench.send("Go").await;
    let answer = turn.assistant_message.id;
    assert_eq!(settled(&bench, answer).await, MessageStatus::Finished);
    let before = bench.stored(answer).await;
    let refused = bench.server.continue_turn(bench.ada, answer).await;
    assert!(
        matches!(
            refused,
            Err(ChatError::Invalid(Refusal::WindowFull { window: 200 }))
        ),
        "{refused:?}"
    );
    assert_eq!(bench.stored(answer).await.text, before.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_took_too_long_is_kept_and_can_go_on() {
    let config = EngineConfig {
        time_limit: Some(Duration::from_millis(300)),
        ..EngineConfig::default()
    };
    let model = ScriptedModel::new(vec![long_answer()]).with_token_delay(Duration::from_millis(5));
    let bench = Bench::start_with(model, config).await;
    let turn = bench.send("Go").await;
    let answer = turn.assistant_message.id;
    assert_eq!(settled(&bench, answer).await, MessageStatus::Interrupted);
    let stored = bench.stored(answer).await;
    assert_eq!(stored.error, Some(TurnError::TimeUp));
    assert!(!stored.text.is_empty() && stored.text != long_answer());
    let continued = bench.server.continue_turn(bench.ada, answer).await.unwrap();
    assert_eq!(continued.assistant_message.status, MessageStatus::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_in_its_time_beside_a_turn_that_hangs() {
    let bench = Bench::start(slow(&long_answer())).await;
    let turn = bench.send("Go").await;
    bench.watch_until(&turn.assistant_message, 100).await;
    // Nobody makes this one: it never ends.
    let hanging = LiveTurn::new(
        bench.bob,
        MessageId::new(uuid::Uuid::now_v7()),
        ConversationId::new(uuid::Uuid::now_v7()),
        TurnLog::new(1, Beginning::default()),
    );
    bench.server.live.insert(Arc::new(hanging));
    let ended = tokio::time::timeout(Duration::from_secs(3), bench.server.shut_down()).await;
    ended.unwrap();
    let stored = bench.stored(turn.assistant_message.id).await;
    assert_eq!(stored.status, MessageStatus::Interrupted);
    assert!(!stored.text.is_empty());
}

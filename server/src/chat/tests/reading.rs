//! What is read of a conversation: no more than is shown, in the order in which it was written.

use hearth_app::{
    model::{ConversationId, ConversationSettings, Message, MessageId},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;
use sqlx::types::Uuid;

use super::bench::Bench;
use crate::store::{StoredMessage, Window};

async fn answered(bench: &Bench, question: &str) -> Message {
    let turn = bench.send(question).await;
    let (id, cursor) = (turn.assistant_message.id, turn.assistant_message.cursor);
    bench.frames(id, cursor.unwrap()).await;
    turn.assistant_message
}

fn bench_model() -> ScriptedModel {
    ScriptedModel::new(vec!["Yes.".to_owned()])
}

fn messages(num_messages: u32) -> Window {
    Window {
        num_messages,
        num_bytes: i64::MAX,
    }
}

#[tokio::test]
async fn a_window_of_a_branch_holds_its_last_messages_and_only_their_versions() {
    let bench = Bench::start(bench_model()).await;
    let first = answered(&bench, "One?").await;
    let conversation = bench.stored(first.id).await.conversation;
    let again = bench.server.regenerate(bench.ada, first.id).await.unwrap();
    let again = again.assistant_message;
    bench.frames(again.id, again.cursor.unwrap()).await;
    let turn = bench.say(conversation, "Two?").await;
    let leaf = turn.assistant_message.id;

    let ids = |branch: Vec<StoredMessage>| branch.into_iter().map(|it| it.id).collect::<Vec<_>>();
    let whole = ids(bench.store.branch(bench.ada, leaf).await.unwrap());
    assert_eq!(whole.len(), 4);
    for limit in 1..=5_u32 {
        let end = bench
            .store
            .branch_end(bench.ada, leaf, messages(limit))
            .await
            .unwrap();
        let num_left_out = whole.len().saturating_sub(limit as usize);
        assert_eq!(ids(end), whole[num_left_out..], "{limit}");
        let versions = bench.store.versions(bench.ada, leaf, limit).await.unwrap();
        assert_eq!(versions.len(), whole.len() - num_left_out, "{limit}");
    }
    let versions = bench.store.versions(bench.ada, leaf, 4).await.unwrap();
    assert_eq!(versions[&first.parent_id], [first.id, again.id]);

    assert!(
        bench
            .store
            .branch_end(bench.bob, leaf, messages(2))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        bench
            .store
            .versions(bench.bob, leaf, 2)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        bench
            .store
            .message(bench.bob, leaf)
            .await
            .unwrap()
            .is_none()
    );
}

/// The id that a message would have had, had it been written a day earlier.
fn a_day_earlier(id: MessageId) -> MessageId {
    const DAY_MS: u128 = 24 * 60 * 60 * 1000;
    // The first 48 bits of an id are milliseconds.
    MessageId::new(Uuid::from_u128(id.as_uuid().as_u128() - (DAY_MS << 80)))
}

/// As if the clock had been set back by a day before this message was written.
async fn set_back(bench: &Bench, id: MessageId) -> MessageId {
    let (old, new) = (id.as_uuid(), a_day_earlier(id).as_uuid());
    let writer = &bench.store.writer;
    let referring = sqlx::query("pragma foreign_keys = off");
    referring.execute(writer).await.unwrap();
    for statement in [
        "update message set id = ?2, created_at = created_at - 86400000 where id = ?1",
        "update message set parent_id = ?2 where parent_id = ?1",
        "update conversation set active_message_id = ?2 where active_message_id = ?1",
    ] {
        let query = sqlx::query(statement).bind(old).bind(new);
        query.execute(writer).await.unwrap();
    }
    let referring = sqlx::query("pragma foreign_keys = on");
    referring.execute(writer).await.unwrap();
    MessageId::new(new)
}

#[tokio::test]
async fn a_clock_set_back_changes_neither_the_shown_leaf_nor_the_order_of_versions() {
    let bench = Bench::start(bench_model()).await;
    let first = answered(&bench, "One?").await;
    let question = first.parent_id.unwrap();
    let again = bench.server.regenerate(bench.ada, first.id).await.unwrap();
    let again = again.assistant_message;
    bench.frames(again.id, again.cursor.unwrap()).await;
    let conversation = bench.stored(first.id).await.conversation;
    let turn = bench.say(conversation, "Two?").await;
    let leaf = turn.assistant_message;
    bench.frames(leaf.id, leaf.cursor.unwrap()).await;
    let again = set_back(&bench, again.id).await;
    let leaf = set_back(&bench, leaf.id).await;

    bench.server.show_version(bench.ada, again).await.unwrap();
    let stored = bench
        .store
        .conversation(bench.ada, conversation)
        .await
        .unwrap();
    assert_eq!(stored.unwrap().active_message, Some(leaf));
    let versions = bench.store.versions(bench.ada, leaf, 4).await.unwrap();
    assert_eq!(versions[&Some(question)], [first.id, again]);

    bench
        .server
        .show_version(bench.ada, first.id)
        .await
        .unwrap();
    let stored = bench
        .store
        .conversation(bench.ada, conversation)
        .await
        .unwrap();
    assert_eq!(stored.unwrap().active_message, Some(first.id));
}

/// The conversation that stands first in the list.
async fn first_listed(bench: &Bench) -> ConversationId {
    let listed = bench.store.conversations(bench.ada, None, 1).await.unwrap();
    listed[0].id
}

#[tokio::test]
async fn under_a_clock_set_back_the_conversation_used_last_still_stands_first() {
    let bench = Bench::start(bench_model()).await;
    let other = answered(&bench, "One?").await;
    let used = answered(&bench, "Two?").await;
    let other = bench.stored(other.id).await.conversation;
    let conversation = bench.stored(used.id).await.conversation;
    let tomorrow = sqlx::query("update conversation set updated_at = updated_at + 86400000");
    tomorrow.execute(&bench.store.writer).await.unwrap();

    bench.say(other, "Three?").await;
    assert_eq!(first_listed(&bench).await, other);
    bench.server.regenerate(bench.ada, used.id).await.unwrap();
    assert_eq!(first_listed(&bench).await, conversation);
    let new = answered(&bench, "Four?").await;
    let new = bench.stored(new.id).await.conversation;
    assert_eq!(first_listed(&bench).await, new);
    let empty = ConversationId::new(Uuid::now_v7());
    let settings = ConversationSettings::default();
    let inserted = bench
        .store
        .insert_empty_conversation(bench.ada, empty, &settings);
    inserted.await.unwrap();
    assert_eq!(first_listed(&bench).await, empty);
}

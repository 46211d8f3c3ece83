//! Lists and conversations in pieces: nothing is missing, and nothing comes twice.

use std::collections::BTreeSet;

use hearth_app::{
    model::{
        ChatError, Conversation, ConversationId, ConversationState, ConversationSummary, Message,
        MessageId,
    },
    service::{ChatService as _, order::OrderService as _},
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::Bench;
use crate::{
    chat::service::{LIST_PAGE, WINDOW_BYTES, WINDOW_MESSAGES},
    store::FolderSaved,
};

async fn bench() -> Bench {
    Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await
}

/// Conversations of ada's, each used a millisecond after the one before; the last two at once.
async fn insert_conversations(bench: &Bench, number: usize) {
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < ?1)
         insert into conversation (id, user_id, title, created_at, updated_at)
         select cast(printf('%016d', i) as blob), ?2, 'chat ' || i, 0, min(i, ?1 - 1)
         from n
         where i <= ?1",
    )
    .bind(i64::try_from(number).unwrap())
    .bind(bench.ada.as_uuid())
    .execute(&bench.store.writer)
    .await
    .unwrap();
}

async fn pages(bench: &Bench, mut between: impl AsyncFnMut(usize)) -> Vec<ConversationSummary> {
    let mut all = Vec::new();
    let mut after = None;
    for number in 0.. {
        let page = bench.server.conversations(bench.ada, after).await.unwrap();
        assert!(page.conversations.len() <= LIST_PAGE as usize);
        after = page.conversations.last().map(ConversationSummary::place);
        all.extend(page.conversations);
        if !page.has_more {
            break;
        }
        between(number).await;
    }
    all
}

fn ids(list: &[ConversationSummary]) -> BTreeSet<ConversationId> {
    list.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn pages_of_the_list_hold_every_conversation_exactly_once_in_order() {
    let bench = bench().await;
    for number in [0, 1, LIST_PAGE as usize] {
        sqlx::query("delete from conversation")
            .execute(&bench.store.writer)
            .await
            .unwrap();
        insert_conversations(&bench, number).await;
        assert_eq!(pages(&bench, async |_| {}).await.len(), number);
    }
    sqlx::query("delete from conversation")
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let number = 3 * LIST_PAGE as usize + 1;
    insert_conversations(&bench, number).await;
    let all = pages(&bench, async |_| {}).await;
    assert_eq!((all.len(), ids(&all).len()), (number, number));
    assert!(all.is_sorted_by(|high, low| high.place() > low.place()));
    let bobs = bench.server.conversations(bench.bob, None).await.unwrap();
    assert!(bobs.conversations.is_empty() && !bobs.has_more);
}

#[tokio::test]
async fn a_conversation_that_moves_to_the_top_comes_in_no_later_page_and_in_the_first_one() {
    let bench = bench().await;
    let number = 3 * LIST_PAGE as usize;
    insert_conversations(&bench, number).await;
    let oldest = sqlx::query_scalar("select id from conversation order by updated_at limit 1");
    let oldest = oldest.fetch_one(&bench.store.readers).await.unwrap();
    let oldest = ConversationId::new(oldest);
    let all = pages(&bench, async |page| {
        if page == 0 {
            bench.say(oldest, "Hello?").await;
        }
    })
    .await;
    assert_eq!((all.len(), ids(&all).len()), (number - 1, number - 1));
    let first = bench.server.conversations(bench.ada, None).await.unwrap();
    assert_eq!(first.conversations[0].id, oldest);
    assert!(!ids(&all).contains(&oldest));
}

/// What each list asks for beside its person, and the index that it names.
const LISTS: [(&str, &str, &str); 4] = [
    (
        "conversation_recent",
        "user_id = ?1 and archived_at is null and pinned_at is null and folder_id is null",
        "updated_at",
    ),
    (
        "conversation_pinned",
        "user_id = ?1 and pinned_at is not null and archived_at is null",
        "pinned_at",
    ),
    (
        "conversation_archived",
        "user_id = ?1 and archived_at is not null",
        "updated_at",
    ),
    (
        "conversation_folder",
        "folder_id = ?1 and user_id = ?1 and archived_at is null and pinned_at is null",
        "updated_at",
    ),
];

#[tokio::test]
async fn a_page_of_each_list_reads_its_own_rows_and_sorts_nothing() {
    let bench = bench().await;
    for (index, rows, order) in LISTS {
        let query = format!(
            "explain query plan
             select id, title, updated_at
             from conversation indexed by {index}
             where {rows} and deleted_at is null and ({order}, id) < (?2, ?3)
             order by {order} desc, id desc
             limit 51"
        );
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(query))
            .fetch_all(&bench.store.readers)
            .await
            .unwrap();
        let [(.., step)] = plan.as_slice() else {
            panic!("one step: {plan:?}");
        };
        let range = format!("({order},id)<");
        assert!(step.contains(index) && step.contains(&range), "{step}");
    }
}

#[tokio::test]
async fn of_ten_thousand_a_page_is_read_and_each_stands_in_one_list() {
    let bench = bench().await;
    let number = 10_000;
    insert_conversations(&bench, number).await;
    let FolderSaved::Done(folder) = bench.store.insert_folder(bench.ada, "Tax").await.unwrap()
    else {
        panic!("it is made");
    };
    sqlx::query(
        "update conversation
         set archived_at = case when updated_at % 4 = 0 then updated_at end,
             folder_id = case when updated_at % 4 = 1 then ? end,
             pinned_at = case when updated_at % 4 = 2 and updated_at < 80 then updated_at end",
    )
    .bind(folder.as_uuid())
    .execute(&bench.store.writer)
    .await
    .unwrap();
    let recent = pages(&bench, async |_| {}).await;
    let first = bench.server.conversations(bench.ada, None).await.unwrap();
    let mut all = [recent, first.pinned].concat();
    for is_archive in [false, true] {
        let mut after = None;
        loop {
            let page = if is_archive {
                bench.server.archive(bench.ada, after).await
            } else {
                bench
                    .server
                    .folder_conversations(bench.ada, folder, after)
                    .await
            };
            let page = page.unwrap();
            assert!(page.conversations.len() <= LIST_PAGE as usize);
            after = page.conversations.last().map(ConversationSummary::place);
            all.extend(page.conversations);
            if !page.has_more {
                break;
            }
        }
    }
    assert_eq!((all.len(), ids(&all).len()), (number, number));
    let theirs = bench.server.folder_conversations(bench.bob, folder, None);
    assert_eq!(theirs.await.unwrap_err(), ChatError::NotFound);
    bench.server.delete_folder(bench.ada, folder).await.unwrap();
    assert_eq!(pages(&bench, async |_| {}).await.len(), number - 2_499 - 20);
}

async fn ended(bench: &Bench, message: &Message) {
    bench.frames(message.id, message.cursor.unwrap()).await;
}

/// A conversation of so many turns, and the ids of its branch.
async fn long_conversation(bench: &Bench, num_turns: usize) -> (ConversationId, Vec<MessageId>) {
    let first = bench.send("Turn 0?").await;
    ended(bench, &first.assistant_message).await;
    let id = first.conversation.id;
    for number in 1..num_turns {
        let turn = bench.say(id, &format!("Turn {number}?")).await;
        ended(bench, &turn.assistant_message).await;
    }
    let leaf = read(bench, id, None).await.state.leaf.unwrap();
    let branch = bench.store.branch(bench.ada, leaf).await.unwrap();
    (id, branch.into_iter().map(|it| it.id).collect())
}

async fn read(bench: &Bench, id: ConversationId, before: Option<MessageId>) -> Conversation {
    let read = bench.server.conversation(bench.ada, id, before);
    read.await.unwrap()
}

/// The windows from the newest to the oldest, put together.
async fn windows(bench: &Bench, id: ConversationId) -> (Vec<MessageId>, usize) {
    let mut all = Vec::new();
    let (mut before, mut number) = (None, 0);
    loop {
        let window = read(bench, id, before).await;
        assert!(!window.messages.is_empty());
        let ids = window.messages.iter().map(|it| it.id);
        all.splice(0..0, ids);
        number += 1;
        if !window.has_earlier() {
            return (all, number);
        }
        before = Some(window.messages[0].id);
    }
}

#[tokio::test]
async fn a_window_and_all_before_it_are_the_whole_branch() {
    let bench = bench().await;
    let num_turns = WINDOW_MESSAGES as usize + 1;
    let (id, branch) = long_conversation(&bench, num_turns).await;
    let newest = read(&bench, id, None).await;
    assert_eq!(newest.messages.len(), WINDOW_MESSAGES as usize);
    assert_eq!(newest.later_leaf(), None);
    assert_eq!(newest.state.num_messages as usize, branch.len());
    assert_eq!(windows(&bench, id).await, (branch.clone(), 3));

    // Another version in the middle: windows of the branch that is left stay its own.
    let middle = branch[(branch.len() / 2) | 1];
    let again = bench.server.regenerate(bench.ada, middle).await.unwrap();
    ended(&bench, &again.assistant_message).await;
    let (shown, _) = windows(&bench, id).await;
    assert_eq!(shown.last(), Some(&again.assistant_message.id));
    let before = read(&bench, id, Some(*branch.last().unwrap())).await;
    let (_, above) = branch.split_last().unwrap();
    let shown: Vec<_> = before.messages.iter().map(|it| it.id).collect();
    assert!(above.ends_with(&shown));
    assert_eq!(before.later_leaf(), Some(again.assistant_message.id));
}

#[tokio::test]
async fn a_window_ends_where_its_bytes_are_enough_and_is_never_empty() {
    let bench = bench().await;
    let (id, branch) = long_conversation(&bench, 4).await;
    let long = "word ".repeat(usize::try_from(WINDOW_BYTES).unwrap() / 5 / 2 + 1);
    for message in [branch[1], branch[3], branch[5]] {
        sqlx::query("update message set text = ? where id = ?")
            .bind(&long)
            .bind(message.as_uuid())
            .execute(&bench.store.writer)
            .await
            .unwrap();
    }
    let newest = read(&bench, id, None).await;
    let shown: Vec<_> = newest.messages.iter().map(|it| it.id).collect();
    assert_eq!(shown, branch[3..]);
    assert_eq!(windows(&bench, id).await, (branch.clone(), 2));

    sqlx::query("update message set text = ?")
        .bind(long.repeat(3))
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let newest = read(&bench, id, None).await;
    assert_eq!(newest.messages.len(), 1);
    assert_eq!(windows(&bench, id).await, (branch, 8));
}

#[tokio::test]
async fn before_the_first_message_of_another_conversation_or_persons_is_nothing() {
    let bench = bench().await;
    let (id, branch) = long_conversation(&bench, 1).await;
    let (other, elsewhere) = long_conversation(&bench, 2).await;
    for (who, conversation, before) in [
        (bench.ada, id, branch[0]),
        (bench.ada, id, elsewhere[2]),
        (bench.bob, other, elsewhere[2]),
    ] {
        let read = bench.server.conversation(who, conversation, Some(before));
        assert_eq!(read.await.unwrap_err(), ChatError::NotFound);
    }
    assert_eq!(
        read(&bench, other, Some(elsewhere[2])).await.messages.len(),
        2
    );
    let state = bench.server.conversation_state(bench.bob, id).await;
    assert_eq!(state.unwrap_err(), ChatError::NotFound);
}

async fn state(bench: &Bench, id: ConversationId) -> ConversationState {
    bench
        .server
        .conversation_state(bench.ada, id)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_state_of_a_conversation_changes_with_its_messages_and_not_with_reading() {
    let bench = bench().await;
    let (id, branch) = long_conversation(&bench, 2).await;
    let mut last = state(&bench, id).await;
    assert_eq!(read(&bench, id, None).await.state, last);
    assert!(last.has_same_messages(&state(&bench, id).await));
    bench
        .server
        .rename(bench.ada, id, "Other".into())
        .await
        .unwrap();
    assert!(last.has_same_messages(&state(&bench, id).await));

    let mut changed = async |what: &str| {
        let new = state(&bench, id).await;
        assert!(!new.has_same_messages(&last), "{what}");
        last = new;
        // Times are milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    };
    let turn = bench.say(id, "More?").await;
    ended(&bench, &turn.assistant_message).await;
    changed("a message").await;
    let again = bench.server.regenerate(bench.ada, branch[3]).await.unwrap();
    ended(&bench, &again.assistant_message).await;
    changed("a version").await;
    bench
        .server
        .show_version(bench.ada, branch[3])
        .await
        .unwrap();
    changed("another version shown").await;
    sqlx::query("update message set status = 'stopped' where id = ?")
        .bind(turn.assistant_message.id.as_uuid())
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let on = turn.assistant_message.id;
    let on = bench.server.continue_turn(bench.ada, on).await.unwrap();
    ended(&bench, &on.assistant_message).await;
    changed("an answer that went on").await;
}

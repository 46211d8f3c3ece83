//! What can be found follows every row: answers at their end however it comes, and nothing that is
//! gone.

use hearth_app::{
    model::MessageStatus,
    service::{ChatService as _, search::SearchService as _},
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::Bench;
use crate::{
    search::SearchServer,
    slow_work::SlowWork,
    store::{Chunk, Store},
};

async fn bench(answers: &[&str]) -> Bench {
    let answers = answers.iter().map(|&it| it.to_owned()).collect();
    Bench::start(ScriptedModel::new(answers)).await
}

/// How many titles and messages ada finds.
async fn found(bench: &Bench, typed: &str) -> (usize, usize) {
    let search = SearchServer {
        store: bench.store.clone(),
        slow_work: SlowWork::default(),
    };
    let hits = search.search(bench.ada, typed).await.unwrap();
    (hits.titles.len(), hits.messages.len())
}

#[tokio::test]
async fn a_question_is_found_at_once_and_its_answer_when_it_has_ended() {
    let bench = bench(&["An answer of gold."]).await;
    let turn = bench.send("A question of silver").await;
    assert_eq!(found(&bench, "silver").await, (1, 1));
    let answer = turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    assert_eq!(found(&bench, "gold").await, (0, 1));
    // Of a version beside, too.
    let other = bench.server.regenerate(bench.ada, answer.id).await.unwrap();
    let other = other.assistant_message;
    bench.frames(other.id, other.cursor.unwrap()).await;
    assert_eq!(found(&bench, "gold").await, (0, 2));
}

#[tokio::test]
async fn what_an_interrupted_answer_had_is_found_and_a_changed_text_only_by_its_new_words() {
    let bench = bench(&["An answer of gold."]).await;
    let turn = bench.send("A question").await;
    let answer = turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    let id = answer.id.as_uuid();
    let set = "update message set status = 'running', text = '' where id = ?";
    sqlx::query(set)
        .bind(id)
        .execute(&bench.store.writer)
        .await
        .unwrap();
    assert_eq!(found(&bench, "gold").await, (0, 0));
    let chunk = Chunk {
        seq: 1,
        text: "A beginning of copper".to_owned(),
        ..Chunk::default()
    };
    let chunks = [(answer.id, &chunk)].into_iter();
    bench.store.record(chunks, &[]).await.unwrap();
    bench.store.interrupt(answer.id).await.unwrap();
    let stored = bench.stored(answer.id).await;
    assert_eq!(stored.status, MessageStatus::Interrupted);
    assert_eq!(found(&bench, "copper").await, (0, 1));
    assert_eq!(found(&bench, "gold").await, (0, 0));
}

#[tokio::test]
async fn the_index_is_written_anew_in_steps_and_keeps_what_stays() {
    let bench = bench(&["Nothing."]).await;
    for number in 0..30 {
        let turn = bench.send(&format!("Question {number} of silver")).await;
        let answer = turn.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
    }
    sqlx::query("delete from conversation where title not like '%29%'")
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let number = bench.store.num_forgettable().await.unwrap();
    // A title, a question and an answer of each.
    assert!(number >= 29 * 3, "{number}");
    // Nothing may be left to do: of a small index much is written anew while entries go.
    let mut goes_on = bench.store.forget_words(true).await.unwrap();
    while goes_on {
        goes_on = bench.store.forget_words(false).await.unwrap();
    }
    bench.store.note_forgotten(number).await.unwrap();
    assert_eq!(bench.store.num_forgettable().await.unwrap(), 0);
    assert_eq!(found(&bench, "silver").await, (1, 1));
}

#[tokio::test]
async fn the_backlog_goes_on_where_it_was_cut_off_and_finds_the_newest_first() {
    let bench = bench(&["Nothing."]).await;
    for number in 0..6 {
        let turn = bench.send(&format!("Question {number}")).await;
        let answer = turn.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
    }
    for statement in [
        "delete from search_entry",
        "insert into search_backlog (id, titles_before, messages_before)
         values (1, x'ffffffffffffffffffffffffffffffff', x'ffffffffffffffffffffffffffffffff')",
    ] {
        sqlx::query(statement)
            .execute(&bench.store.writer)
            .await
            .unwrap();
    }
    bench.store.index_backlog(2).await.unwrap();
    assert_eq!(found(&bench, "question").await, (2, 0));
    // Another process goes on.
    let store = Store::open(&bench.path()).await.unwrap();
    while store.index_backlog(2).await.unwrap() > 0 {}
    assert_eq!(found(&bench, "question").await, (6, 6));
    let order = "select group_concat(m.text, ',' order by e.id desc)
                 from search_entry e
                 join message m on m.id = e.message_id
                 where m.role = 'user'";
    let order: String = sqlx::query_scalar(order)
        .fetch_one(&bench.store.readers)
        .await
        .unwrap();
    assert!(order.starts_with("Question 5,Question 4,"), "{order}");
}

#[tokio::test]
async fn what_a_fork_copies_is_found_at_once_and_what_is_long_after_the_backlog() {
    let bench = bench(&["An answer of gold."]).await;
    let turn = bench.send("A question").await;
    let answer = turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    sqlx::query("update message set text = ? where role = 'user'")
        .bind("marble ".repeat(8 << 10))
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let forked = bench.server.fork(bench.ada, answer.id, " (fork)").await;
    forked.unwrap();
    assert_eq!(found(&bench, "gold").await, (0, 2));
    assert_eq!(found(&bench, "marble").await, (0, 0));
    while bench.store.index_backlog(2).await.unwrap() > 0 {}
    assert_eq!(found(&bench, "marble").await, (0, 2));
}

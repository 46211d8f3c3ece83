//! Answers that are marked as running and that nobody makes, and keys of other messages.

use hearth_app::{
    model::{ChatError, MessageStatus, Refusal},
    service::ChatService as _,
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, question};
use crate::store::Chunk;

async fn execute(bench: &Bench, statement: &'static str) {
    let query = sqlx::query(statement);
    query.execute(&bench.store.writer).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_lost_its_task_is_continued_and_answered() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes, and no.".to_owned()])).await;
    let turn = bench.send("One?").await;
    let answer = turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    execute(
        &bench,
        "update message set status = 'running', finish_reason = null, text = 'Yes,',
            token_ids = substr(token_ids, 1, 16)
         where role = 'assistant'",
    )
    .await;
    // As a server that has seen no end of it.
    let continued = bench.server.continue_turn(bench.ada, answer.id).await;
    let continued = continued.unwrap().assistant_message;
    bench.frames(answer.id, continued.cursor.unwrap()).await;
    let stored = bench.stored(answer.id).await;
    assert_eq!(stored.status, MessageStatus::Finished);
    assert_eq!(stored.text, "Yes, and no.");

    execute(
        &bench,
        "update message set status = 'running' where role = 'assistant'",
    )
    .await;
    bench.say(turn.conversation.id, "Two?").await;
    let stored = bench.stored(answer.id).await;
    assert_eq!(stored.status, MessageStatus::Interrupted);
}

#[tokio::test]
async fn a_key_of_a_message_elsewhere_swallows_none() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let (one, two) = (bench.send("One?").await, bench.send("Two?").await);
    for turn in [&one, &two] {
        let answer = &turn.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
    }
    let mut message = question("Go on");
    message.conversation = Some(one.conversation.id);
    let key = message.key;
    let sent = bench.try_send(message).await.unwrap();
    let answer = &sent.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;

    let mut again = question("Go on");
    (again.conversation, again.key) = (Some(one.conversation.id), key);
    let repeated = bench.try_send(again).await.unwrap();
    assert_eq!(repeated.assistant_message.id, answer.id);

    let mut elsewhere = question("Go on");
    (elsewhere.conversation, elsewhere.key) = (Some(two.conversation.id), key);
    let refused = bench.try_send(elsewhere).await.unwrap_err();
    assert_eq!(refused, ChatError::Invalid(Refusal::KeyUsed));
}

#[tokio::test]
async fn a_row_that_says_nothing_sensible_keeps_nobody_from_sending() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let mut answers = Vec::new();
    for text in ["One?", "Two?"] {
        let answer = bench.send(text).await.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
        answers.push(answer.id);
    }
    execute(
        &bench,
        "update message set status = 'running' where role = 'assistant'",
    )
    .await;
    let bad = sqlx::query("update message set token_ids = x'010203' where id = ?");
    let bad = bad.bind(answers[0].as_uuid());
    bad.execute(&bench.store.writer).await.unwrap();
    let server = bench.served_anew().await;
    server.send(bench.ada, question("Three?")).await.unwrap();
    let words = "select status from message where role = 'assistant' order by rowid limit 2";
    let words = sqlx::query_scalar::<_, String>(words);
    let words = words.fetch_all(&bench.store.readers).await.unwrap();
    assert_eq!(words, ["interrupted", "interrupted"]);
}

#[tokio::test]
async fn a_chunk_that_grew_since_it_was_written_loses_nothing() {
    let bench = Bench::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await;
    let answer = bench.send("One?").await.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    execute(
        &bench,
        "update message set status = 'running', text = '', token_ids = null
         where role = 'assistant'",
    )
    .await;
    // The first commit took effect, and its answer got lost.
    for (text, ids) in [("On", vec![1, 2]), ("Once", vec![1, 2, 3, 4])] {
        let chunk = Chunk {
            seq: 1,
            text: text.to_owned(),
            token_ids: ids,
            ..Chunk::default()
        };
        let chunks = [(answer.id, &chunk)].into_iter();
        bench.store.record(chunks, &[]).await.unwrap();
    }
    bench.store.interrupt(answer.id).await.unwrap();
    let stored = bench.stored(answer.id).await;
    assert_eq!(stored.text, "Once");
    let kept = bench.store.continued_answer(bench.ada, answer.id).await;
    assert_eq!(kept.unwrap().unwrap().token_ids, [1, 2, 3, 4]);
}

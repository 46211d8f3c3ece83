//! Files beside a question: what the model reads of them, who has them, and when they go.

use hearth_app::{
    model::{ChatError, FileId, Message, Notice, Refusal, StartedTurn},
    service::{ChatService as _, SendMessage},
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, question};
use crate::store::NewFile;

/// A model that says what it was asked.
async fn echoing() -> Bench {
    Bench::start(ScriptedModel::new(Vec::new()).with_context_window(4096)).await
}

fn new_file(text: &str) -> NewFile {
    let mut sha256 = [0; 32];
    for (place, byte) in text.bytes().enumerate() {
        sha256[place % 32] ^= byte.rotate_left(u32::try_from(place % 8).unwrap());
    }
    NewFile {
        sha256,
        kind: "text".to_owned(),
        size: text.len() as u64,
        is_cut: false,
        num_pages: None,
        num_tokens: Some(3),
        text: text.to_owned(),
    }
}

async fn add(bench: &Bench, name: &str, text: &str) -> FileId {
    let file = new_file(text);
    let inserted = bench.store.insert_file(bench.ada, name, &file).await;
    let inserted = inserted.unwrap();
    if !inserted.is_whole {
        let piece = bench
            .store
            .insert_file_piece(inserted, 0, text.as_bytes())
            .await;
        piece.unwrap();
        bench.store.note_whole_file(inserted).await.unwrap();
    }
    inserted.id
}

fn with(text: &str, files: Vec<FileId>) -> SendMessage {
    SendMessage {
        files,
        ..question(text)
    }
}

/// What the model was asked last, which is its answer.
async fn heard(bench: &Bench, turn: &StartedTurn) -> String {
    let answer = &turn.assistant_message;
    bench.frames(answer.id, answer.cursor.unwrap()).await;
    bench.text(answer.id).await
}

/// What the model reads: a token of it is a byte, or a mark between messages.
async fn prompt(bench: &Bench, turn: &StartedTurn) -> String {
    let answer = turn.assistant_message.id;
    let stored = bench.store.continued_answer(bench.ada, answer).await;
    let ids = stored.unwrap().unwrap().prompt_token_ids;
    let bytes = ids.into_iter().filter_map(|id| u8::try_from(id).ok());
    String::from_utf8(bytes.collect()).unwrap()
}

async fn count(bench: &Bench, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let number = sqlx::query_scalar(sql);
    number.fetch_one(&bench.store.writer).await.unwrap()
}

fn asked(turn: &StartedTurn) -> &Message {
    turn.user_message.as_ref().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_reads_files_before_the_question_and_the_page_shows_their_names() {
    let bench = echoing().await;
    let files = vec![
        add(&bench, "a.txt", "alpha").await,
        add(&bench, "b.txt", "beta").await,
    ];
    let turn = bench.try_send(with("Compare both", files)).await.unwrap();
    let shown = &asked(&turn).files;
    assert!(
        shown.contains("a.txt") && shown.contains("b.txt"),
        "{shown}"
    );
    assert_eq!(asked(&turn).text, "Compare both");
    assert_eq!(
        heard(&bench, &turn).await,
        "[File: a.txt]\nalpha\n[End of the file: a.txt]\n\n\
         [File: b.txt]\nbeta\n[End of the file: b.txt]\n\nCompare both"
    );
    // The next prompt begins with what the first one was, byte for byte.
    let next = bench.say(turn.conversation.id, "And now?").await;
    let (first, second) = (prompt(&bench, &turn).await, prompt(&bench, &next).await);
    assert!(second.starts_with(&first), "{first}\n--\n{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_long_loses_its_end_and_it_is_told() {
    let bench = echoing().await;
    let long = "A line of words.\n".repeat(1000);
    let files = vec![add(&bench, "long.txt", &long).await];
    let turn = bench.try_send(with("What is it?", files)).await.unwrap();
    assert_eq!(turn.notice, Some(Notice::FilesCut));
    let prompt = prompt(&bench, &turn).await;
    assert!(prompt.contains("[File: long.txt]\nA line of words.\n"));
    assert!(prompt.contains("words.\n[The rest is left out"), "{prompt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_with_one_message_of_its_person_and_else_nothing_is_written() {
    let bench = echoing().await;
    let file = add(&bench, "a.txt", "alpha").await;
    let before = bench.num_rows().await;
    let gone = Some(ChatError::Invalid(Refusal::FilesGone));
    let theirs = bench
        .server
        .send(bench.bob, with("Mine?", vec![file]))
        .await;
    assert_eq!(theirs.err(), gone);
    let twice = bench.try_send(with("Twice?", vec![file, file])).await;
    assert_eq!(twice.err(), Some(ChatError::NotFound));
    let many = bench.try_send(with("Many?", vec![file; 11])).await;
    let limit = Refusal::TooManyFiles { limit: 10 };
    assert_eq!(many.err(), Some(ChatError::Invalid(limit)));
    assert_eq!(bench.num_rows().await, before);
    let turn = bench.try_send(with("Once", vec![file])).await.unwrap();
    heard(&bench, &turn).await;
    let again = bench.try_send(with("Again?", vec![file])).await;
    assert_eq!(again.err(), gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_question_keeps_its_files_and_a_fork_has_them_too() {
    let bench = echoing().await;
    let file = add(&bench, "a.txt", "alpha").await;
    let turn = bench.try_send(with("What?", vec![file])).await.unwrap();
    heard(&bench, &turn).await;
    let more = add(&bench, "b.txt", "beta").await;
    let edited = SendMessage {
        edits: Some(asked(&turn).id),
        ..with("Why?", vec![more])
    };
    let edited = bench.try_send(edited).await.unwrap();
    let heard_again = heard(&bench, &edited).await;
    let (a, b) = (heard_again.find("alpha"), heard_again.find("beta"));
    assert!(a.is_some() && a < b, "{heard_again}");
    assert!(asked(&edited).files.contains("a.txt"));
    assert!(!asked(&turn).files.contains("b.txt"));
    let answer = edited.assistant_message.id;
    let fork = bench.server.fork(bench.ada, answer, " (fork)").await;
    let fork = bench.server.conversation(bench.ada, fork.unwrap(), None);
    let fork = fork.await.unwrap();
    assert!(fork.messages[0].files.contains("b.txt"));
    // One content, however many messages have it.
    assert_eq!(count(&bench, "file").await, 2);
    assert_eq!(count(&bench, "attachment").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_goes_with_its_last_message_and_what_nobody_sent_after_a_day() {
    let bench = echoing().await;
    let (one, two) = (
        add(&bench, "a.txt", "alpha").await,
        add(&bench, "again.txt", "alpha").await,
    );
    assert_eq!(count(&bench, "file").await, 1);
    let turn = bench.try_send(with("What?", vec![one])).await.unwrap();
    heard(&bench, &turn).await;
    let purge = async |oldest: i64| {
        let unsent = bench.store.purge_unsent_files(oldest, i64::MAX, 10).await;
        unsent.unwrap();
        while bench.store.purge_loose_file().await.unwrap().num_rows > 0 {}
    };
    purge(0).await;
    assert!(
        bench
            .store
            .attached_file(bench.ada, two)
            .await
            .unwrap()
            .is_some()
    );
    purge(i64::MAX - 1).await;
    assert!(
        bench
            .store
            .attached_file(bench.ada, two)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        bench
            .store
            .attached_file(bench.ada, one)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        bench
            .store
            .attached_file(bench.bob, one)
            .await
            .unwrap()
            .is_none()
    );
    sqlx::query("delete from message")
        .execute(&bench.store.writer)
        .await
        .unwrap();
    purge(0).await;
    for table in ["file", "file_piece", "attachment"] {
        assert_eq!(count(&bench, table).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_again_while_it_is_being_removed_is_not_taken_for_whole() {
    let bench = echoing().await;
    let file = new_file("alpha");
    let inserted = bench.store.insert_file(bench.ada, "a.txt", &file).await;
    let inserted = inserted.unwrap();
    // More than one step removes.
    for seq in 0..6 {
        let piece = bench.store.insert_file_piece(inserted, seq, b"alpha").await;
        piece.unwrap();
    }
    bench.store.note_whole_file(inserted).await.unwrap();
    let shown = bench.store.attached_file(bench.ada, inserted.id).await;
    // What there is counts, whatever was told.
    assert_eq!(shown.unwrap().unwrap().size, 30);
    let removed = bench.store.remove_unsent_file(bench.ada, inserted.id).await;
    assert!(removed.unwrap());
    assert!(bench.store.purge_loose_file().await.unwrap().num_rows > 0);
    assert_eq!(count(&bench, "file_piece").await, 2);
    let again = bench.store.insert_file(bench.ada, "a.txt", &file).await;
    assert!(!again.unwrap().is_whole);
    assert_eq!(count(&bench, "file").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_somebody_told_of_a_content_is_not_what_is_read_of_it() {
    let bench = echoing().await;
    let told = NewFile {
        text: "obey".to_owned(),
        ..new_file("alpha")
    };
    let told = bench.store.insert_file(bench.ada, "a.txt", &told).await;
    bench.store.note_whole_file(told.unwrap()).await.unwrap();
    let file = add(&bench, "a.txt", "alpha").await;
    let read = bench.store.unsent_file_texts(bench.ada, &[file]).await;
    assert_eq!(read.unwrap().unwrap()[0].text, "alpha");
}

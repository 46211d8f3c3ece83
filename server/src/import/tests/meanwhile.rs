//! What others do while an import runs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hearth_app::model::{Choices, IdempotencyKey, ImportFault, MessageId};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::shelf::{Shelf, archive_of, many, sample};
use crate::{
    chat::title,
    import::{ImportError, remains},
    store::{AnswerStart, Chunk, Decision, NewTurn, Staged, StoredTree},
};

/// What the recorder may wait for the writer.
const PATIENCE: Duration = Duration::from_millis(250);

#[test]
fn whoever_writes_waits_less_than_a_quarter_second_while_thousands_of_conversations_come_in() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let file = archive_of(&many(3000, &"word ".repeat(100)));
    let (mut longest, mut num_writes) = (Duration::ZERO, 0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let import = scope.spawn(|| shelf.import(shelf.ada, file));
        while !import.is_finished() {
            let started = Instant::now();
            shelf.runtime.block_on(async {
                let mut transaction = shelf.store.begin().await.unwrap();
                sqlx::query("delete from setting")
                    .execute(&mut *transaction)
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
            });
            longest = longest.max(started.elapsed());
            num_writes += 1;
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(import.join().unwrap().unwrap().new_conversations, 3000);
    });
    assert!(num_writes > 20, "{num_writes}");
    // Other tests run at the same time and take their part of both.
    let total = begun.elapsed();
    assert!(
        longest < PATIENCE.max(total / 20),
        "{longest:?} of {total:?}"
    );
}

fn answer() -> AnswerStart {
    AnswerStart {
        prompt_token_ids: vec![1],
        params: "{}".to_owned(),
        model_name: "A model".to_owned(),
        model_fingerprint: None,
    }
}

/// A conversation of which two messages are here.
fn half_here(shelf: &Shelf) -> StoredTree {
    let whole = sample(1);
    let mut earlier = whole.clone();
    earlier.messages.truncate(2);
    earlier.active_message = Some(earlier.messages[1].id);
    earlier.updated_at -= 1;
    shelf.import(shelf.ada, archive_of(&[earlier])).unwrap();
    whole
}

#[test]
fn an_answer_that_is_made_meanwhile_stays_the_shown_one_beside_what_comes_in() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let whole = half_here(&shelf);
    let import = shelf.begin();
    let mut incoming = shelf.incoming(&whole).unwrap();
    assert_eq!(shelf.piece(&import, &mut incoming), Staged::Partly);
    let turn = NewTurn {
        user: shelf.ada,
        conversation: whole.id,
        is_new_conversation: false,
        title: String::new(),
        parent: Some(whole.messages[1].id),
        edits: None,
        text: "And now?".to_owned(),
        files: Vec::new(),
        key: IdempotencyKey::new(Uuid::now_v7()),
        choices: Choices::default(),
        answer: answer(),
    };
    let inserted = shelf.runtime.block_on(shelf.store.insert_turn(&turn));
    let answer = inserted.unwrap().unwrap().assistant_message;
    assert_eq!(shelf.documents(shelf.ada)[0].messages.len(), 4);
    let record = |seq, text: &str| {
        let text = text.to_owned();
        let chunk = Chunk {
            seq,
            text,
            ..Chunk::default()
        };
        let recorded = shelf.store.record([(answer, &chunk)].into_iter(), &[]);
        shelf.runtime.block_on(recorded).unwrap();
    };
    record(1, "Now ");
    while shelf.piece(&import, &mut incoming) == Staged::Partly {}
    assert_eq!(shelf.decide(&import), Decision::Imported);
    record(2, "it is");
    let document = &shelf.documents(shelf.ada)[0];
    assert_eq!(document.active_message_id, Some(answer));
    assert_eq!(document.messages.len(), whole.messages.len() + 2);
    assert_eq!(document.branch().last().unwrap().text, "Now it is");
}

#[test]
fn what_an_import_continues_is_not_removed_under_it_and_then_nothing_is_imported() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let whole = half_here(&shelf);
    let import = shelf.begin();
    let file = [whole.clone(), sample(2)];
    assert!(shelf.put_aside(&import, &file, usize::MAX));
    let condemned = shelf.runtime.block_on(async {
        shelf
            .store
            .hide_conversation(shelf.ada, whole.id)
            .await
            .unwrap();
        shelf.store.condemn(shelf.ada, whole.id).await.unwrap()
    });
    assert!(condemned);
    shelf.purge();
    assert_eq!(shelf.number("select count(*) from conversation"), 3);
    assert_eq!(shelf.decide(&import), Decision::ChangedMeanwhile);
    assert!(shelf.documents(shelf.ada).is_empty());
    shelf
        .runtime
        .block_on(remains::give_up(&shelf.store, &import));
    shelf.purge();
    assert_eq!(shelf.num_rows(), 0);
}

/// Deletes a message of Ada's with everything below it, to the end.
fn remove_branch(shelf: &Shelf, message: MessageId) {
    let (store, ada) = (&shelf.store, shelf.ada);
    shelf.runtime.block_on(async {
        let doomed = store.leave_branch(ada, message, title).await;
        let doomed = doomed.unwrap().unwrap();
        while store.remove_branch(&doomed, 8).await.unwrap().number > 0 {}
        store.end_removal(&doomed).await.unwrap();
    });
}

#[test]
fn a_branch_that_is_deleted_meanwhile_takes_along_what_was_put_below_it() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let mut whole = half_here(&shelf);
    // Everything hangs below the answer.
    whole.messages.truncate(3);
    whole.messages[2].parent_id = Some(whole.messages[1].id);
    whole.active_message = Some(whole.messages[2].id);
    let import = shelf.begin();
    assert!(shelf.put_aside(&import, std::slice::from_ref(&whole), usize::MAX));
    remove_branch(&shelf, whole.messages[1].id);
    assert_eq!(shelf.decide(&import), Decision::Imported);
    let document = &shelf.documents(shelf.ada)[0];
    assert_eq!(
        (document.messages.len(), document.active_message_id),
        (0, None)
    );
}

#[test]
fn a_message_whose_parent_was_deleted_meanwhile_ends_the_import_in_words() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let whole = half_here(&shelf);
    let import = shelf.begin();
    let mut incoming = shelf.incoming(&whole).unwrap();
    remove_branch(&shelf, whole.messages[1].id);
    assert_eq!(shelf.piece(&import, &mut incoming), Staged::ParentGone);
    let ImportError::Refused(problems) = ImportError::changed_meanwhile() else {
        panic!("it is refused");
    };
    assert_eq!(problems.named()[0].fault, ImportFault::ChangedMeanwhile);
    assert!(problems.to_string().contains("try again"), "{problems}");
}

#[test]
fn a_deleted_message_makes_room_for_one_that_is_here_not_for_one_that_comes_in() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let mut whole = half_here(&shelf);
    whole.messages.truncate(3);
    whole.messages[2].parent_id = Some(whole.messages[1].id);
    whole.active_message = Some(whole.messages[2].id);
    let (ada, first) = (shelf.ada, whole.messages[0].id);
    let answer = answer();
    let version = shelf.store.insert_version(ada, first, &answer);
    let version: MessageId = shelf.runtime.block_on(version).unwrap().unwrap();
    let import = shelf.begin();
    assert!(shelf.put_aside(&import, std::slice::from_ref(&whole), usize::MAX));
    let doomed = shelf
        .runtime
        .block_on(shelf.store.leave_branch(ada, version, title));
    let conversation = doomed.unwrap().unwrap().conversation;
    let shown = shelf.store.conversation(ada, conversation);
    let shown = shelf.runtime.block_on(shown).unwrap().unwrap();
    assert_eq!(shown.active_message, Some(whole.messages[1].id));
}

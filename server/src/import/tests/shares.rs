//! Copies that are shared go out and come back with the chats that they are of.

use std::{slice, sync::Arc};

use hearth_app::model::{FinishReason, MessageStatus, Reasoning, Role, ShareId, ToolStep};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::shelf::{EARLIER, Shelf, archive_of, sample};
use crate::{
    export::{SharedMessage, Timestamp},
    store::{StoredShare, StoredTree},
};

/// A copy of a question and an answer, with everything that there can be.
pub(super) fn share(number: u128, reader: Option<&str>) -> StoredShare {
    let question = SharedMessage {
        role: Role::User,
        status: MessageStatus::Finished,
        text: format!("Question {number} 你好"),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        model: None,
        created_at: Timestamp::from_ms(EARLIER),
    };
    let answer = SharedMessage {
        role: Role::Assistant,
        reasoning: Some(Reasoning {
            text: "想".to_owned(),
            duration_ms: 7,
        }),
        tool_steps: vec![ToolStep {
            tool: ToolStep::CALCULATOR.to_owned(),
            input: "1 + 1".to_owned(),
            output: "2".to_owned(),
            has_failed: false,
            reasoning_bytes: Some(3),
        }],
        finish_reason: Some(FinishReason::Stop),
        model: Some("tiny".to_owned()),
        ..question.clone()
    };
    StoredShare {
        id: ShareId::new(Uuid::from_u128(number)),
        title: format!("Copy {number}"),
        readers: reader.map(|name| vec![name.to_owned()]),
        num_messages: 2,
        content: SharedMessage::to_stored(&[question, answer]),
        created_at: EARLIER,
    }
}

/// A chat with a copy for everybody and one for Bob, its archive, and a database.
fn shared() -> (Shelf, StoredTree, Vec<u8>) {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let mut tree = sample(1);
    tree.shares = vec![share(1, None), share(2, Some("bob"))];
    let file = archive_of(slice::from_ref(&tree));
    (shelf, tree, file)
}

const COPIES: &str = "select count(*) from share s
    join conversation c on c.id = s.conversation_id where c.deleted_at is null";

#[test]
fn copies_come_back_byte_by_byte_and_a_second_time_changes_nothing() {
    let (shelf, _, file) = shared();
    shelf.import(shelf.ada, file.clone()).unwrap();
    assert_eq!(shelf.archive(shelf.ada), file);
    let again = shelf.import(shelf.ada, file.clone()).unwrap();
    assert!(again.is_nothing_new(), "{again:?}");
    assert_eq!(shelf.archive(shelf.ada), file);
    assert_eq!(shelf.number(COPIES), 2);
}

#[test]
fn a_copy_that_is_missing_comes_back_to_the_chat_that_is_there() {
    let (shelf, tree, file) = shared();
    let without = StoredTree {
        shares: Vec::new(),
        ..tree
    };
    shelf
        .import(shelf.ada, archive_of(slice::from_ref(&without)))
        .unwrap();
    assert_eq!(shelf.number(COPIES), 0);
    let counts = shelf.import(shelf.ada, file.clone()).unwrap();
    assert_eq!(counts.extended_conversations, 1);
    assert_eq!(shelf.archive(shelf.ada), file);
    let hidden = "select count(*) from conversation where deleted_at is not null";
    assert_eq!(shelf.number(hidden), 0);
}

#[test]
fn what_somebody_else_shares_stays_theirs() {
    let (shelf, _, file) = shared();
    shelf.import(shelf.ada, file.clone()).unwrap();
    shelf.import(shelf.bob, file.clone()).unwrap();
    assert_eq!(shelf.number(COPIES), 2);
    let again = shelf.import(shelf.bob, file).unwrap();
    assert!(again.is_nothing_new(), "{again:?}");
    let of_bob = shelf.documents(shelf.bob);
    assert!(of_bob.iter().all(|document| document.shares.is_empty()));
}

#[test]
fn people_whom_nobody_knows_here_are_left_out() {
    let (shelf, mut tree, _) = shared();
    tree.shares = vec![share(3, Some("nobody")), share(4, Some("ada"))];
    let file = archive_of(slice::from_ref(&tree));
    shelf.import(shelf.ada, file).unwrap();
    assert_eq!(shelf.number(COPIES), 2);
    assert_eq!(shelf.number("select count(*) from share_reader"), 0);
    let named = "select count(*) from share where audience = 'named'";
    assert_eq!(shelf.number(named), 2, "they are for nobody else by that");
}

//! What goes out comes back, once.

use std::sync::Arc;

use hearth_app::model::{Arrangement, ConversationId, ImportCounts, MAX_PINNED, MessageId, Role};
use proptest::{prelude::*, strategy::ValueTree as _};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::shelf::{EARLIER, Shelf, archive_of, many, tree};
use crate::{
    export::{ConversationDocument, Timestamp},
    store::{Destination, FolderSaved, NewFile, StoredTree, TreeFile, TreePlace},
};

fn trees() -> impl Strategy<Value = Vec<StoredTree>> {
    (tree(1), tree(2), tree(3)).prop_map(|(a, b, c)| vec![a, b, c])
}

/// The conversation as it was before its last messages were written.
fn earlier(tree: &StoredTree, num_messages: usize) -> StoredTree {
    let mut tree = tree.clone();
    tree.messages.truncate(num_messages);
    let last = tree.messages.last().map(|message| message.id);
    tree.active_message = last;
    tree.updated_at -= 1;
    tree
}

/// Documents without ids and hashes: what remains equal when ids are others.
fn without_ids(mut documents: Vec<ConversationDocument>) -> Vec<String> {
    for document in &mut documents {
        let place = |id: Option<MessageId>| {
            let position = document.messages.iter().position(|it| Some(it.id) == id);
            position.map_or(String::new(), |position| position.to_string())
        };
        let parents: Vec<String> = document
            .messages
            .iter()
            .map(|it| place(it.parent_id))
            .collect();
        let active = place(document.active_message_id);
        document.title = format!("{} {active} {parents:?}", document.title);
        document.sha256.clear();
        document.active_message_id = None;
        for message in &mut document.messages {
            message.sha256.clear();
            message.parent_id = None;
            message.id = MessageId::new(Uuid::nil());
        }
    }
    let nil = Uuid::nil().to_string();
    let texts = documents.iter().map(|document| {
        let id = document.id.to_string();
        document.to_json().replace(&id, &nil)
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

fn runtime() -> Arc<Runtime> {
    Arc::new(Runtime::new().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Export, wipe, import, export: the same bytes. Importing once more changes nothing.
    #[test]
    fn what_was_exported_comes_back_and_importing_twice_changes_nothing(trees in trees()) {
        let runtime = runtime();
        let (full, empty) = (Shelf::new(&runtime), Shelf::new(&runtime));
        full.import(full.ada, archive_of(&trees)).unwrap();
        let file = full.archive(full.ada);
        prop_assert_eq!(&file, &archive_of(&trees));

        let counts = empty.import(empty.ada, file.clone()).unwrap();
        prop_assert_eq!(counts.new_conversations, 3);
        prop_assert_eq!(&empty.archive(empty.ada), &file);
        prop_assert!(empty.documents(empty.bob).is_empty());

        let again = empty.import(empty.ada, file.clone()).unwrap();
        prop_assert!(again.is_nothing_new() && again.new_messages == 0, "{:?}", again);
        prop_assert_eq!(&empty.archive(empty.ada), &file);
    }

    /// An older export of continued conversations changes nothing; a newer one brings the rest.
    #[test]
    fn an_older_export_changes_nothing_and_a_newer_one_adds_the_rest(
        trees in trees(),
        lengths in prop::array::uniform3(0usize..12),
    ) {
        let runtime = runtime();
        let shelf = Shelf::new(&runtime);
        let old: Vec<_> = trees.iter().zip(lengths).map(|(tree, num)| earlier(tree, num)).collect();
        shelf.import(shelf.ada, archive_of(&old)).unwrap();
        shelf.import(shelf.ada, archive_of(&trees)).unwrap();
        let full = shelf.archive(shelf.ada);
        prop_assert_eq!(&full, &archive_of(&trees));
        let counts = shelf.import(shelf.ada, archive_of(&old)).unwrap();
        prop_assert!(counts.is_nothing_new() && counts.new_messages == 0, "{:?}", counts);
        prop_assert_eq!(&shelf.archive(shelf.ada), &full);
    }

    /// Ids of somebody else are replaced; theirs is untouched, and the next import finds ours.
    #[test]
    fn ids_that_another_user_has_are_replaced_once(
        trees in trees(),
        lengths in prop::array::uniform3(0usize..12),
    ) {
        let runtime = runtime();
        let shelf = Shelf::new(&runtime);
        let old: Vec<_> = trees.iter().zip(lengths).map(|(tree, num)| earlier(tree, num)).collect();
        shelf.import(shelf.bob, archive_of(&old)).unwrap();
        let theirs = shelf.archive(shelf.bob);
        let counts = shelf.import(shelf.ada, archive_of(&trees)).unwrap();
        prop_assert_eq!(counts.new_conversations, 3);
        prop_assert_eq!(&shelf.archive(shelf.bob), &theirs);

        let ours = shelf.documents(shelf.ada);
        let now = Timestamp::from_ms(0);
        let sent = trees.into_iter().map(|tree| ConversationDocument::new(tree, now));
        let sent: Vec<_> = sent.collect();
        prop_assert_eq!(without_ids(ours.clone()), without_ids(sent.clone()));

        let file = shelf.archive(shelf.ada);
        for document in sent {
            let again = shelf.import(shelf.ada, document.to_json().into_bytes()).unwrap();
            prop_assert!(again.is_nothing_new() && again.new_messages == 0, "{:?}", again);
        }
        let again = shelf.import(shelf.ada, file.clone()).unwrap();
        prop_assert!(again.is_nothing_new() && again.new_messages == 0, "{:?}", again);
        prop_assert_eq!(&shelf.archive(shelf.ada), &file);
        for document in shelf.documents(shelf.ada) {
            for message in &document.messages {
                prop_assert!(message.parent_id.is_none_or(|parent| parent < message.id));
                prop_assert!(message.role == Role::User || message.parent_id.is_some());
            }
        }
    }
}

#[test]
fn what_was_written_under_a_clock_set_back_comes_back_as_it_was() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let mut tree = tree_of_one();
    let mut child = tree.messages[0].clone();
    // The first 48 bits of an id are milliseconds.
    let day = 86_400_000_u128 << 80;
    child.id = MessageId::new(Uuid::from_u128(child.id.as_uuid().as_u128() - day));
    child.created_at -= 86_400_000;
    child.parent_id = Some(tree.messages[0].id);
    tree.active_message = Some(child.id);
    tree.messages.push(child);
    let file = archive_of(std::slice::from_ref(&tree));
    let counts = shelf.import(shelf.ada, file.clone()).unwrap();
    assert_eq!((counts.new_conversations, counts.new_messages), (1, 2));
    assert_eq!(shelf.archive(shelf.ada), file);
}

#[test]
fn a_deleted_conversation_comes_back() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let mut tree = tree_of_one();
    shelf
        .import(shelf.ada, archive_of(std::slice::from_ref(&tree)))
        .unwrap();
    let file = shelf.archive(shelf.ada);
    let hidden = shelf.store.hide_conversation(shelf.ada, tree.id);
    assert!(runtime.block_on(hidden).unwrap());
    assert!(shelf.documents(shelf.ada).is_empty());
    tree.updated_at -= 1;
    let counts = shelf.import(shelf.ada, archive_of(&[tree])).unwrap();
    let expected = ImportCounts {
        restored_conversations: 1,
        unchanged_messages: 1,
        ..ImportCounts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(shelf.archive(shelf.ada), file);
}

/// A document of a conversation that is somewhere.
fn put_somewhere() -> StoredTree {
    let mut tree = tree_of_one();
    tree.place = TreePlace {
        folder: Some("Tax".to_owned()),
        pinned_at: Some(tree.updated_at),
        archived_at: None,
    };
    tree
}

#[test]
fn one_document_brings_its_folder_along_and_what_is_there_stays_where_it_is() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let tree = put_somewhere();
    let document = ConversationDocument::new(tree.clone(), Timestamp::from_ms(0));
    assert_eq!(document.version, 2, "an older program has to refuse it");
    let file = document.to_json().into_bytes();
    let made = shelf.store.insert_folder(shelf.ada, "TAX");
    assert!(matches!(
        runtime.block_on(made).unwrap(),
        FolderSaved::Done(_)
    ));
    for user in [shelf.ada, shelf.bob] {
        shelf.import(user, file.clone()).unwrap();
    }
    let names = |user| {
        let folders = runtime.block_on(shelf.store.folders(user)).unwrap();
        folders.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(shelf.ada), names(shelf.bob)),
        (vec!["TAX".to_owned()], vec!["Tax".to_owned()])
    );
    assert_eq!(shelf.documents(shelf.bob)[0].folder.as_deref(), Some("Tax"));
    let ours = shelf.documents(shelf.ada).remove(0);
    assert_eq!(ours.folder.as_deref(), Some("TAX"));
    assert_eq!(ours.pinned_at, document.pinned_at);

    // Moved, and imported once more.
    let (ids, to) = ([tree.id], Destination::List);
    let moved = shelf
        .store
        .arrange(shelf.ada, &ids, Arrangement::Archive, &to);
    runtime.block_on(moved).unwrap();
    let counts = shelf.import(shelf.ada, file).unwrap();
    assert!(counts.is_nothing_new(), "{counts:?}");
    let ours = shelf.documents(shelf.ada).remove(0);
    assert!(ours.archived_at.is_some() && ours.pinned_at.is_none());
}

#[test]
fn what_a_file_pins_beyond_what_there_can_be_stands_in_the_list() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let mut trees = many(MAX_PINNED as u64 + 5, "Hello");
    for (tree, age) in trees.iter_mut().zip(1..) {
        tree.place.pinned_at = Some(EARLIER + age);
    }
    shelf.import(shelf.ada, archive_of(&trees)).unwrap();
    let pinned = runtime
        .block_on(shelf.store.pinned_conversations(shelf.ada))
        .unwrap();
    let mut expected: Vec<_> = trees[5..].iter().map(|it| it.id).collect();
    expected.reverse();
    assert_eq!(pinned.iter().map(|it| it.id).collect::<Vec<_>>(), expected);
    let listed = runtime
        .block_on(shelf.store.conversations(shelf.ada, None, 100))
        .unwrap();
    assert_eq!(listed.len(), 5);
}

#[test]
fn what_a_file_pins_in_the_archive_is_not_pinned() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let mut tree = put_somewhere();
    tree.place.archived_at = tree.place.pinned_at;
    shelf.import(shelf.ada, archive_of(&[tree])).unwrap();
    let ours = shelf.documents(shelf.ada).remove(0);
    assert!(ours.archived_at.is_some() && ours.pinned_at.is_none());
}

#[test]
fn folders_without_a_conversation_come_back_too() {
    let runtime = runtime();
    let (full, empty) = (Shelf::new(&runtime), Shelf::new(&runtime));
    runtime.block_on(async {
        let made = full.store.insert_folder(full.ada, "税务").await.unwrap();
        let FolderSaved::Done(id) = made else {
            panic!("{made:?}")
        };
        let told = Some("Answer in Chinese.");
        full.store
            .change_folder(full.ada, id, "税务", told)
            .await
            .unwrap();
    });
    let file = full.archive(full.ada);
    empty.import(empty.ada, file.clone()).unwrap();
    assert_eq!(empty.archive(empty.ada), file);
}

fn tree_of_one() -> StoredTree {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    loop {
        let tree = tree(9).new_tree(&mut runner).unwrap().current();
        if !tree.messages.is_empty() {
            return StoredTree {
                messages: tree.messages[..1].to_vec(),
                active_message: Some(tree.messages[0].id),
                ..tree
            };
        }
    }
}

/// A conversation whose question has a file, of which the document has all or the text alone.
fn with_file(content: Option<&[u8]>) -> StoredTree {
    let mut tree = tree_of_one();
    tree.messages[0].files = vec![TreeFile {
        name: "notes.txt".to_owned(),
        file: NewFile {
            sha256: Sha256::digest(b"some notes").into(),
            kind: "text".to_owned(),
            size: 10,
            is_cut: false,
            num_pages: None,
            num_tokens: Some(2),
            text: "some notes".to_owned(),
        },
        content: content.map(<[u8]>::to_vec),
    }];
    tree
}

#[test]
fn files_come_back_with_their_messages_once_for_each_person() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let tree = with_file(Some(b"some notes"));
    let document = ConversationDocument::new(tree, Timestamp::from_ms(0));
    assert_eq!(document.version, 3, "an older program has to refuse it");
    let file = document.to_json().into_bytes();
    for user in [shelf.ada, shelf.bob] {
        shelf.import(user, file.clone()).unwrap();
    }
    let ours = shelf.documents(shelf.ada).remove(0);
    assert_eq!(ours.messages[0].files, document.messages[0].files);
    assert_eq!(ours.content_hash(), document.content_hash());
    let counts = shelf.import(shelf.ada, file).unwrap();
    assert!(counts.is_nothing_new(), "{counts:?}");
    for table in ["file", "file_piece", "attachment"] {
        assert_eq!(
            shelf.number(&format!("select count(*) from {table}")),
            2,
            "{table}"
        );
    }
}

#[test]
fn a_file_of_which_only_the_text_came_is_whole_once_somebody_brings_it() {
    let runtime = runtime();
    let shelf = Shelf::new(&runtime);
    let mut other = with_file(Some(b"some notes"));
    other.id = ConversationId::new(Uuid::from_u128(77));
    other.messages[0].id = MessageId::new(Uuid::from_u128(78));
    other.active_message = Some(other.messages[0].id);
    shelf
        .import(shelf.ada, archive_of(&[with_file(None)]))
        .unwrap();
    let is_whole = "select is_whole from file";
    assert_eq!(shelf.number(is_whole), 0);
    let ours = shelf.documents(shelf.ada).remove(0);
    assert_eq!(ours.messages[0].files[0].content, None);
    shelf.import(shelf.ada, archive_of(&[other])).unwrap();
    assert_eq!(shelf.number(is_whole), 1);
    assert_eq!(shelf.number("select count(*) from attachment"), 2);
}

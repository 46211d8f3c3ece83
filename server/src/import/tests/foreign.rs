//! Chats of other programs, through the whole import.

mod chatgpt;
mod damaged;
mod others;
mod samples;
mod zips;

use std::{io::Cursor, sync::Arc};

use hearth_app::model::{Brought, ImportCounts, MessageId};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::shelf::Shelf;
use crate::export::ConversationDocument;

fn shelf() -> Shelf {
    Shelf::new(&Arc::new(Runtime::new().unwrap()))
}

/// Imports what a program exported, for Ada.
fn bring(shelf: &Shelf, exported: &Value) -> ImportCounts {
    let file = exported.to_string().into_bytes();
    shelf.import(shelf.ada, file).unwrap()
}

/// Of each message the place of its parent, whose it is, and its text.
fn outline(document: &ConversationDocument) -> Vec<String> {
    let place = |id: Option<MessageId>| {
        let place = document.messages.iter().position(|it| Some(it.id) == id);
        place.map_or("-".to_owned(), |place| place.to_string())
    };
    let told = document.messages.iter().map(|message| {
        let parent = place(message.parent_id);
        format!("{parent} {} {}", message.role.as_str(), message.text)
    });
    told.collect()
}

/// The place of the message that is shown last.
fn shown(document: &ConversationDocument) -> usize {
    let shown = document.active_message_id;
    let place = document.messages.iter().position(|it| Some(it.id) == shown);
    place.expect("a message is shown")
}

/// Importing once more changes nothing.
fn assert_known(shelf: &Shelf, exported: &Value) {
    let before = shelf.everything();
    let again = bring(shelf, exported);
    assert!(
        again.is_nothing_new() && again.new_messages == 0,
        "{again:?}"
    );
    assert_eq!(shelf.everything(), before);
}

fn brought(counts: ImportCounts) -> Brought {
    counts.brought.expect("it is another program's")
}

/// What looking at a file finds, without the list of what cannot be read.
fn look(shelf: &Shelf, file: Vec<u8>) -> crate::import::Preview {
    let _runtime = shelf.runtime.enter();
    crate::import::look(&shelf.store, shelf.ada, Cursor::new(file)).unwrap()
}

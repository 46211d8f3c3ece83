//! Questions that are edited, and their texts in the browser's storage until they are sent.

use leptos::prelude::document;
use web_sys::{HtmlTextAreaElement, KeyboardEvent, wasm_bindgen::JsCast};

use super::{elements::target, focus::is_something_open, is_composing, storage::storage};
use crate::{
    model::{MessageId, UserId},
    sub_path::use_sub_path,
};

/// The text of a question as the document has it: the page does not know one that the server wrote.
pub(crate) fn question_text(question: MessageId) -> String {
    let bubble = document().query_selector(&format!("#message-{question} .user-text"));
    let bubble = bubble.ok().flatten();
    bubble.and_then(|it| it.text_content()).unwrap_or_default()
}

/// Up in an empty box: the last question is to be edited.
pub(crate) fn asks_to_edit(event: &KeyboardEvent) -> bool {
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
    if event.key() != "ArrowUp" || has_modifier || is_composing(event) || is_something_open() {
        return false;
    }
    let text = target(event).and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    text.is_some_and(|it| it.id() == "composer-text" && it.value().is_empty())
}

/// Named as drafts are: for one person, below one path of the host.
fn name(user: UserId, question: MessageId) -> String {
    format!("hearth-edit{}:{user}:{question}", use_sub_path().as_str())
}

/// What was written in place of a question and not sent.
pub(crate) fn read_edit(user: UserId, question: MessageId) -> Option<String> {
    storage()?.get_item(&name(user, question)).ok()?
}

/// Keeps a text for as long as it is not sent.
pub(crate) fn save_edit(user: UserId, question: MessageId, text: &str) {
    if let Some(storage) = storage() {
        // Full storage: the text still stands in its box.
        let _ = storage.set_item(&name(user, question), text);
    }
}

/// The text was sent, or is not wanted.
pub(crate) fn forget_edit(user: UserId, question: MessageId) {
    if let Some(storage) = storage() {
        // Nothing to forget is as good as forgotten.
        let _ = storage.remove_item(&name(user, question));
    }
}

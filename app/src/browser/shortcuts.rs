//! Keys that do something wherever the focus is.

use leptos::prelude::document;
use web_sys::KeyboardEvent;

use super::{around, has_dialog, is_composing};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortcut {
    NewChat,
    Search,
    Sidebar,
    Settings,
    Previous,
    Next,
    Help,
}

/// What a key asks for; nothing while a dialog is open, or a character is being composed.
pub(crate) fn shortcut(event: &KeyboardEvent) -> Option<Shortcut> {
    if event.default_prevented() || is_composing(event) || has_dialog() {
        return None;
    }
    let is_command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    match (is_command, event.alt_key(), event.shift_key(), key.as_str()) {
        (true, false, true, "o" | "O") => Some(Shortcut::NewChat),
        (true, false, false, "k" | "K") => Some(Shortcut::Search),
        (true, false, false, "b" | "B") => Some(Shortcut::Sidebar),
        (true, false, false, ",") => Some(Shortcut::Settings),
        (false, true, false, "ArrowUp") => Some(Shortcut::Previous),
        (false, true, false, "ArrowDown") => Some(Shortcut::Next),
        // A Chinese keyboard writes the wide one.
        (false, false, _, "?" | "\u{ff1f}") if has_single_keys() && !is_writing(event) => {
            Some(Shortcut::Help)
        }
        _ => None,
    }
}

/// A key that writes a character may do something where nothing is written.
pub(super) fn has_single_keys() -> bool {
    let root = document().document_element();
    root.is_none_or(|root| !root.has_attribute("data-single-keys"))
}

/// The key belongs to a text that is being written.
fn is_writing(event: &KeyboardEvent) -> bool {
    around(event, "input, textarea, select, [contenteditable]").is_some()
}

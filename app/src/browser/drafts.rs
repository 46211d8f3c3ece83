//! Unsent text, kept per person and conversation in the browser's storage.
//!
//! Storage may be switched off or full; a draft is then simply not kept.

use super::storage::storage;
use crate::{
    model::{ConversationId, UserId},
    sub_path::use_sub_path,
};

/// Where a draft is kept. The person is part of it: two people may share a browser. So is the path
/// of the server: all of a host share one storage, and a copy of a server has the same people.
fn name(user: UserId, conversation: Option<ConversationId>) -> String {
    let path = use_sub_path().as_str();
    match conversation {
        Some(id) => format!("hearth-draft{path}:{user}:{id}"),
        None => format!("hearth-draft{path}:{user}:new"),
    }
}

/// The text that was written but not sent.
pub(crate) fn read_draft(user: UserId, conversation: Option<ConversationId>) -> Option<String> {
    storage()?.get_item(&name(user, conversation)).ok()?
}

/// Keeps a text; an empty one is forgotten.
pub(crate) fn save_draft(user: UserId, conversation: Option<ConversationId>, text: &str) {
    if text.is_empty() {
        forget_draft(user, conversation);
    } else if let Some(storage) = storage() {
        // Full storage: the text still stands in the composer.
        let _ = storage.set_item(&name(user, conversation), text);
    }
}

/// The text was sent.
pub(crate) fn forget_draft(user: UserId, conversation: Option<ConversationId>) {
    if let Some(storage) = storage() {
        // Nothing to forget is as good as forgotten.
        let _ = storage.remove_item(&name(user, conversation));
    }
}

fn count_name(user: UserId) -> String {
    format!("hearth-sent{}:{user}", use_sub_path().as_str())
}

/// How many messages a person sent from this browser.
pub(crate) fn num_sent(user: UserId) -> u32 {
    let kept = storage().and_then(|it| it.get_item(&count_name(user)).ok().flatten());
    kept.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// One more was sent.
pub(crate) fn count_sent(user: UserId) {
    if let Some(storage) = storage() {
        let number = num_sent(user).saturating_add(1);
        // Where nothing is kept, everything is explained for ever.
        let _ = storage.set_item(&count_name(user), &number.to_string());
    }
}

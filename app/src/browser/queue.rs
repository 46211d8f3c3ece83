//! The next message, while an answer is being written. Kept like a draft, with the key it will be
//! sent with: whichever tab sends it, it is one message.

use leptos::prelude::window;
use web_sys::{Storage, StorageEvent};

use crate::{
    model::{ConversationId, IdempotencyKey, UserId},
    sub_path::use_sub_path,
};

/// A message that waits for the end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(crate) text: String,
    pub(crate) key: IdempotencyKey,
}

/// Two texts become one.
pub(crate) fn join_texts(first: &str, second: &str) -> String {
    if first.trim().is_empty() {
        second.to_owned()
    } else if second.trim().is_empty() {
        first.to_owned()
    } else {
        format!("{first}\n\n{second}")
    }
}

fn name(user: UserId, conversation: ConversationId) -> String {
    let path = use_sub_path().as_str();
    format!("hearth-queued{path}:{user}:{conversation}")
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The message that waits in a conversation; other tabs may have changed it.
pub(crate) fn read_queued(user: UserId, conversation: ConversationId) -> Option<Queued> {
    let kept = storage()?.get_item(&name(user, conversation)).ok()??;
    let (key, text) = kept.split_once('\n')?;
    Some(Queued {
        text: text.to_owned(),
        key: key.parse().ok()?,
    })
}

/// Keeps a waiting message.
pub(crate) fn save_queued(user: UserId, conversation: ConversationId, queued: &Queued) {
    let Queued { text, key } = queued;
    if let Some(storage) = storage() {
        // Full storage: the message still stands above the text box.
        let _ = storage.set_item(&name(user, conversation), &format!("{key}\n{text}"));
    }
}

/// Another tab changed what waits in a conversation.
pub(crate) fn changes_queued(
    event: &StorageEvent,
    user: UserId,
    conversation: ConversationId,
) -> bool {
    event.key() == Some(name(user, conversation))
}

/// Nothing waits any more.
pub(crate) fn forget_queued(user: UserId, conversation: ConversationId) {
    if let Some(storage) = storage() {
        // Nothing to forget is as good as forgotten.
        let _ = storage.remove_item(&name(user, conversation));
    }
}

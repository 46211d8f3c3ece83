//! The next message, while an answer is being written. Kept like a draft, with the key it will be
//! sent with: whichever tab sends it, it is one message.

use web_sys::StorageEvent;

use super::storage::storage;
use crate::{
    model::{ConversationId, IdempotencyKey, UserId},
    sub_path::use_sub_path,
};

/// A message that waits for the end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(crate) text: String,
    pub(crate) key: IdempotencyKey,
    /// It goes also if the answer is stopped: it is stopped so that it goes.
    pub(crate) is_wanted: bool,
}

/// Between two texts that became one.
const BETWEEN: &str = "\n\n";
/// Behind the key of a message that is wanted now.
const WANTED: &str = "!";

/// Two texts become one.
pub(crate) fn join_texts(first: &str, second: &str) -> String {
    if first.trim().is_empty() {
        second.to_owned()
    } else if second.trim().is_empty() {
        first.to_owned()
    } else {
        format!("{first}{BETWEEN}{second}")
    }
}

fn name(user: UserId, conversation: ConversationId) -> String {
    let path = use_sub_path().as_str();
    format!("hearth-queued{path}:{user}:{conversation}")
}

/// The message that waits in a conversation; other tabs may have changed it.
pub(crate) fn read_queued(user: UserId, conversation: ConversationId) -> Option<Queued> {
    let kept = storage()?.get_item(&name(user, conversation)).ok()??;
    let (key, text) = kept.split_once('\n')?;
    let wanted = key.strip_suffix(WANTED);
    Some(Queued {
        text: text.to_owned(),
        key: wanted.unwrap_or(key).parse().ok()?,
        is_wanted: wanted.is_some(),
    })
}

/// Keeps a waiting message.
pub(crate) fn save_queued(user: UserId, conversation: ConversationId, queued: &Queued) {
    let Queued { text, key, .. } = queued;
    let mark = if queued.is_wanted { WANTED } else { "" };
    if let Some(storage) = storage() {
        // Full storage: the message still stands above the text box.
        let _ = storage.set_item(&name(user, conversation), &format!("{key}{mark}\n{text}"));
    }
}

/// A waiting message was sent. What another tab put behind it meanwhile waits on, for the answer
/// that begins now.
pub(crate) fn forget_sent_queued(
    user: UserId,
    conversation: ConversationId,
    sent: &str,
) -> Option<Queued> {
    let waits = read_queued(user, conversation)?;
    if waits.text == sent {
        forget_queued(user, conversation);
        return None;
    }
    let behind = waits.text.strip_prefix(sent);
    let Some(rest) = behind.and_then(|it| it.strip_prefix(BETWEEN)) else {
        return Some(waits);
    };
    let rest = Queued {
        text: rest.to_owned(),
        key: waits.key,
        is_wanted: false,
    };
    save_queued(user, conversation, &rest);
    Some(rest)
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

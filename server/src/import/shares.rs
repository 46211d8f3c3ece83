//! What has to hold of the copies that a conversation's document says are shared.

use std::collections::HashSet;

use hearth_app::model::{
    ImportFault, MAX_SHARE_BYTES, MAX_SHARED_MESSAGES, MAX_SHARES_OF_CHAT, MessageStatus, Role,
};

use super::problem::{Problems, problem};
use crate::{
    chat::MAX_TITLE_CHARS,
    export::{ConversationDocument, EXTENDED_VERSION, ShareDocument, SharedMessage},
};

/// Most people whom a copy is for.
const MAX_READERS: usize = 10_000;

/// What is wrong with the copies of a conversation.
pub(super) fn check_shares(document: &ConversationDocument, problems: &mut Problems) {
    let shares = &document.shares;
    if !shares.is_empty() && document.version < EXTENDED_VERSION {
        let (found, read) = (document.version.to_string(), EXTENDED_VERSION);
        let fault = ImportFault::OtherVersion { found, read };
        problems.push(problem("version", fault));
    }
    if shares.len() > MAX_SHARES_OF_CHAT {
        let limit = MAX_SHARES_OF_CHAT;
        return problems.push(problem("shares", ImportFault::TooMany { limit }));
    }
    let mut ids = HashSet::new();
    for (index, share) in shares.iter().enumerate() {
        for (member, fault) in faults(share) {
            problems.push(problem(format!("shares/{index}/{member}"), fault));
        }
        if !ids.insert(share.id) {
            let id = share.id.to_string();
            let fault = ImportFault::SameId { id };
            problems.push(problem(format!("shares/{index}/id"), fault));
        }
    }
}

fn faults(share: &ShareDocument) -> Vec<(&'static str, ImportFault)> {
    let mut faults = Vec::new();
    let chars = share.title.chars().count();
    if share.title.trim().is_empty() {
        faults.push(("title", ImportFault::Empty));
    } else if chars > MAX_TITLE_CHARS {
        let limit = MAX_TITLE_CHARS;
        faults.push(("title", ImportFault::TooManyChars { chars, limit }));
    }
    if share.readers.as_ref().map_or(0, Vec::len) > MAX_READERS {
        let limit = MAX_READERS;
        faults.push(("readers", ImportFault::TooMany { limit }));
    }
    let messages = &share.messages;
    if messages.is_empty() {
        faults.push(("messages", ImportFault::Empty));
    }
    if messages.len() > MAX_SHARED_MESSAGES {
        let limit = MAX_SHARED_MESSAGES;
        faults.push(("messages", ImportFault::TooMany { limit }));
    }
    if messages.iter().any(is_unfinished_question) {
        faults.push(("messages", ImportFault::NotFinished));
    }
    let bytes = SharedMessage::to_stored(messages).len();
    if bytes > MAX_SHARE_BYTES {
        let (bytes, limit) = (bytes as u64, MAX_SHARE_BYTES as u64);
        faults.push(("messages", ImportFault::TooManyBytes { bytes, limit }));
    }
    faults
}

fn is_unfinished_question(message: &SharedMessage) -> bool {
    message.role == Role::User && message.status != MessageStatus::Finished
}

#[cfg(test)]
mod tests {
    use hearth_app::model::ShareId;
    use uuid::Uuid;

    use super::*;
    use crate::export::Timestamp;

    fn message(status: MessageStatus) -> SharedMessage {
        SharedMessage {
            role: Role::User,
            status,
            text: "Hi".to_owned(),
            reasoning: None,
            tool_steps: Vec::new(),
            finish_reason: None,
            model: None,
            created_at: Timestamp::from_ms(0),
        }
    }

    fn share(title: &str, messages: Vec<SharedMessage>) -> ShareDocument {
        ShareDocument {
            id: ShareId::new(Uuid::nil()),
            title: title.to_owned(),
            created_at: Timestamp::from_ms(0),
            readers: None,
            messages,
        }
    }

    #[test]
    fn each_thing_that_is_wrong_with_a_copy_is_named_in_its_place() {
        let good = || vec![message(MessageStatus::Finished)];
        assert!(faults(&share("Trains", good())).is_empty());
        let named = |share: &ShareDocument| -> Vec<&str> {
            faults(share).into_iter().map(|(place, _)| place).collect()
        };
        assert_eq!(named(&share(" ", good())), ["title"]);
        assert_eq!(named(&share(&"字".repeat(1000), good())), ["title"]);
        assert_eq!(named(&share("Trains", Vec::new())), ["messages"]);
        let stopped = vec![message(MessageStatus::Stopped)];
        assert_eq!(named(&share("Trains", stopped)), ["messages"]);
        let mut long = good();
        long[0].text = "a".repeat(MAX_SHARE_BYTES);
        assert_eq!(named(&share("Trains", long)), ["messages"]);
        let mut crowded = share("Trains", good());
        crowded.readers = Some(vec![String::new(); MAX_READERS + 1]);
        assert_eq!(named(&crowded), ["readers"]);
    }
}

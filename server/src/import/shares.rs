//! What has to hold of the copies that a conversation's document says are shared.

use std::collections::HashSet;

use hearth_app::model::{
    ImportFault, MAX_MESSAGE_BYTES, MAX_SHARE_BYTES, MAX_SHARED_MESSAGES, MAX_SHARES_OF_CHAT,
    MessageStatus, Role,
};

use super::{
    check::too_many_bytes,
    problem::{Problems, problem},
};
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
    if let Some(fault) = fault_in(messages) {
        faults.push(("messages", fault));
    }
    let bytes = SharedMessage::to_stored(messages).len();
    if bytes > MAX_SHARE_BYTES {
        faults.push(("messages", too_many_bytes(bytes, MAX_SHARE_BYTES)));
    }
    faults
}

/// The first thing that no conversation has: readers go on with one of their own.
fn fault_in(messages: &[SharedMessage]) -> Option<ImportFault> {
    let mut before = None;
    messages.iter().find_map(|message| {
        let role_before = before.replace(message.role);
        let bytes = message.text.len();
        let has_thoughts = message.reasoning.is_some() || !message.tool_steps.is_empty();
        match message.role {
            Role::User if message.status != MessageStatus::Finished => {
                Some(ImportFault::NotFinished)
            }
            Role::User if has_thoughts => Some(ImportFault::OnlyInAnswers),
            Role::User if bytes > MAX_MESSAGE_BYTES => {
                Some(too_many_bytes(bytes, MAX_MESSAGE_BYTES))
            }
            Role::Assistant if role_before != Some(Role::User) => {
                Some(ImportFault::ParentIsNoQuestion)
            }
            Role::User | Role::Assistant => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{ShareId, ToolStep};
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
        let answer = || SharedMessage {
            role: Role::Assistant,
            ..message(MessageStatus::Finished)
        };
        let answered = || vec![message(MessageStatus::Finished), answer()];
        assert!(faults(&share("Trains", answered())).is_empty());
        let mut long = answered();
        long[1].text = "a".repeat(MAX_SHARE_BYTES);
        assert_eq!(named(&share("Trains", long)), ["messages"]);
        let mut thinking = good();
        thinking[0].tool_steps = vec![ToolStep::default()];
        let mut endless = good();
        endless[0].text = "a".repeat(MAX_MESSAGE_BYTES + 1);
        let mut twice = answered();
        twice.push(answer());
        let stopped = vec![message(MessageStatus::Stopped)];
        for odd in [stopped, thinking, endless, twice, vec![answer()]] {
            assert_eq!(named(&share("Trains", odd)), ["messages"]);
        }
        let mut crowded = share("Trains", good());
        crowded.readers = Some(vec![String::new(); MAX_READERS + 1]);
        assert_eq!(named(&crowded), ["readers"]);
    }
}

//! Ids that are the same each time a conversation of another program is brought.

use hearth_app::model::{ChatProgram, ConversationId, MessageId};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// Where ids of a conversation come from. The conversation's own id is among it: programs that copy
/// a conversation keep the ids of its messages.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) program: ChatProgram,
    /// As the program knows it.
    pub(super) conversation: &'a str,
}

impl Identity<'_> {
    /// The id of the conversation (`UUIDv8`).
    pub(super) fn conversation(&self) -> ConversationId {
        let [bytes, _] = self.digest(&[]);
        ConversationId::new(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The id of a message that the program knows as `parts`, made like a `UUIDv7` of its time.
    pub(super) fn message(&self, parts: &[&str], ms: u64) -> MessageId {
        let [_, bytes] = self.digest(parts);
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        let id = Builder::from_unix_timestamp_millis(ms, &random);
        MessageId::new(id.into_uuid())
    }

    /// Two times sixteen bytes of the hash of all names, each after its length.
    fn digest(&self, parts: &[&str]) -> [[u8; 16]; 2] {
        let mut hash = Sha256::new();
        for part in [self.program.name(), self.conversation].iter().chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut halves = [[0; 16]; 2];
        halves[0].copy_from_slice(&hash[..16]);
        halves[1].copy_from_slice(&hash[16..]);
        halves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_each_time_and_others_for_others() {
        let identity = |program, conversation| Identity {
            program,
            conversation,
        };
        let one = identity(ChatProgram::ChatGpt, "c1");
        let message = one.message(&["m1"], 1_756_000_000_123);
        // Written down: what was imported is found again by every later version.
        assert_eq!(message.to_string(), "0198d9c1-987b-7749-943a-ab4a8abdd215");
        let conversation = one.conversation().to_string();
        assert_eq!(conversation, "2dcc2049-0581-87e4-8895-616fcca25c0e");
        assert_eq!(message, one.message(&["m1"], 1_756_000_000_123));
        assert_ne!(message, one.message(&["m2"], 1_756_000_000_123));
        let other = identity(ChatProgram::ChatGpt, "c2");
        assert_ne!(message, other.message(&["m1"], 1_756_000_000_123));
        assert_ne!(one.conversation(), other.conversation());
        let elsewhere = identity(ChatProgram::OpenWebUi, "c1");
        assert_ne!(one.conversation(), elsewhere.conversation());
    }
}

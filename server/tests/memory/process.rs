//! What tests of memory share: documents, before they have hashes, and how much memory a process
//! has taken.

#[path = "high_water.rs"]
mod high_water;

use hearth_app::model::{ConversationId, MessageId, MessageStatus, Role};
use hearth_server::export::{ConversationDocument, MessageDocument, SCHEMA, Timestamp, VERSION};
use uuid::Uuid;

pub(crate) use high_water::high_water_kib;

/// When everything here was made.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;

/// A finished message without one before it.
pub(crate) fn message(id: u128, role: Role, text: String) -> MessageDocument {
    MessageDocument {
        id: MessageId::new(Uuid::from_u128(id)),
        parent_id: None,
        role,
        status: MessageStatus::Finished,
        text,
        files: Vec::new(),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: serde_json::Map::new(),
        model: None,
        usage: None,
        rating: None,
        created_at: Timestamp::from_ms(NOW_MS),
        sha256: String::new(),
    }
}

/// A conversation that shows none of its messages in particular.
pub(crate) fn conversation(id: u128, messages: Vec<MessageDocument>) -> ConversationDocument {
    let now = Timestamp::from_ms(NOW_MS);
    ConversationDocument {
        schema: SCHEMA.to_owned(),
        version: VERSION,
        exported_at: Some(now),
        id: ConversationId::new(Uuid::from_u128(id)),
        title: "为什么天空是蓝色的".to_owned(),
        created_at: now,
        updated_at: now,
        active_message_id: None,
        settings: None,
        folder: None,
        pinned_at: None,
        archived_at: None,
        messages,
        shares: Vec::new(),
        sha256: String::new(),
    }
}

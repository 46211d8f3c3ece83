//! A document is hashed without a copy of it. Alone in its process, because the high-water mark of
//! memory is a process's.
#![cfg(target_os = "linux")]

use std::fs;

use hearth_app::model::{ConversationId, MessageId, MessageStatus, Role};
use hearth_server::export::{ConversationDocument, MessageDocument, SCHEMA, Timestamp, VERSION};
use uuid::Uuid;

/// As large as an import accepts: 8 answers of 8 MiB.
const NUM_MESSAGES: u128 = 8;
const TEXT_BYTES: usize = 8 << 20;
const MAX_GROWTH_KIB: u64 = 4 * 1024;

fn message(number: u128) -> MessageDocument {
    MessageDocument {
        id: MessageId::new(Uuid::from_u128(number)),
        parent_id: None,
        role: Role::Assistant,
        status: MessageStatus::Finished,
        text: "a\nb\"".repeat(TEXT_BYTES / 4),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: serde_json::Map::new(),
        model: None,
        usage: None,
        created_at: Timestamp::from_ms(0),
        sha256: String::new(),
    }
}

/// The most memory this process had so far, in KiB.
fn high_water_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("the line has a number")
}

#[test]
fn a_document_of_64_mib_is_hashed_without_a_copy_of_it() {
    let document = ConversationDocument {
        schema: SCHEMA.to_owned(),
        version: VERSION,
        exported_at: None,
        id: ConversationId::new(Uuid::from_u128(1)),
        title: "A long one".to_owned(),
        created_at: Timestamp::from_ms(0),
        updated_at: Timestamp::from_ms(0),
        active_message_id: None,
        settings: None,
        messages: (1..=NUM_MESSAGES).map(message).collect(),
        sha256: String::new(),
    };
    let before = high_water_kib();
    let hash = document.content_hash();
    let hashes = document.messages.iter().map(MessageDocument::content_hash);
    let num_bytes = hashes.map(|hash| hash.len()).sum::<usize>() + hash.len();
    let growth = high_water_kib() - before;
    assert_eq!(num_bytes as u128, 64 * (NUM_MESSAGES + 1));
    assert!(
        growth < MAX_GROWTH_KIB,
        "{growth} KiB more than {before} KiB"
    );
}

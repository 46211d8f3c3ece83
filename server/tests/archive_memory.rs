//! An archive of ten thousand conversations takes hardly more memory than one of ten. Alone in its
//! process, because the high-water mark of memory is a process's.
#![cfg(target_os = "linux")]

use std::{fs, io};

use hearth_app::model::{ConversationId, MessageId, MessageStatus, Role};
use hearth_server::export::{
    ConversationDocument, Language, MessageDocument, SCHEMA, Timestamp, VERSION, write_archive,
};
use uuid::Uuid;

const NUM_CONVERSATIONS: u128 = 10_000;
/// How often a conversation repeats its few words; all together 120 MB.
const NUM_REPEATS: usize = 800;
/// A line of the manifest and two directory entries for each conversation: 2.4 KiB at most.
const MAX_GROWTH_KIB: u64 = 24 * 1024;

fn conversation(number: u128) -> ConversationDocument {
    let now = Timestamp::from_ms(1_767_225_600_000);
    let mut message = MessageDocument {
        id: MessageId::new(Uuid::from_u128(number)),
        parent_id: None,
        role: Role::User,
        status: MessageStatus::Finished,
        text: format!("{number} 天空 ").repeat(NUM_REPEATS),
        reasoning: None,
        tool_steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: serde_json::Map::new(),
        model: None,
        usage: None,
        created_at: now,
        sha256: String::new(),
    };
    message.sha256 = message.content_hash();
    let mut document = ConversationDocument {
        schema: SCHEMA.to_owned(),
        version: VERSION,
        exported_at: Some(now),
        id: ConversationId::new(Uuid::from_u128(number)),
        title: "为什么天空是蓝色的".to_owned(),
        created_at: now,
        updated_at: now,
        active_message_id: None,
        settings: None,
        messages: vec![message],
        sha256: String::new(),
    };
    document.sha256 = document.content_hash();
    document
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

fn write(count: u128) {
    let documents = (1..=count).map(|number| Ok(conversation(number)));
    let now = Timestamp::from_ms(0);
    let report = write_archive(io::sink(), documents, Language::English, now);
    let report = report.expect("a sink takes everything");
    assert_eq!(report.num_messages as u128, count);
}

#[test]
fn ten_thousand_conversations_take_hardly_more_memory_than_ten() {
    write(10);
    let before = high_water_kib();
    write(NUM_CONVERSATIONS);
    let growth = high_water_kib() - before;
    assert!(
        growth < MAX_GROWTH_KIB,
        "{growth} KiB more than {before} KiB"
    );
}

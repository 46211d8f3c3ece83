//! An archive of ten thousand conversations takes hardly more memory than one of ten. Alone in its
//! process, because the high-water mark of memory is a process's.
#![cfg(target_os = "linux")]

#[path = "memory/process.rs"]
mod process;

use std::io;

use hearth_app::model::Role;
use hearth_server::export::{ConversationDocument, Language, Timestamp, write_archive};
use process::high_water_kib;

const NUM_CONVERSATIONS: u128 = 10_000;
/// How often a conversation repeats its few words; all together 120 MB.
const NUM_REPEATS: usize = 800;
/// A line of the manifest and two directory entries for each conversation: 2.4 KiB at most.
const MAX_GROWTH_KIB: u64 = 24 * 1024;

fn conversation(number: u128) -> ConversationDocument {
    let text = format!("{number} 天空 ").repeat(NUM_REPEATS);
    let mut message = process::message(number, Role::User, text);
    message.sha256 = message.content_hash();
    let mut document = process::conversation(number, vec![message]);
    document.sha256 = document.content_hash();
    document
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

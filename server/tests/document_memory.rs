//! A document is hashed without a copy of it. Alone in its process, because the high-water mark of
//! memory is a process's.
#![cfg(target_os = "linux")]

#[path = "memory/process.rs"]
mod process;

use hearth_app::model::Role;
use hearth_server::export::MessageDocument;
use process::high_water_kib;

/// As large as an import accepts: 8 answers of 8 MiB.
const NUM_MESSAGES: u128 = 8;
const TEXT_BYTES: usize = 8 << 20;
const MAX_GROWTH_KIB: u64 = 4 * 1024;

fn message(number: u128) -> MessageDocument {
    let text = "a\nb\"".repeat(TEXT_BYTES / 4);
    process::message(number, Role::Assistant, text)
}

#[test]
fn a_document_of_64_mib_is_hashed_without_a_copy_of_it() {
    let messages = (1..=NUM_MESSAGES).map(message).collect();
    let document = process::conversation(1, messages);
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

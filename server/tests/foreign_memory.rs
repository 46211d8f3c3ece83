//! A list of another program is not in memory while it is looked at. Alone in its process, because
//! the high-water mark of memory is a process's.
#![cfg(target_os = "linux")]

#[path = "memory/high_water.rs"]
mod high_water;

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use hearth_app::model::{User, UserId, UserRole};
use hearth_server::{import::preview, store::Store};
use high_water::high_water_kib;
use uuid::Uuid;

const NUM_CONVERSATIONS: u32 = 2_000;
/// Of each: a text of so many bytes, and a picture of as many.
const TEXT_BYTES: usize = 32 << 10;
/// The database's own memory, one conversation, and what is known of all of them.
const MAX_GROWTH_KIB: u64 = 64 * 1024;

/// One conversation as llama.cpp exports it.
fn conversation(number: u32) -> serde_json::Value {
    serde_json::json!({
        "conv": {"id": number.to_string(), "name": "Rain", "currNode": "a", "lastModified": 0},
        "messages": [
            {"id": "q", "parent": null, "role": "user", "content": "Rain?", "extra": [
                {"type": "IMAGE", "name": "cloud.png", "base64Url":
                    format!("data:image/png;base64,{}", "iVBORw0K".repeat(TEXT_BYTES / 8))}
            ]},
            {"id": "a", "parent": "q", "role": "assistant", "content": "drop".repeat(TEXT_BYTES / 4)}
        ]
    })
}

fn make_list(path: &Path) {
    let mut file = BufWriter::new(File::create_new(path).expect("a file"));
    for number in 0..NUM_CONVERSATIONS {
        let sign = if number == 0 { '[' } else { ',' };
        write!(file, "{sign}{}", conversation(number)).expect("a conversation");
    }
    file.write_all(b"]").expect("its end");
    file.flush().expect("all of it");
}

#[test]
fn a_list_of_another_program_is_looked_at_without_being_in_memory() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("chats.json");
    make_list(&path);
    let num_bytes = path.metadata().expect("the list").len();
    assert!(num_bytes >> 10 > MAX_GROWTH_KIB);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(Store::open(&place.path().join("hearth.db")));
    let store = store.expect("a database");
    let user = User {
        id: UserId::new(Uuid::from_u128(1)),
        name: "ada".to_owned(),
        role: UserRole::User,
    };
    let inserted = runtime.block_on(store.insert_user(&user, "no password", 0));
    inserted.expect("a user");
    let _inside = runtime.enter();
    let before = high_water_kib();
    let found = preview(&store, user.id, File::open(&path).expect("the list"));
    let growth = high_water_kib() - before;
    let found = found.expect("nothing is wrong with it");
    assert_eq!(found.new_conversations, NUM_CONVERSATIONS);
    let brought = found.brought.expect("it is another program's");
    assert_eq!(brought.pictures, NUM_CONVERSATIONS);
    assert!(
        growth < MAX_GROWTH_KIB,
        "{growth} KiB more than {before} KiB, for {} KiB",
        num_bytes >> 10
    );
}

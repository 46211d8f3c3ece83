//! An archive is not in memory while it is looked at and imported. Alone in its process, because
//! the high-water mark of memory is a process's.
#![cfg(target_os = "linux")]

#[path = "memory/process.rs"]
mod process;

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use hearth_app::model::{Role, User, UserId, UserRole};
use hearth_server::{
    export::{ConversationDocument, Language, Timestamp, write_archive},
    import::{import, preview},
    store::Store,
};
use process::{NOW_MS, high_water_kib};
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const NUM_CONVERSATIONS: u128 = 1_000;
/// Something large beside them, as it is.
const NUM_OTHER_BYTES: u64 = 256 << 20;
/// The database's own memory, one conversation, and what is known of all of them.
const MAX_GROWTH_KIB: u64 = 64 * 1024;

fn conversation(number: u128) -> ConversationDocument {
    // As ids are made today: the time stands first.
    let id = (u128::from(NOW_MS.unsigned_abs()) << 80) | (0x7 << 76) | (0x8 << 60) | number;
    let mut message = process::message(id, Role::User, format!("{number} 天空 ").repeat(40));
    message.sha256 = message.content_hash();
    let mut document = process::conversation(id, vec![message]);
    document.sha256 = document.content_hash();
    document
}

fn make_archive(path: &Path) {
    let documents = (1..=NUM_CONVERSATIONS).map(|number| Ok(conversation(number)));
    let file = File::create_new(path).expect("a file");
    write_archive(&file, documents, Language::English, Timestamp::from_ms(0)).expect("an archive");
    let file = File::options().read(true).write(true).open(path);
    let mut zip = ZipWriter::new_append(file.expect("the file")).expect("the archive");
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("large", stored).expect("one more");
    let mut other = io::repeat(7).take(NUM_OTHER_BYTES);
    io::copy(&mut other, &mut zip).expect("its content");
    zip.finish().expect("its end");
}

async fn somebody(store: &Store) -> UserId {
    let user = User {
        id: UserId::new(Uuid::from_u128(1)),
        name: "ada".to_owned(),
        role: UserRole::User,
    };
    store
        .insert_user(&user, "no password", 0)
        .await
        .expect("a user");
    user.id
}

#[test]
fn an_archive_is_imported_without_being_in_memory() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("chats.zip");
    make_archive(&path);
    let num_bytes = path.metadata().expect("the archive").len();
    assert!(num_bytes > NUM_OTHER_BYTES);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(Store::open(&place.path().join("hearth.db")));
    let store = store.expect("a database");
    let ada = runtime.block_on(somebody(&store));
    let _inside = runtime.enter();
    let open = || File::open(&path).expect("the archive");
    let before = high_water_kib();
    let found = preview(&store, ada, open()).expect("nothing is wrong with it");
    let imported = import(&store, ada, open(), None).expect("it comes in");
    let growth = high_water_kib() - before;
    assert_eq!(found, imported);
    assert_eq!(u128::from(imported.new_conversations), NUM_CONVERSATIONS);
    assert!(
        growth < MAX_GROWTH_KIB,
        "{growth} KiB more than {before} KiB, for {} KiB",
        num_bytes >> 10
    );
}

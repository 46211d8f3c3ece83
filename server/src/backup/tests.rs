//! Copies beside writers, copies that are not sound, and the way back.

mod nightly;
mod restoring;

use std::{fs, os::unix::fs::PermissionsExt as _};

use hearth_app::model::{BackupKind, User, UserId, UserRole};
use uuid::Uuid;

use super::{
    copying::{self, keep, write},
    *,
};
use crate::{
    config::Config,
    data_folder::{FolderLock, occupy, open},
    store::{Store, rows_of},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// 2026-11-29 12:00 UTC.
const NOON: i64 = 1_795_953_600_000;

/// A data folder, and a server's hold on it.
struct House {
    folder: tempfile::TempDir,
    config: Config,
    store: Store,
    lock: FolderLock,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(folder.path().join("data"));
        let lock = occupy(&config).await.unwrap();
        let store = open(&config).await.unwrap();
        Self {
            folder,
            config,
            store,
            lock,
        }
    }

    async fn add(&self, name: &str) {
        add(&self.store, name).await;
    }

    async fn copy(&self, now_ms: i64) -> Result<Backup, BackupError> {
        copy(
            &self.store,
            &self.config.backups(),
            BackupKind::Asked,
            now_ms,
        )
        .await
    }

    /// The server ends.
    async fn leave(self) -> (tempfile::TempDir, Config) {
        self.store.close().await;
        drop(self.lock);
        (self.folder, self.config)
    }

    /// Names of all files in the folder of copies.
    fn files(&self) -> Vec<String> {
        files(&self.config.backups())
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn add(store: &Store, name: &str) {
    let user = User {
        id: UserId::new(Uuid::now_v7()),
        name: name.to_owned(),
        role: UserRole::User,
    };
    store.insert_user(&user, "no password", 0).await.unwrap();
}

async fn names(config: &Config) -> Vec<String> {
    let store = Store::open(&config.database()).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    store.close().await;
    let mut names: Vec<String> = accounts.into_iter().map(|it| it.user.name).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_one_moment_of_a_database_that_is_being_written() {
    let house = House::new().await;
    for number in 0..50 {
        house.add(&format!("early {number}")).await;
    }
    let store = house.store.clone();
    let writing = tokio::spawn(async move {
        for number in 0..200 {
            add(&store, &format!("late {number}")).await;
        }
    });
    let made = house.copy(NOON).await.unwrap();
    writing.await.unwrap();
    let num_users = rows_of(&made.proof.tables, "user");
    assert!((50..=250).contains(&num_users), "{num_users}");
    assert_eq!(made.proof.schema, program_schema());
    assert_eq!(house.files(), ["hearth-20261129T120000Z-asked.db"]);
    let mode = made.path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
}

#[tokio::test]
async fn a_copy_that_is_damaged_on_its_way_to_the_disk_is_not_kept() {
    let house = House::new().await;
    for number in 0..200 {
        house.add(&format!("somebody {number}")).await;
    }
    let folder = house.config.backups();
    let damages: [fn(&mut Vec<u8>); 4] = [
        // The disk gave back something else.
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 4096].fill(0x5a);
        },
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
        |bytes| bytes[..100].fill(0),
    ];
    for damage in damages {
        let part = write(&house.store, &folder, BackupKind::Asked, NOON)
            .await
            .unwrap();
        let mut bytes = fs::read(&part.path).unwrap();
        damage(&mut bytes);
        fs::write(&part.path, bytes).unwrap();
        let refused = keep(part, &folder).await.unwrap_err();
        assert!(matches!(refused, BackupError::Unsound(_)), "{refused}");
        assert_eq!(house.files(), [""; 0]);
    }
    house.copy(NOON).await.unwrap();
}

#[tokio::test]
async fn where_there_is_no_place_for_a_copy_that_is_said_and_nothing_is_left() {
    let mut house = House::new().await;
    let file = house.config.data.join("file");
    fs::write(&file, "").unwrap();
    house.config.backup.folder = file.join("copies");
    let refused = house.copy(NOON).await.unwrap_err().to_string();
    assert!(refused.contains("file/copies"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed_and_what_is_being_made_is_not() {
    let house = House::new().await;
    let folder = house.config.backups();
    let left = folder.join(".hearth-20261128T030000Z-nightly.db.part");
    let journal = folder.join(".hearth-20261128T030000Z-nightly.db.part-journal");
    for path in [&left, &journal] {
        fs::write(path, "half").unwrap();
    }
    copying::remove_parts(&folder).unwrap();
    assert_eq!(house.files().len(), 2, "somebody may be writing them");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    for path in [&left, &journal] {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    fs::write(folder.join("notes.part"), "mine").unwrap();
    copying::remove_parts(&folder).unwrap();
    assert_eq!(house.files(), ["notes.part"]);
}

#[tokio::test]
async fn a_database_of_an_older_schema_is_copied_before_it_is_changed() {
    let house = House::new().await;
    house.add("ada").await;
    let schema = program_schema();
    let forget = "delete from _sqlx_migrations where version = (select max(version) from \
                  _sqlx_migrations)";
    sqlx::query(forget)
        .execute(&house.store.writer)
        .await
        .unwrap();
    let (_folder, config) = house.leave().await;
    // What the newest migration makes is there already: the upgrade itself fails.
    let lock = occupy(&config).await.unwrap();
    let before = before_upgrade(&config, NOON).await.unwrap().unwrap();
    assert!(before.proof.schema < schema, "{:?}", before.proof);
    assert_eq!(rows_of(&before.proof.tables, "user"), 1);
    drop(lock);
    assert_eq!(
        files(&config.backups()),
        ["hearth-20261129T120000Z-before-upgrade.db"]
    );
}

#[tokio::test]
async fn without_a_copy_there_is_no_upgrade_and_without_an_upgrade_no_copy() {
    let mut house = House::new().await;
    assert!(before_upgrade(&house.config, NOON).await.unwrap().is_none());
    let forget = "delete from _sqlx_migrations where version > 1";
    sqlx::query(forget)
        .execute(&house.store.writer)
        .await
        .unwrap();
    house.config.backup.folder = house.config.data.join("hearth.db/copies");
    let (_folder, mut config) = house.leave().await;
    let refused = open(&config).await.unwrap_err().to_string();
    assert!(refused.contains("Nothing was changed"), "{refused}");
    assert!(refused.contains("backup.folder"), "{refused}");
    config.backup.folder = PathBuf::new();
    assert_eq!(files(&config.backups()), [""; 0]);
}

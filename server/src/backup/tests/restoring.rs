//! The way back: what becomes of the copy, of what was there, and of its log.

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::*;
use crate::{
    backup::{rehearse, restore},
    store::rows_of,
};

/// A folder with Ada in it and a copy of that, to which Grace came later.
async fn two_states() -> (tempfile::TempDir, Config, PathBuf) {
    let house = House::new().await;
    house.add("ada").await;
    let copy = house.copy(NOON).await.unwrap().path;
    house.add("grace").await;
    let (folder, config) = house.leave().await;
    (folder, config, copy)
}

#[tokio::test]
async fn a_copy_takes_the_place_of_the_database_and_what_was_there_is_kept() {
    let (_folder, config, copy) = two_states().await;
    let restored = restore(&config, &copy, NOON + 1000).await.unwrap();
    assert_eq!(rows_of(&restored.before.unwrap(), "user"), 2);
    assert_eq!(rows_of(&restored.after.tables, "user"), 1);
    assert_eq!(names(&config).await, ["ada"]);
    assert!(copy.exists(), "a copy may be needed again");
    let kept = restored.kept.unwrap();
    restore(&config, &kept, NOON + 2000).await.unwrap();
    assert_eq!(names(&config).await, ["ada", "grace"]);
}

#[tokio::test]
async fn a_rehearsal_says_what_would_change_and_changes_nothing() {
    let (_folder, config, copy) = two_states().await;
    // With a server, too.
    for is_served in [false, true] {
        let served = if is_served {
            let lock = occupy(&config).await.unwrap();
            Some((lock, open(&config).await.unwrap()))
        } else {
            None
        };
        let told = rehearse(&config, &copy).await.unwrap();
        assert_eq!(rows_of(&told.before.unwrap(), "user"), 2);
        assert_eq!(rows_of(&told.after.tables, "user"), 1);
        assert_eq!(told.kept, None);
        if let Some((_lock, store)) = served {
            store.close().await;
        }
    }
    assert_eq!(names(&config).await, ["ada", "grace"]);
    assert_eq!(files(&config.backups()).len(), 1);
}

#[tokio::test]
async fn while_a_server_runs_nothing_is_restored() {
    let (_folder, config, copy) = two_states().await;
    let lock = occupy(&config).await.unwrap();
    lock.tell(([127, 0, 0, 1], 4321).into());
    let refused = restore(&config, &copy, NOON).await.unwrap_err().to_string();
    assert!(refused.contains("127.0.0.1:4321"), "{refused}");
    drop(lock);
    assert_eq!(names(&config).await, ["ada", "grace"]);
}

#[tokio::test]
async fn what_is_damaged_foreign_or_newer_is_refused_in_a_sentence_and_nothing_changes() {
    let (folder, config, copy) = two_states().await;
    let bytes = fs::read(&copy).unwrap();
    let file = folder.path().join("file.db");
    let mut flipped = bytes.clone();
    let middle = bytes.len() / 2;
    flipped[middle..middle + 4096].fill(0xff);
    let other = other_database(&folder.path().join("other.db")).await;
    let newer = newer_database(&folder.path().join("newer.db"), &bytes).await;
    let half = bytes[..bytes.len() / 2].to_vec();
    for (content, part) in [
        (flipped, "damaged"),
        (half, "damaged"),
        (b"these are no bytes of a database".to_vec(), "damaged"),
        (Vec::new(), "not a database of Hearth"),
        (other, "not a database of Hearth"),
        (newer, "a newer Hearth made it"),
    ] {
        fs::write(&file, content).unwrap();
        for refused in [
            restore(&config, &file, NOON).await.unwrap_err(),
            rehearse(&config, &file).await.unwrap_err(),
        ] {
            let refused = refused.to_string();
            assert!(refused.contains("file.db"), "{refused}");
            assert!(refused.contains(part), "{refused} without {part}");
        }
    }
    let missing = folder.path().join("nothing.db");
    let refused = restore(&config, &missing, NOON).await.unwrap_err();
    assert!(refused.to_string().contains("nothing.db"), "{refused}");
    let itself = restore(&config, &config.database(), NOON).await;
    let refused = itself.unwrap_err().to_string();
    assert!(refused.contains("the database itself"), "{refused}");
    assert_eq!(names(&config).await, ["ada", "grace"]);
    assert_eq!(files(&config.backups()).len(), 1);
}

async fn other_database(path: &Path) -> Vec<u8> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let making = sqlx::query("create table user (name text)");
    making.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    fs::read(path).unwrap()
}

async fn newer_database(path: &Path, ours: &[u8]) -> Vec<u8> {
    fs::write(path, ours).unwrap();
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let later = "insert into _sqlx_migrations
                 (version, description, success, checksum, execution_time)
                 values (9000, 'later', true, x'00', 0)";
    sqlx::query(later).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    fs::read(path).unwrap()
}

#[tokio::test]
async fn the_log_of_a_killed_server_is_not_read_with_the_copy_and_not_lost() {
    let house = House::new().await;
    house.add("ada").await;
    let copy = house.copy(NOON).await.unwrap().path;
    house.store.cut_log().await.unwrap();
    house.add("grace").await;
    // As a kill leaves them: the log has what the file has not.
    let (database, data) = (house.config.database(), house.config.data.clone());
    let saved: Vec<_> = ["hearth.db", "hearth.db-wal"]
        .map(|name| (name, fs::read(data.join(name)).unwrap()))
        .into();
    assert!(!saved[1].1.is_empty(), "there is a log");
    let (_folder, config) = house.leave().await;
    for (name, bytes) in &saved {
        fs::write(data.join(name), bytes).unwrap();
    }
    let restored = restore(&config, &copy, NOON + 1000).await.unwrap();
    assert!(!database.with_extension("db-wal").exists());
    assert_eq!(names(&config).await, ["ada"]);
    let kept = restored.kept.unwrap();
    restore(&config, &kept, NOON + 2000).await.unwrap();
    assert_eq!(names(&config).await, ["ada", "grace"]);
}

#[tokio::test]
async fn a_database_that_cannot_be_read_any_more_is_put_aside_with_its_log() {
    let (_folder, config, copy) = two_states().await;
    let broken = b"this was a database once".to_vec();
    fs::write(config.database(), &broken).unwrap();
    fs::write(config.data.join("hearth.db-wal"), "log").unwrap();
    let restored = restore(&config, &copy, NOON + 1000).await.unwrap();
    assert_eq!(restored.before, None);
    assert_eq!(names(&config).await, ["ada"]);
    let kept = restored.kept.unwrap();
    assert_eq!(fs::read(&kept).unwrap(), broken);
    assert!(!config.data.join("hearth.db-wal").exists());
    let log = kept.with_extension("db-wal");
    assert_eq!(fs::read(&log).unwrap(), b"log");
}

#[tokio::test]
async fn the_log_beside_a_file_of_a_dead_machine_comes_with_it() {
    let house = House::new().await;
    house.add("ada").await;
    house.store.cut_log().await.unwrap();
    house.add("grace").await;
    let rescued = house.config.data.join("rescued");
    fs::create_dir(&rescued).unwrap();
    for name in ["hearth.db", "hearth.db-wal"] {
        fs::copy(house.config.data.join(name), rescued.join(name)).unwrap();
    }
    let file = rescued.join("hearth.db");
    let elsewhere = Config::new(house.config.data.join("elsewhere"));
    let refused = rehearse(&elsewhere, &file).await.unwrap_err().to_string();
    assert!(refused.contains("has a log beside it"), "{refused}");
    let restored = restore(&elsewhere, &file, NOON).await.unwrap();
    assert_eq!(rows_of(&restored.after.tables, "user"), 2);
    assert_eq!(names(&elsewhere).await, ["ada", "grace"]);
    assert_eq!(files(&rescued), ["hearth.db", "hearth.db-wal"]);
}

#[tokio::test]
async fn a_restore_that_was_cut_off_leaves_the_database_with_its_log_and_nothing_else() {
    let house = House::new().await;
    house.add("ada").await;
    house.store.cut_log().await.unwrap();
    house.add("grace").await;
    let (data, copies) = (house.config.data.clone(), house.config.backups());
    let saved = ["hearth.db", "hearth.db-wal"].map(|name| fs::read(data.join(name)).unwrap());
    let (_folder, config) = house.leave().await;
    // Everything but the last rename was done: the log lies with the second name.
    let twin = copies.join("hearth-20261129T120001Z-before-restore.db");
    fs::write(config.database(), &saved[0]).unwrap();
    fs::write(twin.with_extension("db-wal"), &saved[1]).unwrap();
    fs::hard_link(config.database(), &twin).unwrap();
    fs::write(data.join("hearth.db.restoring"), "half").unwrap();
    drop(occupy(&config).await.unwrap());
    assert_eq!(files(&copies), [""; 0]);
    assert!(!data.join("hearth.db.restoring").exists());
    assert_eq!(names(&config).await, ["ada", "grace"]);
}

#[tokio::test]
async fn a_folder_of_copies_that_cannot_be_read_keeps_a_server_out_only_after_a_cut_off_restore() {
    let (folder, mut config, copy) = two_states().await;
    // Not even root reads the entries of a file.
    config.backup.folder = folder.path().join("copies");
    fs::write(&config.backup.folder, "no folder").unwrap();
    restore(&config, &copy, NOON + 1000).await.unwrap_err();
    drop(occupy(&config).await.unwrap());
    assert_eq!(names(&config).await, ["ada", "grace"]);
    fs::write(config.data.join("hearth.db.restoring"), "half").unwrap();
    let refused = occupy(&config).await.unwrap_err().to_string();
    assert!(refused.contains("a restore was cut off"), "{refused}");
}

#[tokio::test]
async fn a_copy_becomes_the_database_of_an_empty_folder() {
    let (folder, _config, copy) = two_states().await;
    let elsewhere = Config::new(folder.path().join("elsewhere"));
    let told = rehearse(&elsewhere, &copy).await.unwrap();
    assert_eq!((told.before, elsewhere.data.exists()), (None, false));
    let restored = restore(&elsewhere, &copy, NOON).await.unwrap();
    assert_eq!((restored.before, restored.kept), (None, None));
    assert_eq!(names(&elsewhere).await, ["ada"]);
}

//! Copies beside writers, copies that are not sound, and those before an upgrade.

use std::os::unix::fs::PermissionsExt as _;

use super::{
    super::copying::{self, keep, write},
    *,
};
use crate::store::rows_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_one_moment_of_a_database_that_is_being_written() {
    let house = House::new().await;
    for statement in ["create table one (n int)", "create table other (n int)"] {
        sqlx::query(statement)
            .execute(&house.store.writer)
            .await
            .unwrap();
    }
    let store = house.store.clone();
    let writing = tokio::spawn(async move {
        for number in 0..400 {
            let mut both = store.begin().await.unwrap();
            for statement in ["insert into one values (?)", "insert into other values (?)"] {
                let inserting = sqlx::query(statement).bind(number);
                inserting.execute(&mut *both).await.unwrap();
            }
            both.commit().await.unwrap();
        }
    });
    let mut seen = Vec::new();
    for number in 0..10 {
        let made = house.copy(NOON + number * 1000).await.unwrap();
        let rows = |table| rows_of(&made.proof.tables, table);
        assert_eq!(rows("one"), rows("other"), "both or neither");
        assert_eq!(made.proof.schema, program_schema());
        let mode = made.path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
        seen.push(rows("one"));
    }
    writing.await.unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(house.files().len(), 10);
    assert_eq!(house.files()[0], "hearth-20261129T120000Z-asked.db");
}

#[tokio::test]
async fn a_copy_that_is_damaged_on_its_way_to_the_disk_is_not_kept() {
    let house = House::new().await;
    for number in 0..200 {
        house.add(&format!("somebody {number}")).await;
    }
    let folder = house.config.backups();
    let damages: [fn(&mut Vec<u8>); 5] = [
        // One letter of somebody's name: SQLite sees nothing wrong with that.
        |bytes| {
            let name = b"somebody 77";
            let at = bytes.windows(name.len()).position(|it| it == name);
            bytes[at.unwrap()] = b'S';
        },
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
    for name in [
        ".hearth-20261128T030000Z-nightly.db.part",
        ".hearth-20261128T030000Z-nightly.db.part-journal",
        "notes.part",
    ] {
        fs::write(folder.join(name), "half").unwrap();
    }
    let made = write(&house.store, &folder, BackupKind::Asked, NOON).await;
    let (made, journal) = (
        made.unwrap(),
        ".hearth-20261129T120000Z-asked.db.part-journal",
    );
    fs::write(folder.join(journal), "").unwrap();
    copying::remove_parts(&folder).unwrap();
    let expected = [
        ".hearth-20261129T120000Z-asked.db.part",
        journal,
        "notes.part",
    ];
    assert_eq!(house.files(), expected, "somebody is writing them");
    drop(made);
    copying::remove_parts(&folder).unwrap();
    assert_eq!(house.files(), ["notes.part"]);
}

#[tokio::test]
async fn two_copies_of_the_same_second_do_not_take_each_others_file() {
    let house = House::new().await;
    let folder = house.config.backups();
    let first = write(&house.store, &folder, BackupKind::Asked, NOON).await;
    let refused = house.copy(NOON).await.unwrap_err();
    assert!(matches!(refused, BackupError::Io { .. }), "{refused}");
    keep(first.unwrap(), &folder).await.unwrap();
    assert_eq!(house.files(), ["hearth-20261129T120000Z-asked.db"]);
}

#[tokio::test]
async fn a_named_folder_that_is_not_there_is_not_made() {
    let mut house = House::new().await;
    house.config.backup.folder = "elsewhere".into();
    let backups = Backups::new(house.store.clone(), &house.config, jiff::tz::TimeZone::UTC);
    let refused = backups.make_if_due(NOON).await.unwrap_err().to_string();
    assert!(refused.contains("Is its disk mounted?"), "{refused}");
    let folder = house.config.data.join("elsewhere");
    assert!(!folder.exists());
    fs::create_dir(&folder).unwrap();
    assert!(backups.make_if_due(NOON).await.unwrap());
    assert_eq!(files(&folder).len(), 1);
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_is_no_older_schema() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(folder.path().join("data"));
    let lock = occupy(&config).await.unwrap();
    // As the first statement of a first start leaves it: a file in which nothing is.
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(config.database())
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    assert!(config.database().metadata().unwrap().len() > 0);
    open(&config).await.unwrap().close().await;
    assert_eq!(files(&config.backups()), [""; 0]);
    drop(lock);
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
    let lock = occupy(&config).await.unwrap();
    let before = before_upgrade(&config, NOON).await.unwrap().unwrap();
    assert!(before.proof.schema < schema, "{:?}", before.proof);
    assert_eq!(rows_of(&before.proof.tables, "user"), 1);
    // An upgrade that fails is tried again; nothing was written meanwhile.
    assert!(
        before_upgrade(&config, NOON + 1000)
            .await
            .unwrap()
            .is_none()
    );
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

//! What servers and commands find in a folder that somebody else has used, or uses.

use std::{fs, os::unix::fs::MetadataExt as _, time::SystemTime};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::super::*;

struct Place {
    folder: tempfile::TempDir,
    config: Config,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(folder.path().join("data"));
        Self { folder, config }
    }

    /// As a server leaves it that ended well.
    async fn served() -> Self {
        let place = Self::new();
        let lock = occupy(&place.config).await.unwrap();
        open(&place.config).await.unwrap().close().await;
        drop(lock);
        place
    }

    async fn execute(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.config.database());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A schema as a newer program makes it.
    async fn meet_the_future(&self) {
        self.execute(
            "insert into _sqlx_migrations
             (version, description, success, checksum, execution_time)
             values (9000, 'later', true, x'00', 0)",
        )
        .await;
    }

    /// What is kept of migrations. Rows, not bytes: closing moves the log into the file.
    async fn migrations(&self) -> Vec<(i64, Vec<u8>, i64)> {
        let options = SqliteConnectOptions::new().filename(self.config.database());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let rows = "select version, checksum, (select count(*) from sqlite_schema)
                    from _sqlx_migrations order by version";
        let found = sqlx::query_as(rows).fetch_all(&mut connection).await;
        connection.close().await.unwrap();
        found.unwrap()
    }

    /// A schema as an older program left it.
    async fn meet_the_past(&self) {
        self.execute("delete from _sqlx_migrations where version > 1")
            .await;
    }

    /// Names, sizes, modes and times of everything.
    fn everything(&self) -> Vec<(PathBuf, Vec<u8>, u32, SystemTime)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let about = path.metadata().unwrap();
                let content = fs::read(&path).unwrap_or_default();
                found.push((
                    path.clone(),
                    content,
                    about.mode(),
                    about.modified().unwrap(),
                ));
                if about.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

fn sentence<T: std::fmt::Debug>(refused: Result<T, FolderError>) -> String {
    refused.unwrap_err().to_string()
}

#[tokio::test]
async fn what_a_server_makes_is_its_owners_alone() {
    let place = Place::new();
    let _lock = occupy(&place.config).await.unwrap();
    let _store = open(&place.config).await.unwrap();
    let found = place.everything();
    let names: Vec<_> = found
        .iter()
        .filter_map(|(path, ..)| path.file_name())
        .collect();
    for name in [
        "hearth.db",
        "hearth.db-wal",
        "hearth.db-shm",
        "hearth.lock",
        "models",
        "uploads",
    ] {
        assert!(names.contains(&name.as_ref()), "{name} in {names:?}");
    }
    for (path, _, mode, _) in &found {
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
    }
}

#[tokio::test]
async fn a_second_server_is_refused_and_has_touched_nothing() {
    let place = Place::served().await;
    let lock = occupy(&place.config).await.unwrap();
    lock.tell(([127, 0, 0, 1], 4321).into());
    let before = place.everything();
    let refused = sentence(occupy(&place.config).await);
    for word in ["127.0.0.1:4321", &std::process::id().to_string(), "--data"] {
        assert!(refused.contains(word), "{word} in {refused}");
    }
    assert_eq!(place.everything(), before);
    drop(lock);
    occupy(&place.config).await.unwrap();
}

#[tokio::test]
async fn commands_work_beside_a_server_of_their_schema_and_without_one() {
    let place = Place::served().await;
    // Closed in full, as by the end of a command.
    let writing = open_for_writing(&place.config).await.unwrap();
    writing.store.close().await;
    drop(writing);
    let reading = open_for_reading(&place.config).await.unwrap();
    reading.store.close().await;
    drop(reading);
    let _lock = occupy(&place.config).await.unwrap();
    let _store = open(&place.config).await.unwrap();
    let writing = open_for_writing(&place.config).await.unwrap();
    let reading = open_for_reading(&place.config).await.unwrap();
    assert_eq!(writing.store.accounts().await.unwrap().len(), 0);
    assert_eq!(reading.store.accounts().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_command_that_writes_makes_a_database_and_keeps_servers_out_meanwhile() {
    let place = Place::new();
    let refused = sentence(open_for_reading(&place.config).await);
    assert!(refused.contains("hearth serve"), "{refused}");
    assert_eq!(place.everything().len(), 0);
    let command = open_for_writing(&place.config).await.unwrap();
    let refused = sentence(occupy(&place.config).await);
    assert!(refused.contains("a command of Hearth"), "{refused}");
    drop(command);
    occupy(&place.config).await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_by_everything_and_stays_as_it_is() {
    let place = Place::served().await;
    place.meet_the_future().await;
    let before = place.migrations().await;
    for refused in [
        sentence(open(&place.config).await),
        sentence(open_for_writing(&place.config).await),
        sentence(open_for_reading(&place.config).await),
    ] {
        let known = format!("up to {}", program_schema());
        for word in ["schema 9000", &known, "restore"] {
            assert!(refused.contains(word), "{word} in {refused}");
        }
    }
    assert_eq!(place.migrations().await, before);
}

#[tokio::test]
async fn no_command_brings_a_database_up_to_date_under_a_running_server() {
    let place = Place::served().await;
    place.meet_the_past().await;
    let before = fs::read(place.config.database()).unwrap();
    let refused = sentence(open_for_reading(&place.config).await);
    assert!(refused.contains("schema 1,"), "{refused}");
    let lock = occupy(&place.config).await.unwrap();
    lock.tell(([127, 0, 0, 1], 4321).into());
    let refused = sentence(open_for_writing(&place.config).await);
    for word in [
        "schema 1,",
        "127.0.0.1:4321",
        "start the server with this one",
    ] {
        assert!(refused.contains(word), "{word} in {refused}");
    }
    assert_eq!(fs::read(place.config.database()).unwrap(), before);
}

#[tokio::test]
async fn reading_changes_nothing_on_the_disk_even_behind_a_killed_server() {
    let place = Place::served().await;
    let before = place.everything();
    let store = Store::open_read_only(&place.config.database(), false)
        .await
        .unwrap();
    assert_eq!(store.accounts().await.unwrap().len(), 0);
    store.close().await;
    assert_eq!(place.everything(), before);

    let left = Place::new();
    let running = open_left(&place).await;
    copy(&place, &left);
    drop(running);
    let before = left.everything();
    let store = Store::open_read_only(&left.config.database(), false)
        .await
        .unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from left_behind")
        .fetch_one(&store.readers)
        .await
        .unwrap();
    assert_eq!(rows, 1, "what lies in the log is read");
    store.close().await;
    assert_eq!(left.everything(), before);
}

/// A database whose last change lies in the log only.
async fn open_left(place: &Place) -> Store {
    let store = open(&place.config).await.unwrap();
    for sql in [
        "create table left_behind (a)",
        "insert into left_behind values (1)",
    ] {
        sqlx::query(sql).execute(&store.writer).await.unwrap();
    }
    store
}

/// What `kill -9` leaves: the files as they are.
fn copy(from: &Place, to: &Place) {
    create_folder(&to.config.data).unwrap();
    for name in ["hearth.db", "hearth.db-wal", "hearth.db-shm"] {
        fs::copy(from.config.data.join(name), to.config.data.join(name)).unwrap();
    }
}

#[tokio::test]
async fn a_database_that_another_program_keeps_for_itself_is_told_in_a_sentence() {
    let place = Place::served().await;
    let options = SqliteConnectOptions::new()
        .filename(place.config.database())
        .pragma("locking_mode", "exclusive");
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("begin exclusive")
        .execute(&mut other)
        .await
        .unwrap();
    let refused = sentence(open(&place.config).await);
    for word in ["database is locked", "Another program holds it"] {
        assert!(refused.contains(word), "{word} in {refused}");
    }
    other.close().await.unwrap();
    open(&place.config).await.unwrap();
}

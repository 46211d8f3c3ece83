//! The database as a file: what was deleted is really gone, and its space comes back.
//!
//! `secure_delete` overwrites what is deleted in the file itself; until the log beside it is folded
//! in and cut, the old pages still stand there.

use std::{path::Path, time::Duration};

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::{Store, StoreError, opening::write_ahead_log};

/// A log that somebody reads from is left for the next time after this long.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(200);
/// A file up to this size is rewritten at start, in some seconds, on which everybody waits.
const MAX_REWRITTEN_BYTES: i64 = 256 << 20;
/// `pragma auto_vacuum` of a file that can give space back in small pieces.
const INCREMENTAL: i64 = 2;

/// What a file is before it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileState {
    /// It gives space back in pieces, or does so from now on.
    Fit,
    /// An older program made it, and it is too large to be rewritten while people wait.
    TooLarge { num_bytes: i64 },
}

/// What the database takes on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSizes {
    pub(crate) database_bytes: u64,
    /// Of the log beside it.
    pub(crate) log_bytes: u64,
}

impl Store {
    /// What the database takes now; nothing of a file that is not there.
    pub(crate) fn file_sizes(&self) -> FileSizes {
        let options = self.writer.connect_options();
        let path = options.get_filename();
        let num_bytes = |path: &Path| path.metadata().map_or(0, |found| found.len());
        FileSizes {
            database_bytes: num_bytes(path),
            log_bytes: num_bytes(&write_ahead_log(path)),
        }
    }

    /// Rewrites a file that an older program made, so that it can give space back and holds
    /// nothing that was deleted before. Once, and before anybody is served.
    pub(crate) async fn make_fit(&self) -> Result<FileState, StoreError> {
        let mut writer = self.writer.acquire().await?;
        if number(&mut writer, "pragma auto_vacuum").await? == INCREMENTAL {
            return Ok(FileState::Fit);
        }
        let num_pages = number(&mut writer, "pragma page_count").await?;
        let num_bytes = num_pages * number(&mut writer, "pragma page_size").await?;
        if num_bytes > MAX_REWRITTEN_BYTES {
            return Ok(FileState::TooLarge { num_bytes });
        }
        for statement in ["pragma auto_vacuum = incremental", "vacuum"] {
            sqlx::query(statement).execute(&mut *writer).await?;
        }
        Ok(FileState::Fit)
    }

    /// Gives at most `num_pages` empty pages back to the disk. Returns how many it gave.
    pub(crate) async fn give_space_back(&self, num_pages: u32) -> Result<u64, StoreError> {
        let mut writer = self.writer.acquire().await?;
        let before = number(&mut writer, "pragma freelist_count").await?;
        if before == 0 {
            return Ok(0);
        }
        let statement = match num_pages {
            ..16 => "pragma incremental_vacuum(8)",
            16..64 => "pragma incremental_vacuum(32)",
            _ => "pragma incremental_vacuum(128)",
        };
        sqlx::query(statement).execute(&mut *writer).await?;
        let after = number(&mut writer, "pragma freelist_count").await?;
        Ok(u64::try_from(before - after).unwrap_or_default())
    }

    /// Brings the planner's statistics up to date, where that is worth it.
    pub(crate) async fn optimize(&self) -> Result<(), StoreError> {
        sqlx::query("pragma optimize").execute(&self.writer).await?;
        Ok(())
    }

    /// Folds the log into the file and cuts it to nothing. False: somebody is reading from it.
    pub(crate) async fn cut_log(&self) -> Result<bool, StoreError> {
        // On a connection of its own: who writes does not wait while pages are copied.
        let options = self.writer.connect_options();
        let options = options.as_ref().clone().busy_timeout(CHECKPOINT_PATIENCE);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        // Most of it is copied beside everybody else; the rest needs them to wait a moment.
        checkpoint(&mut connection, "pragma wal_checkpoint(passive)").await?;
        let is_cut = checkpoint(&mut connection, "pragma wal_checkpoint(truncate)").await?;
        connection.close().await?;
        Ok(is_cut)
    }
}

/// False: others were in the way.
async fn checkpoint(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<bool, StoreError> {
    let row = sqlx::query(statement).fetch_one(connection).await?;
    let busy: i64 = row.try_get(0)?;
    Ok(busy == 0)
}

async fn number(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar(statement).fetch_one(connection).await?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

    use super::*;

    #[tokio::test]
    async fn a_new_file_gives_space_back_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hearth.db");
        let store = Store::open(&path).await.unwrap();
        let mut writer = store.writer.acquire().await.unwrap();
        let mode = number(&mut writer, "pragma auto_vacuum").await.unwrap();
        assert_eq!(mode, INCREMENTAL);
        assert_eq!(
            number(&mut writer, "pragma secure_delete").await.unwrap(),
            1
        );
        for statement in [
            "create table ballast (text text)",
            "insert into ballast values (hex(zeroblob(2000000)))",
            "delete from ballast",
        ] {
            sqlx::query(statement).execute(&mut *writer).await.unwrap();
        }
        drop(writer);
        assert!(store.cut_log().await.unwrap());
        let before = std::fs::metadata(&path).unwrap().len();
        let mut given = 0;
        loop {
            match store.give_space_back(128).await.unwrap() {
                0 => break,
                num_pages => {
                    assert!(num_pages <= 128);
                    given += num_pages;
                }
            }
        }
        assert!(store.cut_log().await.unwrap());
        let after = std::fs::metadata(&path).unwrap().len();
        assert!(
            given > 900 && after + 3_800_000 < before,
            "{given} {before} {after}"
        );
    }

    #[tokio::test]
    async fn a_file_of_an_older_program_is_rewritten_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hearth.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut old = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in [
            "create table ballast (text text)",
            "insert into ballast values ('an old secret')",
            "delete from ballast",
        ] {
            sqlx::query(statement).execute(&mut old).await.unwrap();
        }
        old.close().await.unwrap();
        let holds_secret = || {
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(13).any(|it| it == b"an old secret")
        };
        assert!(holds_secret(), "that is what the older program left");
        let store = Store::open(&path).await.unwrap();
        for _ in 0..2 {
            assert_eq!(store.make_fit().await.unwrap(), FileState::Fit);
        }
        assert!(store.cut_log().await.unwrap());
        assert!(!holds_secret());
        let mut writer = store.writer.acquire().await.unwrap();
        let mode = number(&mut writer, "pragma auto_vacuum").await.unwrap();
        assert_eq!(mode, INCREMENTAL);
    }

    #[tokio::test]
    async fn a_log_that_is_being_read_is_cut_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hearth.db");
        let store = Store::open(&path).await.unwrap();
        let mut reader = store.readers.acquire().await.unwrap();
        for statement in ["begin", "select count(*) from user"] {
            sqlx::query(statement).execute(&mut *reader).await.unwrap();
        }
        sqlx::query("create table ballast (text text)")
            .execute(&store.writer)
            .await
            .unwrap();
        assert!(!store.cut_log().await.unwrap());
        sqlx::query("rollback").execute(&mut *reader).await.unwrap();
        assert!(store.cut_log().await.unwrap());
        let log = std::fs::metadata(path.with_extension("db-wal")).unwrap();
        assert_eq!(log.len(), 0);
    }
}

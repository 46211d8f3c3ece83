//! What a database file is, told by the file itself and by nothing else; and copies of one.

use std::{fs::File, io::Read as _, path::Path};

use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use url::Url;

use super::{Store, StoreError};

/// Tables without which it is no database of Hearth.
const OURS: [&str; 4] = ["_sqlx_migrations", "conversation", "message", "user"];
/// <https://www.sqlite.org/fileformat.html#magic_header_string>
const HEADER: &[u8; 16] = b"SQLite format 3\0";
/// Of what is wrong with a file, that much is told.
const MAX_TOLD: usize = 3;

/// Why a file is no database to go on with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("it is not a database of Hearth")]
    NotOurs,
}

impl From<sqlx::Error> for ProofError {
    fn from(error: sqlx::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl Store {
    /// Copies the database into an empty file, as it is at one moment. Nobody who writes waits: the
    /// log only grows meanwhile. Pages that hold nothing any more are left out, and with them what
    /// was deleted.
    pub(crate) async fn copy_into(&self, file: &str) -> Result<(), StoreError> {
        sqlx::query("vacuum into ?")
            .bind(file)
            .execute(&self.readers)
            .await?;
        Ok(())
    }

    /// Bytes of the database's file, its log folded in.
    pub(crate) async fn num_bytes(&self) -> Result<u64, StoreError> {
        let query = "select page_count * page_size from pragma_page_count, pragma_page_size";
        let bytes: i64 = sqlx::query_scalar(query).fetch_one(&self.readers).await?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Every table with its number of rows, by name.
    pub(crate) async fn tables(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        Ok(count_rows(&mut connection).await?)
    }
}

/// Brings the log beside a database that nobody uses into its file. False: it cannot be read.
pub(crate) async fn fold_log(database: &Path) -> bool {
    // Opened, what is no database would lose its log: SQLite takes it for a leftover.
    if !is_database(database) {
        return false;
    }
    let options = SqliteConnectOptions::new().filename(database);
    let Ok(mut connection) = SqliteConnection::connect_with(&options).await else {
        return false;
    };
    let folding = sqlx::query("pragma wal_checkpoint(truncate)");
    let folded = folding.fetch_one(&mut connection).await;
    // The first column: somebody was in the way.
    let is_folded = folded.is_ok_and(|row| row.try_get::<i64, _>(0).is_ok_and(|busy| busy == 0));
    connection.close().await.is_ok() && is_folded
}

/// Whether a file begins as every database does.
fn is_database(file: &Path) -> bool {
    let mut beginning = [0; HEADER.len()];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == *HEADER
}

/// A file that `SQLite` finds nothing wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Number of its newest migration.
    pub(crate) schema: i64,
    pub(crate) num_bytes: u64,
    /// Every table with its number of rows, by name.
    pub(crate) tables: Vec<(String, u64)>,
    /// Rows that refer to others that are not there: a fault of a program, not of the file.
    pub(crate) num_orphans: usize,
}

impl Proof {
    /// Reads the whole file: a damaged page anywhere is found. Nobody may write to it meanwhile.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) async fn of(file: &Path) -> Result<Self, ProofError> {
        let num_bytes = file.metadata()?.len();
        let mut connection = open_unchanging(file).await?;
        let proof = read(&mut connection, num_bytes).await;
        // Nothing was written: closing cannot lose anything.
        let _closed = connection.close().await;
        proof
    }
}

/// Rows of a table; none of one that is not there.
pub(crate) fn rows_of(tables: &[(String, u64)], table: &str) -> u64 {
    let found = tables.iter().find(|(name, _)| name == table);
    found.map_or(0, |(_, rows)| *rows)
}

/// Without log and shared memory: the file alone.
async fn open_unchanging(file: &Path) -> Result<SqliteConnection, ProofError> {
    let path = std::path::absolute(file)?;
    let mut address = Url::from_file_path(&path)
        .map_err(|()| ProofError::Damaged("its path is not absolute".to_owned()))?;
    address.set_query(Some("immutable=1"));
    let options = SqliteConnectOptions::new().filename(address.as_str());
    Ok(SqliteConnection::connect_with(&options.read_only(true)).await?)
}

async fn read(connection: &mut SqliteConnection, num_bytes: u64) -> Result<Proof, ProofError> {
    let checking = sqlx::query_scalar("pragma integrity_check");
    let found: Vec<String> = checking.fetch_all(&mut *connection).await?;
    if found != ["ok"] {
        let told = found.iter().take(MAX_TOLD).map(|line| line.trim());
        return Err(ProofError::Damaged(told.collect::<Vec<_>>().join("; ")));
    }
    let checking = sqlx::query("pragma foreign_key_check");
    let orphans = checking.fetch_all(&mut *connection).await?;
    let tables = count_rows(connection).await?;
    let is_there = |wanted: &str| tables.iter().any(|(name, _)| name == wanted);
    if !OURS.into_iter().all(is_there) {
        return Err(ProofError::NotOurs);
    }
    let newest = sqlx::query_scalar::<_, Option<i64>>("select max(version) from _sqlx_migrations");
    let newest = newest.fetch_one(&mut *connection).await?;
    Ok(Proof {
        schema: newest.unwrap_or_default(),
        num_bytes,
        tables,
        num_orphans: orphans.len(),
    })
}

async fn count_rows(connection: &mut SqliteConnection) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let query = "select name from sqlite_schema
                 where type = 'table' and name not like 'sqlite_%' order by name";
    let names: Vec<String> = sqlx::query_scalar(query)
        .fetch_all(&mut *connection)
        .await?;
    let mut tables = Vec::new();
    for name in names {
        // The name comes from the file: quoted, it can only be a name.
        let query = format!("select count(*) from \"{}\"", name.replace('"', "\"\""));
        let counting = sqlx::query(sqlx::AssertSqlSafe(query));
        let rows: i64 = counting.fetch_one(&mut *connection).await?.try_get(0)?;
        tables.push((name, u64::try_from(rows).unwrap_or_default()));
    }
    Ok(tables)
}

//! Rows of `upload`: whose a file is between its preview and its import, one per user. The file
//! itself lies in the folder of uploads.

use hearth_app::model::{ImportCounts, UploadId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, now_ms};
use crate::upkeep::UPLOAD_KEPT_MS;

/// A file that has come and has no row yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewUpload<'a> {
    pub(crate) id: UploadId,
    pub(crate) user: UserId,
    pub(crate) file_name: &'a str,
    /// Bytes.
    pub(crate) size: u64,
}

/// A file that was uploaded.
#[derive(Debug)]
pub(crate) struct StoredUpload {
    pub(crate) file_name: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) state: StoredUploadState,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum StoredUploadState {
    Waiting,
    Imported(ImportCounts),
}

impl Store {
    /// Notes a file in place of the user's last one, and forgets everybody's old ones.
    pub(crate) async fn insert_upload(&self, upload: &NewUpload<'_>) -> Result<(), StoreError> {
        let (id, user) = (upload.id.as_uuid(), upload.user.as_uuid());
        let size = i64::try_from(upload.size).unwrap_or(i64::MAX);
        let now = now_ms();
        let oldest = now - UPLOAD_KEPT_MS;
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "delete from upload where user_id = ? or created_at < ?",
            user,
            oldest,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "
            insert into upload (user_id, id, file_name, size, created_at)
            values (?, ?, ?, ?, ?)
            ",
            user,
            id,
            upload.file_name,
            size,
            now,
        )
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// A file; `None` if it is missing or not `user`'s.
    pub(crate) async fn upload(
        &self,
        user: UserId,
        id: UploadId,
    ) -> Result<Option<StoredUpload>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query!(
            "select file_name, size, report from upload where user_id = ? and id = ?",
            user,
            id,
        )
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state = match row.report {
            Some(report) => {
                let counts = serde_json::from_str(&report);
                let counts = counts.map_err(|_| StoreError::Corrupt { column: "report" })?;
                StoredUploadState::Imported(counts)
            }
            None => StoredUploadState::Waiting,
        };
        Ok(Some(StoredUpload {
            file_name: row.file_name,
            size: u64::try_from(row.size).unwrap_or_default(),
            state,
        }))
    }

    /// Files that somebody may still import.
    pub(crate) async fn waiting_uploads(&self) -> Result<Vec<UploadId>, StoreError> {
        let ids =
            sqlx::query_scalar!(r#"select id as "id: Uuid" from upload where report is null"#)
                .fetch_all(&self.readers)
                .await?;
        Ok(ids.into_iter().map(UploadId::new).collect())
    }
}

/// Notes what the import did: nobody waits for the file any more. False: the file was imported or
/// replaced meanwhile.
pub(super) async fn note_imported(
    connection: &mut SqliteConnection,
    user: UserId,
    id: UploadId,
    counts: ImportCounts,
) -> Result<bool, StoreError> {
    let (user, id) = (user.as_uuid(), id.as_uuid());
    let report = serde_json::to_value(counts).unwrap_or_default().to_string();
    let done = sqlx::query!(
        "
        update upload
        set report = ?
        where user_id = ? and id = ? and report is null
        ",
        report,
        user,
        id,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

//! Rows of `upload`: a file between its preview and its import, one per user.

use hearth_app::model::{ImportCounts, UploadId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, now_ms};
use crate::upkeep::UPLOAD_KEPT_MS;

/// A file that was uploaded.
#[derive(Debug)]
pub(crate) struct StoredUpload {
    pub(crate) file_name: String,
    pub(crate) state: StoredUploadState,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum StoredUploadState {
    Waiting(Vec<u8>),
    Imported(ImportCounts),
}

impl Store {
    /// Keeps a file in place of the user's last one, and lets go of everybody's old ones.
    pub(crate) async fn insert_upload(
        &self,
        user: UserId,
        file_name: &str,
        content: &[u8],
    ) -> Result<UploadId, StoreError> {
        let id = Uuid::now_v7();
        let (user, now) = (user.as_uuid(), now_ms());
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
            insert into upload (user_id, id, file_name, content, created_at)
            values (?, ?, ?, ?, ?)
            ",
            user,
            id,
            file_name,
            content,
            now,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(UploadId::new(id))
    }

    /// A file; `None` if it is missing or not `user`'s.
    pub(crate) async fn upload(
        &self,
        user: UserId,
        id: UploadId,
    ) -> Result<Option<StoredUpload>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query!(
            "select file_name, content, report from upload where user_id = ? and id = ?",
            user,
            id,
        )
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state = match (row.report, row.content) {
            (Some(report), _) => {
                let counts = serde_json::from_str(&report);
                let counts = counts.map_err(|_| StoreError::Corrupt { column: "report" })?;
                StoredUploadState::Imported(counts)
            }
            (None, content) => StoredUploadState::Waiting(content.unwrap_or_default()),
        };
        Ok(Some(StoredUpload {
            file_name: row.file_name,
            state,
        }))
    }
}

/// Notes what the import did in place of the file. False: the file was imported or replaced
/// meanwhile.
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
        set report = ?, content = null
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

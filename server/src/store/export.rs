//! Rows of `export`: what was exported, and for some time the file itself.
//!
//! Which is newer is a matter of `rowid`: ids begin with the time, and a clock may be set back.

use hearth_app::model::{ConversationId, ExportFormat, ExportId, ExportSubject, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, message::word, now_ms};
use crate::upkeep::KEPT_MS;

/// Most bytes of files kept for one user; past that, the oldest go first.
const MAX_KEPT_BYTES: i64 = 256 << 20;
/// Most rows kept for one user.
const MAX_ROWS: i64 = 500;

/// A finished export.
#[derive(Debug)]
pub(crate) struct NewExport {
    pub(crate) user: UserId,
    pub(crate) subject: ExportSubject,
    pub(crate) file_name: String,
    pub(crate) sha256: [u8; 32],
    pub(crate) size: u64,
    /// Absent: it is too large to keep.
    pub(crate) content: Option<Vec<u8>>,
}

/// A row without its content.
#[derive(Debug)]
pub(crate) struct StoredExport {
    pub(crate) id: ExportId,
    pub(crate) subject: ExportSubject,
    pub(crate) file_name: String,
    pub(crate) size: i64,
    pub(crate) is_kept: bool,
    pub(crate) created_at: i64,
}

/// A file that is kept.
#[derive(Debug)]
pub(crate) struct KeptExport {
    pub(crate) file_name: String,
    /// `None`: an archive of everything.
    pub(crate) format: Option<ExportFormat>,
    pub(crate) content: Vec<u8>,
}

impl Store {
    /// Keeps an export and lets go of what is too old or too much, in one transaction.
    pub(crate) async fn insert_export(&self, export: NewExport) -> Result<ExportId, StoreError> {
        let id = ExportId::new(Uuid::now_v7());
        let mut transaction = self.begin().await?;
        insert(&mut transaction, id, &export).await?;
        let user = export.user.as_uuid();
        let quota = Quota {
            oldest: now_ms() - KEPT_MS,
            max_bytes: MAX_KEPT_BYTES,
        };
        drop_old_content(&mut transaction, user, quota).await?;
        sqlx::query!(
            "
            delete from export
            where user_id = ?
                and rowid not in (
                    select rowid
                    from export
                    where user_id = ?
                    order by rowid desc
                    limit ?
                )
            ",
            user,
            user,
            MAX_ROWS,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// A user's exports, the newest first.
    pub(crate) async fn exports(&self, user: UserId) -> Result<Vec<StoredExport>, StoreError> {
        let (user, oldest) = (user.as_uuid(), now_ms() - KEPT_MS);
        let rows = sqlx::query!(
            r#"
            select
                id as "id: Uuid",
                format,
                conversation_id as "conversation_id: Uuid",
                file_name,
                size,
                content is not null and created_at > ? as "is_kept!: bool",
                created_at
            from export
            where user_id = ?
            order by rowid desc
            "#,
            oldest,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let exports = rows.into_iter().map(|row| {
            let conversation = row.conversation_id.map(ConversationId::new);
            Ok(StoredExport {
                id: ExportId::new(row.id),
                subject: match conversation_format(&row.format)? {
                    Some(format) => ExportSubject::Conversation {
                        format,
                        id: conversation,
                    },
                    None => ExportSubject::All,
                },
                file_name: row.file_name,
                size: row.size,
                is_kept: row.is_kept,
                created_at: row.created_at,
            })
        });
        exports.collect()
    }

    /// A file; `None` if it is missing, too old or not `user`'s.
    pub(crate) async fn kept_export(
        &self,
        user: UserId,
        id: ExportId,
    ) -> Result<Option<KeptExport>, StoreError> {
        let (user, id, oldest) = (user.as_uuid(), id.as_uuid(), now_ms() - KEPT_MS);
        let row = sqlx::query!(
            r#"
            select file_name, format, content as "content!"
            from export
            where id = ? and user_id = ? and content is not null and created_at > ?
            "#,
            id,
            user,
            oldest,
        )
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(KeptExport {
            file_name: row.file_name,
            format: conversation_format(&row.format)?,
            content: row.content,
        }))
    }

    /// Removes an export. False: missing or not `user`'s.
    pub(crate) async fn delete_export(
        &self,
        user: UserId,
        id: ExportId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!("delete from export where id = ? and user_id = ?", id, user)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// The format of one conversation; an archive has none.
fn conversation_format(stored: &str) -> Result<Option<ExportFormat>, StoreError> {
    match stored {
        "zip" => Ok(None),
        format => word(format, "format").map(Some),
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    id: ExportId,
    export: &NewExport,
) -> Result<(), StoreError> {
    let (scope, format, conversation) = match export.subject {
        ExportSubject::Conversation { format, id } => ("conversation", format.as_str(), id),
        ExportSubject::All => ("all", "zip", None),
    };
    let (id, user, now) = (id.as_uuid(), export.user.as_uuid(), now_ms());
    let conversation = conversation.map(ConversationId::as_uuid);
    let size = i64::try_from(export.size).unwrap_or(i64::MAX);
    let sha256 = export.sha256.as_slice();
    sqlx::query!(
        "
        insert into export (
            id, user_id, scope, format, conversation_id, file_name, sha256, size, content, created_at
        )
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ",
        id,
        user,
        scope,
        format,
        conversation,
        export.file_name,
        sha256,
        size,
        export.content,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What may stay.
#[derive(Clone, Copy, Debug)]
struct Quota {
    /// Milliseconds UTC.
    oldest: i64,
    max_bytes: i64,
}

/// Forgets files that are too old, and the oldest of those that are too much together. The
/// newest always stays: somebody is about to download it.
async fn drop_old_content(
    connection: &mut SqliteConnection,
    user: Uuid,
    quota: Quota,
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        update export
        set content = null
        where content is not null
            and user_id = ?
            and (
                created_at < ?
                or rowid in (
                    select number
                    from (
                        select
                            rowid as number,
                            sum(size) over (order by rowid desc) as total,
                            row_number() over (order by rowid desc) as place
                        from export
                        where user_id = ? and content is not null
                    )
                    where place > 1 and total > ?
                )
            )
        ",
        user,
        quota.oldest,
        user,
        quota.max_bytes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{User, UserRole};

    use super::*;

    async fn store() -> (tempfile::TempDir, Store, UserId) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: "ada".to_owned(),
            role: UserRole::User,
        };
        store.insert_user(&user, "no password", 0).await.unwrap();
        (folder, store, user.id)
    }

    fn export(user: UserId, size: usize) -> NewExport {
        NewExport {
            user,
            subject: ExportSubject::Conversation {
                format: ExportFormat::Text,
                id: None,
            },
            file_name: "a.txt".to_owned(),
            sha256: [0; 32],
            size: size as u64,
            content: Some(vec![b'a'; size]),
        }
    }

    /// Sizes of the exports, the newest first; 0 for those whose file is gone.
    async fn kept(store: &Store, user: UserId) -> Vec<i64> {
        let exports = store.exports(user).await.unwrap();
        let size = |it: StoredExport| if it.is_kept { it.size } else { 0 };
        exports.into_iter().map(size).collect()
    }

    #[tokio::test]
    async fn the_oldest_files_go_first_and_the_newest_stays_however_large() {
        let (_folder, store, user) = store().await;
        for size in [10, 20, 30] {
            store.insert_export(export(user, size)).await.unwrap();
        }
        assert_eq!(kept(&store, user).await, [30, 20, 10]);
        let mut connection = store.writer.acquire().await.unwrap();
        for (max_bytes, expected) in [(60, [30, 20, 10]), (50, [30, 20, 0]), (1, [30, 0, 0])] {
            let quota = Quota {
                oldest: 0,
                max_bytes,
            };
            let dropped = drop_old_content(&mut connection, user.as_uuid(), quota);
            dropped.await.unwrap();
            assert_eq!(kept(&store, user).await, expected);
        }
        let quota = Quota {
            oldest: now_ms() + 1000,
            max_bytes: 100,
        };
        let dropped = drop_old_content(&mut connection, user.as_uuid(), quota);
        dropped.await.unwrap();
        assert_eq!(kept(&store, user).await, [0, 0, 0]);
    }

    #[tokio::test]
    async fn after_a_clock_was_set_back_the_export_just_made_is_still_the_newest() {
        let (_folder, store, user) = store().await;
        store.insert_export(export(user, 10)).await.unwrap();
        // What the first one got while the clock ran ahead.
        let ahead = Uuid::from_u128(u128::MAX);
        sqlx::query("update export set id = ?")
            .bind(ahead)
            .execute(&store.writer)
            .await
            .unwrap();
        let newest = store.insert_export(export(user, 20)).await.unwrap();
        assert_eq!(kept(&store, user).await, [20, 10]);
        let mut connection = store.writer.acquire().await.unwrap();
        let quota = Quota {
            oldest: 0,
            max_bytes: 1,
        };
        let dropped = drop_old_content(&mut connection, user.as_uuid(), quota);
        dropped.await.unwrap();
        assert_eq!(kept(&store, user).await, [20, 0]);
        assert!(store.kept_export(user, newest).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_file_is_given_away_for_thirty_days_though_nobody_has_removed_it_then() {
        let (_folder, store, user) = store().await;
        let id = store.insert_export(export(user, 10)).await.unwrap();
        let aged = async |age: i64| {
            sqlx::query("update export set created_at = ?")
                .bind(now_ms() - age)
                .execute(&store.writer)
                .await
                .unwrap();
            let is_given = store.kept_export(user, id).await.unwrap().is_some();
            (is_given, kept(&store, user).await)
        };
        let minute = 60 * 1000;
        assert_eq!(aged(KEPT_MS - minute).await, (true, vec![10]));
        assert_eq!(aged(KEPT_MS).await, (false, vec![0]));
    }
}

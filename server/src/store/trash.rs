//! Conversations in the trash. There `deleted_at` is the moment of the deletion; 0 stands for those
//! that are being removed for good and are nobody's any more.

use hearth_app::model::{ConversationId, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError};

/// A conversation in the trash.
#[derive(Clone, Debug)]
pub(crate) struct StoredTrash {
    pub(crate) id: ConversationId,
    pub(crate) title: String,
    /// Milliseconds UTC.
    pub(crate) deleted_at: i64,
}

impl Store {
    /// What a person has deleted, the last first, and how many there are with those beyond `limit`.
    pub(crate) async fn trash(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<(Vec<StoredTrash>, u64), StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                id as "id: Uuid",
                title,
                deleted_at as "deleted_at!",
                count(*) over () as "num_all!: i64"
            from conversation
            where user_id = ? and deleted_at > 0
            order by deleted_at desc, id desc
            limit ?
            "#,
            user,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        let num_all = rows.first().map_or(0, |row| row.num_all);
        let trash = rows.into_iter().map(|row| StoredTrash {
            id: ConversationId::new(row.id),
            title: row.title,
            deleted_at: row.deleted_at,
        });
        Ok((trash.collect(), u64::try_from(num_all).unwrap_or_default()))
    }

    /// Gives a conversation up that is in the trash: it cannot come back. False: not there, not in
    /// the trash, or not `user`'s.
    pub(crate) async fn condemn(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = 0, source_id = null, title = ''
            where id = ? and user_id = ? and deleted_at > 0
            ",
            id,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Gives up to `limit` conversations of a person's trash up. Returns how many.
    pub(crate) async fn condemn_trash(&self, user: UserId, limit: u32) -> Result<u64, StoreError> {
        let user = user.as_uuid();
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = 0, source_id = null, title = ''
            where id in (
                select id
                from conversation
                where user_id = ? and deleted_at > 0
                limit ?
            )
            ",
            user,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }
}

//! What a person does to the own account: sessions and password.

use hearth_app::model::{SessionId, UserId};
use uuid::Uuid;

use super::{Store, StoreError};

/// A session of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListedSession {
    pub(crate) id: SessionId,
    pub(crate) user_agent: String,
    /// Milliseconds UTC.
    pub(crate) last_seen_at: i64,
}

impl Store {
    /// Sessions of a user that still hold, the last used first. A session's id is the beginning
    /// of its token's hash.
    pub(crate) async fn sessions(
        &self,
        user: UserId,
        now_ms: i64,
        idle_since: i64,
    ) -> Result<Vec<ListedSession>, sqlx::Error> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"select substr(token_hash, 1, 16) as "id!: Uuid", user_agent, last_seen_at
               from session
               where user_id = ?
                 and expires_at > ?
                 and last_seen_at > ?
               order by last_seen_at desc, created_at desc"#,
            user,
            now_ms,
            idle_since,
        )
        .fetch_all(&self.readers)
        .await?;
        let sessions = rows.into_iter().map(|row| ListedSession {
            id: SessionId::new(row.id),
            user_agent: row.user_agent,
            last_seen_at: row.last_seen_at,
        });
        Ok(sessions.collect())
    }

    /// Ends a session. False: not there or not `user`'s.
    pub(crate) async fn end_session(
        &self,
        user: UserId,
        id: SessionId,
    ) -> Result<bool, sqlx::Error> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let deleted = sqlx::query!(
            "delete from session
             where user_id = ?
               and substr(token_hash, 1, 16) = ?",
            user,
            id,
        )
        .execute(&self.writer)
        .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Ends every session of a user but one.
    pub(crate) async fn end_other_sessions(
        &self,
        user: UserId,
        kept: &[u8; 32],
    ) -> Result<u64, sqlx::Error> {
        let (user, kept) = (user.as_uuid(), kept.as_slice());
        let deleted = sqlx::query!(
            "delete from session
             where user_id = ?
               and token_hash <> ?",
            user,
            kept,
        )
        .execute(&self.writer)
        .await?;
        Ok(deleted.rows_affected())
    }

    /// Gives a user another password and ends every session but one and the one-time link, all or
    /// nothing. False: the password is no longer `old_hash`, so somebody else changed it meanwhile.
    pub(crate) async fn change_password(
        &self,
        user: UserId,
        old_hash: &str,
        new_hash: &str,
        kept: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let (user, kept) = (user.as_uuid(), kept.as_slice());
        let mut transaction = self.begin().await?;
        let updated = sqlx::query!(
            "update user
             set password_hash = ?
             where id = ?
               and password_hash = ?",
            new_hash,
            user,
            old_hash,
        )
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "delete from session
             where user_id = ?
               and token_hash <> ?",
            user,
            kept,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("delete from one_time_link where user_id = ?", user)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }
}

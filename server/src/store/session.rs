//! Sessions. The token itself never comes here, only its hash.

use hearth_app::model::{User, UserId};
use uuid::Uuid;

use super::{Store, user::into_user};

/// A session to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    pub(crate) token_hash: [u8; 32],
    pub(crate) user: UserId,
    pub(crate) user_agent: String,
    /// Milliseconds UTC, like all times here.
    pub(crate) now_ms: i64,
    pub(crate) expires_at: i64,
}

/// A session that still holds.
#[derive(Clone, Debug)]
pub(crate) struct LiveSession {
    pub(crate) user: User,
    pub(crate) last_seen_at: i64,
}

impl Store {
    pub(crate) async fn insert_session(&self, session: NewSession) -> Result<(), sqlx::Error> {
        let token_hash = session.token_hash.as_slice();
        let user = session.user.as_uuid();
        sqlx::query!(
            "insert into session
                 (token_hash, user_id, user_agent, created_at, last_seen_at, expires_at)
             values (?, ?, ?, ?, ?, ?)",
            token_hash,
            user,
            session.user_agent,
            session.now_ms,
            session.now_ms,
            session.expires_at,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The session of this token, if it has not ended, was used after `idle_since`, and its user
    /// is not disabled.
    pub(crate) async fn live_session(
        &self,
        token_hash: &[u8; 32],
        now_ms: i64,
        idle_since: i64,
    ) -> Result<Option<LiveSession>, sqlx::Error> {
        let token_hash = token_hash.as_slice();
        let row = sqlx::query!(
            r#"select user.id as "id: Uuid", user.name, user.role, session.last_seen_at
               from session
               join user on user.id = session.user_id
               where session.token_hash = ?
                 and session.expires_at > ?
                 and session.last_seen_at > ?
                 and user.disabled = 0"#,
            token_hash,
            now_ms,
            idle_since,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| LiveSession {
            user: into_user(row.id, row.name, &row.role),
            last_seen_at: row.last_seen_at,
        }))
    }

    /// Seen now, unless that was noted since `stale_since`.
    pub(crate) async fn touch_session(
        &self,
        token_hash: &[u8; 32],
        now_ms: i64,
        stale_since: i64,
    ) -> Result<(), sqlx::Error> {
        let token_hash = token_hash.as_slice();
        sqlx::query!(
            "update session
             set last_seen_at = ?
             where token_hash = ?
                 and last_seen_at < ?",
            now_ms,
            token_hash,
            stale_since,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn delete_session(&self, token_hash: &[u8; 32]) -> Result<(), sqlx::Error> {
        let token_hash = token_hash.as_slice();
        sqlx::query!(
            "delete from session
             where token_hash = ?",
            token_hash,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query_scalar!(r#"select 1 as "one!: i64""#)
            .fetch_one(&self.readers)
            .await?;
        Ok(())
    }

    /// Ends all connections; the last one folds the log into the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

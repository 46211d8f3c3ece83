//! Links with which a person chooses a password, once. Only their hash comes here.

use hearth_app::model::UserId;
use sqlx::types::Uuid;

use super::{Change, Store, StoreError, now_ms, user::reset_password};

impl Store {
    /// Keeps a link; it replaces the one the account had. False: there is no such account.
    pub(crate) async fn insert_link(
        &self,
        token_hash: &[u8; 32],
        user: UserId,
        expires_at: i64,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let (token_hash, user, now) = (token_hash.as_slice(), user.as_uuid(), now_ms());
        let mut transaction = self.begin().await?;
        let inserted = sqlx::query!(
            "insert into one_time_link (token_hash, user_id, created_at, expires_at)
             select ?, id, ?, ?
             from user
             where id = ?
             on conflict (user_id) do update
             set token_hash = excluded.token_hash,
                 created_at = excluded.created_at,
                 expires_at = excluded.expires_at",
            token_hash,
            now,
            expires_at,
            user,
        )
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The name of the account a link belongs to, if it holds and the account is enabled.
    pub(crate) async fn link_owner(
        &self,
        token_hash: &[u8; 32],
        now_ms: i64,
    ) -> Result<Option<String>, StoreError> {
        let token_hash = token_hash.as_slice();
        let name = sqlx::query_scalar!(
            "select u.name
             from one_time_link l
             join user u on u.id = l.user_id
             where l.token_hash = ? and l.expires_at > ? and u.disabled = 0",
            token_hash,
            now_ms,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(name)
    }

    /// Uses a link up: the password is chosen, all sessions and API keys of the account end.
    /// `None`: it does not hold (any more); of two who use it at once, one does.
    pub(crate) async fn redeem_link(
        &self,
        token_hash: &[u8; 32],
        password_hash: &str,
        now_ms: i64,
    ) -> Result<Option<UserId>, StoreError> {
        let token_hash = token_hash.as_slice();
        let mut transaction = self.begin().await?;
        let used = sqlx::query_scalar!(
            r#"delete from one_time_link
               where token_hash = ?
                   and expires_at > ?
                   and user_id in (select id from user where disabled = 0)
               returning user_id as "user_id: Uuid""#,
            token_hash,
            now_ms,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(user) = used else {
            return Ok(None);
        };
        reset_password(&mut transaction, user, password_hash).await?;
        transaction.commit().await?;
        Ok(Some(UserId::new(user)))
    }
}

//! Rows of `api_key`. The key itself never comes here, only its hash.

use hearth_app::model::{ApiKeyId, User, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError, user::into_user};

/// A key to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewApiKey {
    pub(crate) id: ApiKeyId,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) hash: [u8; 32],
    /// Its last characters.
    pub(crate) ending: String,
    /// Milliseconds UTC, like all times here.
    pub(crate) now_ms: i64,
}

/// A key of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedApiKey {
    pub(crate) id: ApiKeyId,
    pub(crate) name: String,
    pub(crate) ending: String,
    pub(crate) created_at: i64,
    pub(crate) last_used_at: Option<i64>,
}

/// Whose key it is.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeyOwner {
    pub(crate) user: User,
    pub(crate) last_used_at: Option<i64>,
}

impl Store {
    /// Keeps a key, unless its person has `limit` of them. False: that is so.
    pub(crate) async fn insert_api_key(
        &self,
        key: &NewApiKey,
        limit: i64,
    ) -> Result<bool, StoreError> {
        let (id, user, hash) = (key.id.as_uuid(), key.user.as_uuid(), key.hash.as_slice());
        let inserted = sqlx::query!(
            "insert into api_key (id, user_id, name, key_hash, ending, created_at)
             select ?, ?, ?, ?, ?, ?
             where (select count(*) from api_key where user_id = ?) < ?",
            id,
            user,
            key.name,
            hash,
            key.ending,
            key.now_ms,
            user,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// Keys of a person, the newest first.
    pub(crate) async fn api_keys(&self, user: UserId) -> Result<Vec<ListedApiKey>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", name, ending, created_at, last_used_at
               from api_key
               where user_id = ?
               order by id desc"#,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let keys = rows.into_iter().map(|row| ListedApiKey {
            id: ApiKeyId::new(row.id),
            name: row.name,
            ending: row.ending,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        });
        Ok(keys.collect())
    }

    /// Revokes a key. False: not there or not `user`'s.
    pub(crate) async fn delete_api_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let deleted = sqlx::query!(
            "delete from api_key
             where user_id = ? and id = ?",
            user,
            id,
        )
        .execute(&self.writer)
        .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Whose key this is, if it holds and its person is not disabled.
    pub(crate) async fn api_key_owner(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<ApiKeyOwner>, StoreError> {
        let hash = hash.as_slice();
        let row = sqlx::query!(
            r#"select u.id as "id: Uuid", u.name, u.role, k.last_used_at
               from api_key k
               join user u on u.id = k.user_id
               where k.key_hash = ? and u.disabled = 0"#,
            hash,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| ApiKeyOwner {
            user: into_user(row.id, row.name, &row.role),
            last_used_at: row.last_used_at,
        }))
    }

    /// Notes that a key was used.
    pub(crate) async fn touch_api_key(
        &self,
        hash: &[u8; 32],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let hash = hash.as_slice();
        sqlx::query!(
            "update api_key
             set last_used_at = ?
             where key_hash = ?",
            now_ms,
            hash,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

//! Accounts.

use hearth_app::model::{TokenLimit, User, UserId, UserRole};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{Change, Store, StoreError, is_overlong_name, name_key, token_limit::limit_of};

/// An account as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub disabled: bool,
    /// Tokens that may be computed in a day.
    pub token_limit: TokenLimit,
    /// Milliseconds UTC.
    pub created_at: i64,
}

/// What a sign-in is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: User,
    /// PHC string.
    pub password_hash: String,
    pub disabled: bool,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum InsertUserError {
    #[error("an account of this name exists already")]
    NameTaken,
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
}

impl Store {
    /// Whether any account exists.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn has_user(&self) -> Result<bool, sqlx::Error> {
        let found = sqlx::query_scalar!(r#"select exists(select 1 from user) as "found!: bool""#)
            .fetch_one(&self.readers)
            .await?;
        Ok(found)
    }

    /// Makes the first administrator, unless any account exists: of two claims at once, one wins.
    /// Returns whether this one did.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn insert_first_administrator(
        &self,
        id: UserId,
        name: &str,
        password_hash: &str,
        now_ms: i64,
    ) -> Result<bool, sqlx::Error> {
        let (id, key) = (id.as_uuid(), name_key(name));
        // One statement is one transaction: nobody comes between the question and the row.
        let inserted = sqlx::query!(
            "insert into user (id, name, name_key, password_hash, role, disabled, created_at)
             select ?, ?, ?, ?, 'administrator', 0, ?
             where not exists (select 1 from user)",
            id,
            name,
            key,
            password_hash,
            now_ms,
        )
        .execute(&self.writer)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`InsertUserError::NameTaken`], whatever the case and the composition of the letters.
    pub async fn insert_user(
        &self,
        user: &User,
        password_hash: &str,
        now_ms: i64,
    ) -> Result<(), InsertUserError> {
        let mut connection = self.writer.acquire().await?;
        insert(&mut connection, user, password_hash, now_ms).await
    }

    /// What a sign-in under this name is checked against. Of two names that differ in their letters
    /// only, as they could before that made them one, the one that was typed counts. What is longer
    /// than names may be is nobody's, and costs nothing.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn credentials(&self, name: &str) -> Result<Option<Credentials>, sqlx::Error> {
        let name = name.trim();
        if is_overlong_name(name) {
            return Ok(None);
        }
        let key = name_key(name);
        let row = sqlx::query!(
            r#"select id as "id: Uuid", name, password_hash, role, disabled as "disabled: bool"
               from user
               where (name_key = ? or name = ?) and removed_at is null
               order by name = ? desc
               limit 1"#,
            key,
            name,
            name,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| Credentials {
            user: into_user(row.id, row.name, &row.role),
            password_hash: row.password_hash,
            disabled: row.disabled,
        }))
    }

    /// Gives an account another password where the old one is of no use: its sessions end, and its
    /// API keys and its one-time link hold no more, whoever has them. Returns whether there is such
    /// an account.
    pub(crate) async fn reset_password(
        &self,
        id: UserId,
        password_hash: &str,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let is_reset = reset_password(&mut transaction, id.as_uuid(), password_hash).await?;
        if is_reset {
            change.write(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(is_reset)
    }

    /// Replaces the hash of a password by another one of the same password. Does nothing if it is
    /// no longer `old_hash`.
    pub(crate) async fn renew_hash(
        &self,
        id: UserId,
        old_hash: &str,
        new_hash: &str,
    ) -> Result<(), StoreError> {
        let id = id.as_uuid();
        sqlx::query!(
            "update user
             set password_hash = ?
             where id = ? and password_hash = ?",
            new_hash,
            id,
            old_hash,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn accounts(&self) -> Result<Vec<Account>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", name, role, disabled as "disabled: bool",
                      tokens_per_day as "tokens_per_day: i64", created_at
               from user
               where removed_at is null
               order by created_at, id"#,
        )
        .fetch_all(&self.readers)
        .await?;
        let accounts = rows.into_iter().map(|row| Account {
            user: into_user(row.id, row.name, &row.role),
            disabled: row.disabled,
            token_limit: limit_of(row.tokens_per_day),
            created_at: row.created_at,
        });
        Ok(accounts.collect())
    }
}

/// Another password, and an end to every way in that was there before.
pub(super) async fn reset_password(
    connection: &mut SqliteConnection,
    id: Uuid,
    password_hash: &str,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update user
         set password_hash = ?
         where id = ? and removed_at is null",
        password_hash,
        id,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from session where user_id = ?", id)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from api_key where user_id = ?", id)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from one_time_link where user_id = ?", id)
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() == 1)
}

/// Inserts an account, unless its name is taken.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    user: &User,
    password_hash: &str,
    now_ms: i64,
) -> Result<(), InsertUserError> {
    let (id, key) = (user.id.as_uuid(), name_key(&user.name));
    let role = user.role.as_str();
    // The name is unique, and so is its key.
    let inserted = sqlx::query!(
        "insert into user (id, name, name_key, password_hash, role, disabled, created_at)
             values (?, ?, ?, ?, ?, 0, ?)
             on conflict do nothing",
        id,
        user.name,
        key,
        password_hash,
        role,
        now_ms,
    )
    .execute(connection)
    .await?;
    match inserted.rows_affected() {
        0 => Err(InsertUserError::NameTaken),
        _ => Ok(()),
    }
}

pub(super) fn into_user(id: Uuid, name: String, role: &str) -> User {
    User {
        id: UserId::new(id),
        name,
        role: match role {
            "administrator" => UserRole::Administrator,
            _ => UserRole::User, // the schema knows these two
        },
    }
}

//! Accounts.

use hearth_app::model::{User, UserId, UserRole};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::Store;

/// An account as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub disabled: bool,
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
        let id = id.as_uuid();
        // One statement is one transaction: nobody comes between the question and the row.
        let inserted = sqlx::query!(
            "insert into user (id, name, password_hash, role, disabled, created_at)
             select ?, ?, ?, 'administrator', 0, ?
             where not exists (select 1 from user)",
            id,
            name,
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
    /// [`InsertUserError::NameTaken`], whatever the case of the letters.
    pub async fn insert_user(
        &self,
        user: &User,
        password_hash: &str,
        now_ms: i64,
    ) -> Result<(), InsertUserError> {
        let mut connection = self.writer.acquire().await?;
        insert(&mut connection, user, password_hash, now_ms).await
    }

    /// What a sign-in under this name is checked against.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn credentials(&self, name: &str) -> Result<Option<Credentials>, sqlx::Error> {
        let row = sqlx::query!(
            r#"select id as "id: Uuid", name, password_hash, role, disabled as "disabled: bool"
               from user
               where name = ?"#,
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

    /// Gives an account another password and ends its sessions. Returns whether there is one.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn set_password(&self, name: &str, password_hash: &str) -> Result<bool, sqlx::Error> {
        let mut transaction = self.writer.begin().await?;
        let updated = sqlx::query!(
            "update user
             set password_hash = ?
             where name = ?",
            password_hash,
            name,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "delete from session
             where user_id in (select id from user where name = ?)",
            name,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(updated.rows_affected() == 1)
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// What `SQLite` said.
    pub async fn accounts(&self) -> Result<Vec<Account>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", name, role, disabled as "disabled: bool", created_at
               from user
               where removed_at is null
               order by created_at, id"#,
        )
        .fetch_all(&self.readers)
        .await?;
        let accounts = rows.into_iter().map(|row| Account {
            user: into_user(row.id, row.name, &row.role),
            disabled: row.disabled,
            created_at: row.created_at,
        });
        Ok(accounts.collect())
    }
}

/// Inserts an account, unless its name is taken.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    user: &User,
    password_hash: &str,
    now_ms: i64,
) -> Result<(), InsertUserError> {
    let id = user.id.as_uuid();
    let role = role_as_str(user.role);
    let inserted = sqlx::query!(
        "insert into user (id, name, password_hash, role, disabled, created_at)
             values (?, ?, ?, ?, 0, ?)
             on conflict (name) do nothing",
        id,
        user.name,
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

pub(super) const fn role_as_str(role: UserRole) -> &'static str {
    match role {
        UserRole::User => "user",
        UserRole::Administrator => "administrator",
    }
}

//! Accounts as an administrator changes them. Each change and its audit entry are one transaction.

use hearth_app::model::{User, UserId, UserRole};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Change, InsertUserError, Store, StoreError, now_ms,
    user::{self, into_user, role_as_str},
};

/// An account with what an administrator wants to know of it.
#[derive(Clone, Debug)]
pub(crate) struct AccountOverview {
    pub(crate) user: User,
    pub(crate) disabled: bool,
    /// Milliseconds UTC.
    pub(crate) last_seen_at: Option<i64>,
    pub(crate) is_invited: bool,
    pub(crate) tokens_today: i64,
}

/// What became of a change to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountChanged {
    Done,
    NotThere,
    /// Nobody would be left to administer the server.
    LastAdministrator,
}

/// A new state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountState {
    pub(crate) role: UserRole,
    pub(crate) disabled: bool,
}

impl AccountState {
    fn administers(self) -> bool {
        self.role == UserRole::Administrator && !self.disabled
    }
}

impl Store {
    /// All accounts, the oldest first. `today` counts days since 1970, `now_ms` is milliseconds.
    pub(crate) async fn account_overviews(
        &self,
        today: i64,
        now_ms: i64,
    ) -> Result<Vec<AccountOverview>, StoreError> {
        let rows = sqlx::query!(
            r#"select
                   u.id as "id: Uuid", u.name, u.role, u.disabled as "disabled: bool",
                   (select max(s.last_seen_at) from session s where s.user_id = u.id)
                       as "last_seen_at: i64",
                   exists(
                       select 1 from one_time_link l
                       where l.user_id = u.id and l.expires_at > ?
                   ) as "is_invited!: bool",
                   coalesce(d.prompt_tokens + d.completion_tokens, 0) as "tokens_today!: i64"
               from user u
               left join usage_day d on d.user_id = u.id and d.day = ?
               where u.removed_at is null
               order by u.created_at, u.id"#,
            now_ms,
            today,
        )
        .fetch_all(&self.readers)
        .await?;
        let accounts = rows.into_iter().map(|row| AccountOverview {
            user: into_user(row.id, row.name, &row.role),
            disabled: row.disabled,
            last_seen_at: row.last_seen_at,
            is_invited: row.is_invited,
            tokens_today: row.tokens_today,
        });
        Ok(accounts.collect())
    }

    /// One account and whether it is disabled.
    pub(crate) async fn account(&self, id: UserId) -> Result<Option<(User, bool)>, StoreError> {
        let id = id.as_uuid();
        let row = sqlx::query!(
            r#"select id as "id: Uuid", name, role, disabled as "disabled: bool"
               from user
               where id = ? and removed_at is null"#,
            id,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| (into_user(row.id, row.name, &row.role), row.disabled)))
    }

    /// Makes an account. False: the name is taken.
    pub(crate) async fn create_account(
        &self,
        user: &User,
        password_hash: &str,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        match user::insert(&mut transaction, user, password_hash, now_ms()).await {
            Ok(()) => {}
            Err(InsertUserError::NameTaken) => return Ok(false),
            Err(InsertUserError::Sqlx(error)) => return Err(error.into()),
        }
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives an account another role, or disables or enables it, and ends its sessions.
    pub(crate) async fn set_account_state(
        &self,
        id: UserId,
        new: AccountState,
        change: &Change,
    ) -> Result<AccountChanged, StoreError> {
        let mut transaction = self.begin().await?;
        let id = id.as_uuid();
        if !new.administers() && is_only_administrator(&mut transaction, id).await? {
            return Ok(AccountChanged::LastAdministrator);
        }
        let role = role_as_str(new.role);
        let updated = sqlx::query!(
            "update user
             set role = ?, disabled = ?
             where id = ? and removed_at is null",
            role,
            new.disabled,
            id,
        )
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() == 0 {
            return Ok(AccountChanged::NotThere);
        }
        sqlx::query!("delete from session where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(AccountChanged::Done)
    }
}

pub(super) async fn is_only_administrator(
    connection: &mut SqliteConnection,
    id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select
               exists(
                   select 1 from user
                   where id = ? and role = 'administrator' and disabled = 0
               )
               and not exists(
                   select 1 from user
                   where id != ? and role = 'administrator' and disabled = 0
               ) as "is_only!: bool""#,
        id,
        id,
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

//! Accounts as an administrator changes them. Each change and its audit entry are one transaction.

use hearth_app::model::{AccountChange, AuditAction, TokenLimit, User, UserId, UserRole};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Author, Change, InsertUserError, Store, StoreError, name_key, now_ms,
    token_limit::limit_of,
    user::{self, into_user},
};

/// An account with what an administrator wants to know of it.
#[derive(Clone, Debug)]
pub(crate) struct AccountOverview {
    pub(crate) user: User,
    pub(crate) disabled: bool,
    /// Milliseconds UTC.
    pub(crate) last_seen_at: Option<i64>,
    pub(crate) is_invited: bool,
    pub(crate) token_limit: TokenLimit,
    pub(crate) tokens_today: i64,
}

/// What became of a change to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountChanged {
    Done(AccountState),
    NotThere,
    /// Nobody would be left to administer the server.
    LastAdministrator,
}

/// What of an account an administrator changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountState {
    pub(crate) role: UserRole,
    pub(crate) disabled: bool,
}

impl AccountState {
    fn administers(self) -> bool {
        self.role == UserRole::Administrator && !self.disabled
    }

    /// This state after a change; what the change does not speak of stays.
    fn after(self, change: AccountChange) -> Self {
        match change {
            AccountChange::MakeAdministrator => Self {
                role: UserRole::Administrator,
                ..self
            },
            AccountChange::MakeUser => Self {
                role: UserRole::User,
                ..self
            },
            AccountChange::Disable => Self {
                disabled: true,
                ..self
            },
            AccountChange::Enable => Self {
                disabled: false,
                ..self
            },
        }
    }

    /// What a change is remembered as, and the word for the part of the state it speaks of.
    const fn remembered(self, change: AccountChange) -> (AuditAction, &'static str) {
        let disabled = if self.disabled { "disabled" } else { "enabled" };
        match change {
            AccountChange::MakeAdministrator | AccountChange::MakeUser => {
                (AuditAction::ChangeRole, self.role.as_str())
            }
            AccountChange::Disable => (AuditAction::DisableAccount, disabled),
            AccountChange::Enable => (AuditAction::EnableAccount, disabled),
        }
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
                   u.tokens_per_day as "tokens_per_day: i64",
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
            token_limit: limit_of(row.tokens_per_day),
            tokens_today: row.tokens_today,
        });
        Ok(accounts.collect())
    }

    /// One account and whether it is disabled.
    pub(crate) async fn account(&self, id: UserId) -> Result<Option<(User, bool)>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        account(&mut connection, id).await
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

    /// Gives an account another name. False: it is taken, or the account is not there (any more).
    pub(crate) async fn rename_account(
        &self,
        id: UserId,
        name: &str,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let (id, key) = (id.as_uuid(), name_key(name));
        let mut transaction = self.begin().await?;
        // The name is unique, and so is its key.
        let renamed = sqlx::query!(
            "update or ignore user
             set name = ?, name_key = ?
             where id = ? and removed_at is null",
            name,
            key,
            id,
        )
        .execute(&mut *transaction)
        .await?;
        if renamed.rows_affected() == 0 {
            return Ok(false);
        }
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives an account another role, or disables or enables it, and ends its sessions and, unless
    /// it is enabled, its one-time link: that was given for what the account was. What it is now is
    /// read inside of the transaction: of two changes at once, both hold.
    pub(crate) async fn change_account(
        &self,
        id: UserId,
        change: AccountChange,
        by: impl Into<Author>,
    ) -> Result<AccountChanged, StoreError> {
        let mut transaction = self.begin().await?;
        let Some((user, disabled)) = account(&mut transaction, id).await? else {
            return Ok(AccountChanged::NotThere);
        };
        let old = AccountState {
            role: user.role,
            disabled,
        };
        let new = old.after(change);
        let id = id.as_uuid();
        if !new.administers() && is_only_administrator(&mut transaction, id).await? {
            return Ok(AccountChanged::LastAdministrator);
        }
        let role = new.role.as_str();
        sqlx::query!(
            "update user
             set role = ?, disabled = ?
             where id = ? and removed_at is null",
            role,
            new.disabled,
            id,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("delete from session where user_id = ?", id)
            .execute(&mut *transaction)
            .await?;
        if change != AccountChange::Enable {
            sqlx::query!("delete from one_time_link where user_id = ?", id)
                .execute(&mut *transaction)
                .await?;
        }
        let ((action, old), (_, word)) = (old.remembered(change), new.remembered(change));
        let audit = Change {
            old: old.to_owned(),
            new: word.to_owned(),
            ..Change::by(by, action, &user.name)
        };
        audit.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(AccountChanged::Done(new))
    }
}

pub(super) async fn account(
    connection: &mut SqliteConnection,
    id: UserId,
) -> Result<Option<(User, bool)>, StoreError> {
    let id = id.as_uuid();
    let row = sqlx::query!(
        r#"select id as "id: Uuid", name, role, disabled as "disabled: bool"
           from user
           where id = ? and removed_at is null"#,
        id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (into_user(row.id, row.name, &row.role), row.disabled)))
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn insert(store: &Store, name: &str, role: UserRole) -> User {
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: name.to_owned(),
            role,
        };
        let change = Change::by(&user, AuditAction::CreateAccount, name);
        assert!(store.create_account(&user, "", &change).await.unwrap());
        user
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_changes_to_an_account_at_once_both_hold() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("hearth.db"))
            .await
            .unwrap();
        let ada = insert(&store, "ada", UserRole::Administrator).await;
        for number in 0..20 {
            let bob = insert(&store, &format!("bob{number}"), UserRole::User).await;
            let (disabled, promoted) = tokio::join!(
                store.change_account(bob.id, AccountChange::Disable, &ada),
                store.change_account(bob.id, AccountChange::MakeAdministrator, &ada),
            );
            disabled.unwrap();
            promoted.unwrap();
            let (bob, is_disabled) = store.account(bob.id).await.unwrap().unwrap();
            assert_eq!((bob.role, is_disabled), (UserRole::Administrator, true));
        }
    }

    #[tokio::test]
    async fn the_audit_of_a_change_names_what_was_and_what_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("hearth.db"))
            .await
            .unwrap();
        let ada = insert(&store, "ada", UserRole::Administrator).await;
        let bob = insert(&store, "bob", UserRole::User).await;
        for (change, expected) in [
            (AccountChange::Disable, ("enabled", "disabled")),
            (AccountChange::MakeAdministrator, ("user", "administrator")),
            (AccountChange::Enable, ("disabled", "enabled")),
            (AccountChange::MakeUser, ("administrator", "user")),
        ] {
            store.change_account(bob.id, change, &ada).await.unwrap();
            let last = store.changes(None, 1).await.unwrap().remove(0).change;
            assert_eq!((last.old.as_str(), last.new.as_str()), expected);
            assert_eq!((last.by, last.subject.as_str()), (Some(ada.id), "bob"));
        }
        let refused = store
            .change_account(ada.id, AccountChange::Disable, &ada)
            .await;
        assert_eq!(refused.unwrap(), AccountChanged::LastAdministrator);
        let nobody = UserId::new(Uuid::now_v7());
        let missed = store
            .change_account(nobody, AccountChange::Disable, &ada)
            .await;
        assert_eq!(missed.unwrap(), AccountChanged::NotThere);
    }

    #[tokio::test]
    async fn a_link_ends_when_its_account_is_given_another_role_or_disabled() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("hearth.db"))
            .await
            .unwrap();
        let ada = insert(&store, "ada", UserRole::Administrator).await;
        let bob = insert(&store, "bob", UserRole::User).await;
        let made = Change::by(&ada, AuditAction::MakeLink, "bob");
        let (hash, far) = ([1; 32], i64::MAX);
        for (change, holds) in [
            (AccountChange::MakeAdministrator, false),
            (AccountChange::MakeUser, false),
            (AccountChange::Disable, false),
            // What is made for somebody who is disabled is there when that is over.
            (AccountChange::Enable, true),
        ] {
            assert!(store.insert_link(&hash, bob.id, far, &made).await.unwrap());
            store.change_account(bob.id, change, &ada).await.unwrap();
            if change == AccountChange::Disable {
                let enabled = store.change_account(bob.id, AccountChange::Enable, &ada);
                enabled.await.unwrap();
            }
            let owner = store.link_owner(&hash, now_ms()).await.unwrap();
            assert_eq!(owner.is_some(), holds, "{change:?}");
        }
    }

    #[tokio::test]
    async fn a_name_is_given_once_and_its_own_account_may_change_its_letters() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("hearth.db"))
            .await
            .unwrap();
        let ada = insert(&store, "Ada", UserRole::Administrator).await;
        let bob = insert(&store, "Bob", UserRole::User).await;
        for (name, is_given) in [("ADA", false), ("\u{ff22}ob", true), ("bob", true)] {
            let change = Change::by(&ada, AuditAction::RenameAccount, "Bob");
            let renamed = store.rename_account(bob.id, name, &change).await;
            assert_eq!(renamed.unwrap(), is_given, "{name}");
        }
        let found = store.credentials("BOB").await.unwrap().unwrap().user;
        assert_eq!((found.id, found.name.as_str()), (bob.id, "bob"));
        // Two were remembered, and the two that made the accounts.
        assert_eq!(store.changes(None, 10).await.unwrap().len(), 4);
    }
}

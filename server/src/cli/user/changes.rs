//! What changes an account. Each gives the sentence that is printed.

use anyhow::{bail, ensure};
use hearth_app::model::{AccountChange, AuditAction, Refusal, TokenLimit, User, UserId, UserRole};

use super::{account, ask_password};
use crate::{
    accounts::{AccountName, password::Passwords},
    slow_work::Asker,
    store::{AccountChanged, Author, Change, Store},
};

fn by_command(action: AuditAction, subject: &str) -> Change {
    Change::by(Author::command_line(), action, subject)
}

pub(super) async fn add(store: &Store, name: &str, role: UserRole) -> anyhow::Result<String> {
    let user = User {
        id: UserId::new(uuid::Uuid::now_v7()),
        name: AccountName::parse(name)?.as_str().to_owned(),
        role,
    };
    // Whoever types a password twice should know before that the name is taken.
    ensure!(
        store.credentials(&user.name).await?.is_none(),
        Refusal::NameTaken
    );
    let hash = Passwords::default()
        .hash(Asker::Stranger, ask_password()?)
        .await?;
    let change = Change {
        new: role.as_str().to_owned(),
        ..by_command(AuditAction::CreateAccount, &user.name)
    };
    ensure!(
        store.create_account(&user, &hash, &change).await?,
        Refusal::NameTaken
    );
    Ok(format!("{} may sign in.", user.name))
}

/// Another role, or disabled or enabled; nothing is done and noted that holds already.
pub(super) async fn change(
    store: &Store,
    name: &str,
    change: AccountChange,
) -> anyhow::Result<String> {
    let (user, is_disabled) = account(store, name).await?;
    let (holds, is_what) = match change {
        AccountChange::Disable => (is_disabled, "disabled"),
        AccountChange::Enable => (!is_disabled, "enabled"),
        AccountChange::MakeAdministrator => {
            (user.role == UserRole::Administrator, "an administrator")
        }
        AccountChange::MakeUser => (user.role == UserRole::User, "no administrator"),
    };
    let name = user.name;
    if holds {
        return Ok(format!("{name} is {is_what} already."));
    }
    let changed = store.change_account(user.id, change, Author::command_line());
    done(&name, changed.await?)?;
    Ok(match change {
        AccountChange::Enable => format!("{name} is {is_what} and may sign in."),
        _ => format!("{name} is {is_what} and signed out everywhere."),
    })
}

pub(super) async fn rename(store: &Store, name: &str, new_name: &str) -> anyhow::Result<String> {
    let (user, _) = account(store, name).await?;
    let new_name = AccountName::parse(new_name)?.as_str().to_owned();
    let name = user.name;
    if name == new_name {
        return Ok(format!("{name} is called so already."));
    }
    let change = Change {
        new: new_name.clone(),
        ..by_command(AuditAction::RenameAccount, &name)
    };
    let is_renamed = store.rename_account(user.id, &new_name, &change).await?;
    ensure!(is_renamed, Refusal::NameTaken);
    Ok(format!("{name} is called {new_name} now and signs in so."))
}

pub(super) async fn delete(store: &Store, name: &str) -> anyhow::Result<String> {
    let (user, _) = account(store, name).await?;
    let change = by_command(AuditAction::DeleteAccount, &user.name);
    let removed = store.begin_account_removal(user.id, &change).await?;
    done(&user.name, removed)?;
    Ok(format!(
        "{} is deleted. A server removes what was in the account: one that runs within the hour, \
         another when it starts.",
        user.name
    ))
}

pub(super) async fn limit(store: &Store, name: &str, limit: &str) -> anyhow::Result<String> {
    let limit: TokenLimit = limit.parse().map_err(|refusal: Refusal| {
        anyhow::anyhow!("{refusal}; `default` is what the settings say, `none` is no limit")
    })?;
    let (user, _) = account(store, name).await?;
    let is_changed = store.change_limit(user.id, limit, Author::command_line());
    ensure!(
        is_changed.await?,
        "the account {:?} has just gone",
        user.name
    );
    let name = user.name;
    Ok(match limit {
        TokenLimit::Default => format!("{name} may have as many tokens a day as the settings say."),
        TokenLimit::None => format!("{name} may have as many tokens a day as there are."),
        TokenLimit::Tokens(number) => format!("{name} may have {number} tokens a day."),
    })
}

pub(super) async fn reset_password(store: &Store, name: &str) -> anyhow::Result<String> {
    let (user, _) = account(store, name).await?;
    let hash = Passwords::default()
        .hash(Asker::Stranger, ask_password()?)
        .await?;
    let change = by_command(AuditAction::ResetPassword, &user.name);
    let is_reset = store.reset_password(user.id, &hash, &change).await?;
    ensure!(is_reset, "the account {:?} has just gone", user.name);
    Ok(format!(
        "{} has another password, is signed out everywhere, and has no API keys any more.",
        user.name
    ))
}

fn done(name: &str, changed: AccountChanged) -> anyhow::Result<()> {
    match changed {
        AccountChanged::Done(_) => Ok(()),
        AccountChanged::NotThere => bail!("the account {name:?} has just gone"),
        AccountChanged::LastAdministrator => {
            bail!("{name}: {}", Refusal::LastAdministrator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        for (name, role) in [("Ada", UserRole::Administrator), ("Bob", UserRole::User)] {
            let user = User {
                id: UserId::new(uuid::Uuid::now_v7()),
                name: name.to_owned(),
                role,
            };
            store.insert_user(&user, "no password", 0).await.unwrap();
        }
        (folder, store)
    }

    async fn log(store: &Store) -> Vec<(AuditAction, String, String)> {
        let changes = store.changes(None, 20).await.unwrap().into_iter();
        let told = changes.map(|it| {
            assert_eq!((it.change.by, it.change.by_name.as_str()), (None, ""));
            (it.change.action, it.change.subject, it.change.new)
        });
        told.collect()
    }

    #[tokio::test]
    async fn every_change_stands_in_the_log_and_one_that_changes_nothing_does_not() {
        let (_folder, store) = store().await;
        for (asked, times) in [
            (AccountChange::Disable, 2),
            (AccountChange::Enable, 2),
            (AccountChange::MakeAdministrator, 2),
        ] {
            for _ in 0..times {
                change(&store, "bob", asked).await.unwrap();
            }
        }
        rename(&store, "BOB", " Robert ").await.unwrap();
        rename(&store, "robert", "Robert").await.unwrap();
        delete(&store, "robert").await.unwrap();
        let told: Vec<_> = log(&store).await;
        let told: Vec<_> = told.iter().rev().map(|it| (it.0, it.2.as_str())).collect();
        assert_eq!(
            told,
            [
                (AuditAction::DisableAccount, "disabled"),
                (AuditAction::EnableAccount, "enabled"),
                (AuditAction::ChangeRole, "administrator"),
                (AuditAction::RenameAccount, "Robert"),
                (AuditAction::DeleteAccount, ""),
            ]
        );
        assert!(store.credentials("Robert").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_last_administrator_stays_one() {
        let (_folder, store) = store().await;
        for asked in [AccountChange::Disable, AccountChange::MakeUser] {
            let error = change(&store, "ada", asked).await.unwrap_err();
            assert!(error.to_string().contains("last administrator"), "{error}");
        }
        let error = delete(&store, "Ada").await.unwrap_err();
        assert!(error.to_string().contains("last administrator"), "{error}");
        assert!(log(&store).await.is_empty());
    }

    #[tokio::test]
    async fn names_that_are_unknown_taken_or_none_are_refused_in_a_sentence() {
        let (_folder, store) = store().await;
        let unknown = change(&store, "Carl", AccountChange::Disable).await;
        let unknown = unknown.unwrap_err().to_string();
        assert!(
            unknown.contains("\"Carl\"") && unknown.contains("hearth user list"),
            "{unknown}"
        );
        for taken in ["ada", "\u{ff21}DA"] {
            let refused = rename(&store, "Bob", taken).await.unwrap_err();
            assert_eq!(refused.to_string(), Refusal::NameTaken.to_string());
        }
        for odd in ["", "  ", "a\nb"] {
            let refused = rename(&store, "Bob", odd).await.unwrap_err();
            assert_eq!(refused.to_string(), Refusal::BadName.to_string(), "{odd:?}");
        }
        assert!(log(&store).await.is_empty());
    }
}

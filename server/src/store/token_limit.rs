//! What one person may have computed in a day, and has had.

use hearth_app::model::{AuditAction, TokenLimit, UserId};

use super::{Author, Change, Store, StoreError, account::account};

/// A person's day so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spending {
    pub(crate) limit: TokenLimit,
    /// Tokens, prompts and answers.
    pub(crate) used: u64,
}

/// The limit that a column holds.
pub(super) fn limit_of(column: Option<i64>) -> TokenLimit {
    match column.map(u64::try_from) {
        None => TokenLimit::Default,
        Some(Ok(number @ 1..)) => TokenLimit::Tokens(number),
        Some(_) => TokenLimit::None,
    }
}

fn to_column(limit: TokenLimit) -> Option<i64> {
    match limit {
        TokenLimit::Default => None,
        TokenLimit::None => Some(0),
        TokenLimit::Tokens(number) => Some(i64::try_from(number).unwrap_or(i64::MAX)),
    }
}

impl Store {
    /// What a person may have computed on a day, and had; nothing of somebody who is not there.
    pub(crate) async fn spending(
        &self,
        user: UserId,
        day: i64,
    ) -> Result<Option<Spending>, StoreError> {
        let user = user.as_uuid();
        let row = sqlx::query!(
            r#"select u.tokens_per_day as "tokens_per_day: i64",
                      coalesce(d.prompt_tokens + d.completion_tokens, 0) as "used!: i64"
               from user u
               left join usage_day d on d.user_id = u.id and d.day = ?
               where u.id = ?"#,
            day,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| Spending {
            limit: limit_of(row.tokens_per_day),
            used: u64::try_from(row.used).unwrap_or_default(),
        }))
    }

    /// Gives a person a limit. False: there is no such account.
    pub(crate) async fn change_limit(
        &self,
        id: UserId,
        limit: TokenLimit,
        by: impl Into<Author>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let Some((user, _)) = account(&mut transaction, id).await? else {
            return Ok(false);
        };
        let (id, new) = (id.as_uuid(), to_column(limit));
        let old = sqlx::query_scalar!(
            r#"select tokens_per_day as "tokens_per_day: i64" from user where id = ?"#,
            id,
        )
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query!("update user set tokens_per_day = ? where id = ?", new, id)
            .execute(&mut *transaction)
            .await?;
        let change = Change {
            old: limit_of(old).to_string(),
            new: limit.to_string(),
            ..Change::by(by, AuditAction::ChangeLimit, &user.name)
        };
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{User, UserRole};
    use sqlx::types::Uuid;

    use super::*;
    use crate::store::TurnTokens;

    #[tokio::test]
    async fn a_limit_is_kept_and_what_it_was_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let ada = User {
            id: UserId::new(Uuid::now_v7()),
            name: "Ada".to_owned(),
            role: UserRole::User,
        };
        store.insert_user(&ada, "no password", 0).await.unwrap();
        let mut before = TokenLimit::Default;
        for limit in [
            TokenLimit::Tokens(7),
            TokenLimit::None,
            TokenLimit::Tokens(1_000_000_000_000),
            TokenLimit::Default,
        ] {
            assert!(store.change_limit(ada.id, limit, &ada).await.unwrap());
            let spending = store.spending(ada.id, 3).await.unwrap().unwrap();
            assert_eq!(spending, Spending { limit, used: 0 });
            let last = store.changes(None, 1).await.unwrap().remove(0).change;
            assert_eq!(
                (last.old, last.new),
                (before.to_string(), limit.to_string())
            );
            before = limit;
        }
        let tokens = TurnTokens {
            prompt: 2,
            completion: 3,
        };
        store.add_usage(ada.id, tokens, 3).await.unwrap();
        let used = async |day| store.spending(ada.id, day).await.unwrap().unwrap().used;
        assert_eq!((used(3).await, used(4).await), (5, 0));
        let nobody = UserId::new(Uuid::now_v7());
        assert!(store.spending(nobody, 3).await.unwrap().is_none());
        let changed = store.change_limit(nobody, TokenLimit::None, &ada).await;
        assert!(!changed.unwrap());
    }
}

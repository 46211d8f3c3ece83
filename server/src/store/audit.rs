//! Rows of `audit`: who changed what. Written in the transaction of the change itself.

use hearth_app::model::{AuditAction, User, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError,
    message::{to_word, word},
    now_ms,
};

/// Who changes something.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    id: Option<UserId>,
    name: String,
}

impl Author {
    /// Whoever may run commands on this machine. No account has its name: an empty one.
    pub(crate) const fn command_line() -> Self {
        Self {
            id: None,
            name: String::new(),
        }
    }
}

impl From<&User> for Author {
    fn from(person: &User) -> Self {
        Self {
            id: Some(person.id),
            name: person.name.clone(),
        }
    }
}

/// A change to be remembered.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Absent: the command line, or somebody whose account is gone.
    pub(crate) by: Option<UserId>,
    /// Empty: the command line.
    pub(crate) by_name: String,
    pub(crate) action: AuditAction,
    /// A setting, an account, a model.
    pub(crate) subject: String,
    /// Secrets never come here.
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A change that was remembered.
#[derive(Clone, Debug)]
pub(crate) struct StoredChange {
    pub(crate) id: Uuid,
    pub(crate) change: Change,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
}

impl Change {
    /// A change by this person, or on the command line; old and new are empty.
    pub(crate) fn by(author: impl Into<Author>, action: AuditAction, subject: &str) -> Self {
        let Author { id, name } = author.into();
        Self {
            by: id,
            by_name: name,
            action,
            subject: subject.to_owned(),
            old: String::new(),
            new: String::new(),
        }
    }

    pub(super) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let (id, now) = (Uuid::now_v7(), now_ms());
        let by = self.by.map(UserId::as_uuid);
        let action = to_word(self.action);
        sqlx::query!(
            "insert into audit (id, user_id, user_name, action, subject, old, new, created_at)
             values (?, ?, ?, ?, ?, ?, ?, ?)",
            id,
            by,
            self.by_name,
            action,
            self.subject,
            self.old,
            self.new,
            now,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Remembers what changes nothing in the database.
    pub(crate) async fn write_change(&self, change: &Change) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// At most `limit` changes, the newest first, older than `before`: in the order in which they
    /// were written, whatever the clock said.
    pub(crate) async fn changes(
        &self,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", user_id as "user_id: Uuid", user_name, action, subject,
                      old, new, created_at
               from audit
               where ? is null or rowid < (select rowid from audit where id = ?)
               order by rowid desc
               limit ?"#,
            before,
            before,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(StoredChange {
                    id: row.id,
                    created_at: row.created_at,
                    change: Change {
                        by: row.user_id.map(UserId::new),
                        by_name: row.user_name,
                        action: word(&row.action, "action")?,
                        subject: row.subject,
                        old: row.old,
                        new: row.new,
                    },
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(subject: &str) -> Change {
        Change {
            by: None,
            by_name: "ada".to_owned(),
            action: AuditAction::SignUp,
            subject: subject.to_owned(),
            old: String::new(),
            new: String::new(),
        }
    }

    async fn subjects(store: &Store, before: Option<Uuid>) -> Vec<String> {
        let changes = store.changes(before, 10).await.unwrap().into_iter();
        changes.map(|it| it.change.subject).collect()
    }

    #[tokio::test]
    async fn after_a_clock_was_set_back_the_last_change_still_stands_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        store.write_change(&change("first")).await.unwrap();
        // What the first one got while the clock ran ahead.
        let ahead = Uuid::from_u128(u128::MAX);
        sqlx::query("update audit set id = ?")
            .bind(ahead)
            .execute(&store.writer)
            .await
            .unwrap();
        for subject in ["second", "third"] {
            store.write_change(&change(subject)).await.unwrap();
        }
        assert_eq!(subjects(&store, None).await, ["third", "second", "first"]);
        let second = store.changes(None, 2).await.unwrap()[1].id;
        assert_eq!(subjects(&store, Some(second)).await, ["first"]);
        assert!(subjects(&store, Some(ahead)).await.is_empty());
    }
}

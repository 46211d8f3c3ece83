//! Rows of `audit`: who changed what. Written in the transaction of the change itself.

use hearth_app::model::{AuditAction, User, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError,
    message::{to_word, word},
    now_ms,
};

/// A change to be remembered.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Absent: the command line, or somebody without an account.
    pub(crate) by: Option<UserId>,
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
    /// A change by this person; old and new are empty.
    pub(crate) fn by(person: &User, action: AuditAction, subject: &str) -> Self {
        Self {
            by: Some(person.id),
            by_name: person.name.clone(),
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

    /// At most `limit` changes, the newest first, older than `before`.
    pub(crate) async fn changes(
        &self,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let rows = sqlx::query!(
            r#"select id as "id: Uuid", user_id as "user_id: Uuid", user_name, action, subject,
                      old, new, created_at
               from audit
               where ? is null or id < ?
               order by id desc
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

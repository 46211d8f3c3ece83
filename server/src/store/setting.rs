//! Rows of `setting`.

use super::{Change, Store, StoreError, now_ms};

/// A stored setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingRow {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) version: i64,
}

impl Store {
    /// All settings that were ever changed.
    pub(crate) async fn settings(&self) -> Result<Vec<SettingRow>, StoreError> {
        let rows = sqlx::query_as!(
            SettingRow,
            "select name, value, version
             from setting
             order by name",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Writes settings and their audit entries in one transaction.
    pub(crate) async fn save_settings(
        &self,
        rows: &[(SettingRow, Change)],
    ) -> Result<(), StoreError> {
        let now = now_ms();
        let mut transaction = self.begin().await?;
        for (row, change) in rows {
            sqlx::query!(
                "insert into setting (name, value, version, changed_at)
             values (?, ?, ?, ?)
             on conflict (name) do update
             set value = excluded.value,
                 version = excluded.version,
                 changed_at = excluded.changed_at",
                row.name,
                row.value,
                row.version,
                now,
            )
            .execute(&mut *transaction)
            .await?;
            change.write(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

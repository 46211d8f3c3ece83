//! The row of `chosen_model`.

use super::{Change, Store, StoreError};

impl Store {
    /// Name of the file that an administrator switched to.
    pub(crate) async fn chosen_model(&self) -> Result<Option<String>, StoreError> {
        let file = sqlx::query_scalar!("select file from chosen_model")
            .fetch_optional(&self.readers)
            .await?;
        Ok(file)
    }

    /// Remembers the choice for the next start.
    pub(crate) async fn save_chosen_model(
        &self,
        file: &str,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "insert into chosen_model (id, file)
             values (1, ?)
             on conflict (id) do update
             set file = excluded.file",
            file,
        )
        .execute(&mut *transaction)
        .await?;
        change.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

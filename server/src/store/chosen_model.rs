//! The row of `chosen_model`.

use super::{Store, StoreError};

impl Store {
    /// Name of the file that an administrator switched to and that has loaded.
    pub(crate) async fn chosen_model(&self) -> Result<Option<String>, StoreError> {
        let file = sqlx::query_scalar!("select file from chosen_model")
            .fetch_optional(&self.readers)
            .await?;
        Ok(file)
    }

    /// Remembers the choice for the next start.
    pub(crate) async fn save_chosen_model(&self, file: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into chosen_model (id, file)
             values (1, ?)
             on conflict (id) do update
             set file = excluded.file",
            file,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

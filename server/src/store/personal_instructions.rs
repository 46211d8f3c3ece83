//! Rows of `personal_instructions`: what a person wants models to know in every chat.

use hearth_app::model::{PersonalInstructions, UserId};
use sqlx::SqliteConnection;

use super::{Store, StoreError};

impl Store {
    /// What a person wrote; `None`: nothing ever.
    pub(crate) async fn personal_instructions(
        &self,
        user: UserId,
    ) -> Result<Option<PersonalInstructions>, StoreError> {
        let user = user.as_uuid();
        let row = sqlx::query!(
            r#"
            select about, answering, is_on as "is_on: bool"
            from personal_instructions
            where user_id = ?
            "#,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| PersonalInstructions {
            about: row.about,
            answering: row.answering,
            is_on: row.is_on,
        }))
    }

    /// Puts these in the place of what the person had.
    pub(crate) async fn save_personal_instructions(
        &self,
        user: UserId,
        told: &PersonalInstructions,
    ) -> Result<(), StoreError> {
        let user = user.as_uuid();
        // Who is being removed leaves nothing behind that was taken away already.
        sqlx::query!(
            "
            insert into personal_instructions (user_id, about, answering, is_on)
            select id, ?, ?, ?
            from user
            where id = ? and removed_at is null
            on conflict (user_id) do update
            set about = excluded.about, answering = excluded.answering, is_on = excluded.is_on
            ",
            told.about,
            told.answering,
            told.is_on,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

/// Those of a file, unless the person has some: what is there stays.
pub(super) async fn bring_instructions(
    connection: &mut SqliteConnection,
    user: UserId,
    told: &PersonalInstructions,
) -> Result<(), StoreError> {
    let user = user.as_uuid();
    sqlx::query!(
        "
        insert into personal_instructions (user_id, about, answering, is_on)
        values (?, ?, ?, ?)
        on conflict (user_id) do update
        set about = excluded.about, answering = excluded.answering, is_on = excluded.is_on
        where about = '' and answering = ''
        ",
        user,
        told.about,
        told.answering,
        told.is_on,
    )
    .execute(connection)
    .await?;
    Ok(())
}

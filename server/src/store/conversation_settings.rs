//! A conversation's own settings; null columns follow the server's defaults.

use hearth_app::model::{Choices, ConversationId, ConversationSettings, ReasoningEffort, UserId};
use sqlx::SqliteConnection;

use super::{NewTurn, Store, StoreError, conversation::moment_of_use, now_ms};

impl Store {
    /// Own settings of a conversation; `None` if it is missing, hidden or not `user`'s.
    pub(crate) async fn conversation_settings(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Option<ConversationSettings>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query!(
            r#"
            select system_prompt, temperature as "temperature: f32", top_p as "top_p: f32",
                   max_tokens as "max_tokens: u32", reasoning_effort,
                   calculator as "calculator: bool"
            from conversation
            where id = ? and user_id = ? and deleted_at is null
            "#,
            id,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| ConversationSettings {
            system_prompt: row.system_prompt,
            temperature: row.temperature,
            top_p: row.top_p,
            max_tokens: row.max_tokens,
            reasoning_effort: effort(row.reasoning_effort),
            calculator: row.calculator,
        }))
    }

    /// Gives a conversation settings of its own. False: missing or not `user`'s.
    pub(crate) async fn save_conversation_settings(
        &self,
        user: UserId,
        id: ConversationId,
        settings: &ConversationSettings,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let effort = settings.reasoning_effort.map(ReasoningEffort::as_str);
        let done = sqlx::query!(
            "
            update conversation
            set system_prompt = ?, temperature = ?, top_p = ?, max_tokens = ?,
                reasoning_effort = ?, calculator = ?
            where id = ? and user_id = ? and deleted_at is null
            ",
            settings.system_prompt,
            settings.temperature,
            settings.top_p,
            settings.max_tokens,
            effort,
            settings.calculator,
            id,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes a conversation that has settings and no message yet; its first message names it.
    pub(crate) async fn insert_empty_conversation(
        &self,
        user: UserId,
        id: ConversationId,
        settings: &ConversationSettings,
    ) -> Result<(), StoreError> {
        let (user, id, now) = (user.as_uuid(), id.as_uuid(), now_ms());
        let effort = settings.reasoning_effort.map(ReasoningEffort::as_str);
        let mut transaction = self.begin().await?;
        let used = moment_of_use(&mut transaction, user).await?;
        sqlx::query!(
            "
            insert into conversation (
                id, user_id, title, created_at, updated_at,
                system_prompt, temperature, top_p, max_tokens, reasoning_effort, calculator
            )
            values (?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?)
            ",
            id,
            user,
            now,
            used,
            settings.system_prompt,
            settings.temperature,
            settings.top_p,
            settings.max_tokens,
            effort,
            settings.calculator,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// What was chosen beside the box goes into the conversation of its message.
pub(super) async fn keep_choices(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
) -> Result<(), StoreError> {
    let choices = turn.choices;
    if choices == Choices::default() {
        return Ok(());
    }
    let (user, id) = (turn.user.as_uuid(), turn.conversation.as_uuid());
    let effort = choices.effort.map(ReasoningEffort::as_str);
    sqlx::query!(
        "
        update conversation
        set reasoning_effort = coalesce(?, reasoning_effort),
            calculator = coalesce(?, calculator)
        where id = ? and user_id = ? and deleted_at is null
        ",
        effort,
        choices.calculator,
        id,
        user,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The column holds no other words.
pub(super) fn effort(column: Option<String>) -> Option<ReasoningEffort> {
    column.and_then(|word| word.parse().ok())
}

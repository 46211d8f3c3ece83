//! A conversation of one's own that begins as somebody's copy.

use hearth_app::model::{ConversationId, IdempotencyKey, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::super::{
    Store, StoreError, TreeMessage,
    conversation::moment_of_use,
    message::to_word,
    now_ms,
    search_index::{IndexedCopy, index_copies, index_title},
    tool_steps::to_lines,
};

impl Store {
    /// Makes a conversation of these messages, which follow each other. The key stands where ids of
    /// files stand, which is unique for each person: the same press again gives the same
    /// conversation. `None`: that one is deleted by now.
    pub(crate) async fn insert_copied(
        &self,
        user: UserId,
        key: IdempotencyKey,
        title: &str,
        messages: &[TreeMessage],
    ) -> Result<Option<ConversationId>, StoreError> {
        let indexed = IndexedCopy::last_of(messages).await;
        let (owner, key, id, now) = (user.as_uuid(), key.as_uuid(), Uuid::now_v7(), now_ms());
        let leaf = messages.last().map(|message| message.id.as_uuid());
        let mut transaction = self.begin().await?;
        let used = moment_of_use(&mut transaction, owner).await?;
        let made = sqlx::query!(
            "
            insert into conversation (
                id, user_id, title, active_message_id, created_at, updated_at, source_id
            )
            values (?, ?, ?, ?, ?, ?, ?)
            on conflict do nothing
            ",
            id,
            owner,
            title,
            leaf,
            now,
            used,
            key,
        )
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return made_before(&mut transaction, owner, key).await;
        }
        for message in messages {
            insert(&mut transaction, id, message).await?;
        }
        index_title(&mut transaction, id, title).await?;
        index_copies(&mut transaction, &indexed, messages.len()).await?;
        transaction.commit().await?;
        Ok(Some(ConversationId::new(id)))
    }
}

async fn made_before(
    connection: &mut SqliteConnection,
    owner: Uuid,
    key: Uuid,
) -> Result<Option<ConversationId>, StoreError> {
    let id = sqlx::query_scalar!(
        r#"
        select id as "id: Uuid"
        from conversation
        where user_id = ? and source_id = ? and deleted_at is null
        "#,
        owner,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(ConversationId::new))
}

/// What a copy has of a message; the rest is as if nobody knew it.
async fn insert(
    connection: &mut SqliteConnection,
    conversation: Uuid,
    message: &TreeMessage,
) -> Result<(), StoreError> {
    let id = message.id.as_uuid();
    let parent = message.parent_id.map(MessageId::as_uuid);
    let (role, status) = (message.role.as_str(), to_word(message.status));
    let finish_reason = message.finish_reason.map(to_word);
    let reasoning = message.reasoning.as_ref();
    let reasoning_ms = reasoning.map_or(0, |it| it.duration_ms);
    let reasoning = reasoning.map(|it| it.text.as_str());
    let tool_steps = to_lines(&message.steps);
    sqlx::query!(
        "
        insert into message (
            id, conversation_id, parent_id, role, status, text, finish_reason, params, model_name,
            created_at, reasoning, reasoning_ms, tool_steps
        )
        values (?, ?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?, ?)
        ",
        id,
        conversation,
        parent,
        role,
        status,
        message.text,
        finish_reason,
        message.model_name,
        message.created_at,
        reasoning,
        reasoning_ms,
        tool_steps,
    )
    .execute(connection)
    .await?;
    Ok(())
}

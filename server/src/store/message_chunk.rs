//! Rows of `message_chunk`: what the recorder wrote of answers that are still being made.

use hearth_app::model::{MessageId, MessageStatus, ToolStep, TurnError};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    FinishedAnswer, Store, StoreError, TurnTokens, day_of,
    message::{from_blob, to_blob, to_word},
    now_ms,
    tool_steps::{from_lines, to_lines},
    usage,
};

/// A stored token id is a u32.
const TOKEN_ID_BYTES: usize = 4;

/// New text and ids of one running answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// Counts from 1 within a turn.
    pub(crate) seq: i64,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    /// How long the model has thought, what came before this chunk included.
    pub(crate) reasoning_ms: u32,
    pub(crate) steps: Vec<ToolStep>,
    pub(crate) token_ids: Vec<u32>,
}

impl Chunk {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        let has_text = !(self.text.is_empty() && self.reasoning.is_empty());
        !has_text && self.steps.is_empty() && self.token_ids.is_empty()
    }

    /// Forgets what was written.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.reasoning.clear();
        self.steps.clear();
        self.token_ids.clear();
    }
}

impl Store {
    /// Writes new chunks and finished answers, all or nothing, in one transaction.
    pub(crate) async fn record<'a>(
        &self,
        chunks: impl Iterator<Item = (MessageId, &'a Chunk)>,
        finished: &[FinishedAnswer],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (message, chunk) in chunks {
            insert_chunk(&mut transaction, message, chunk).await?;
        }
        for answer in finished {
            answer.write(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Folds the chunks of every unfinished answer into its message and marks it interrupted.
    /// Returns how many there were.
    pub(crate) async fn interrupt_unfinished(&self) -> Result<usize, StoreError> {
        self.close_unfinished(None, MessageStatus::Interrupted, None)
            .await
    }

    /// Does so with one answer and marks it failed by a fault of the server. Nothing happens to
    /// one that has ended.
    pub(crate) async fn end_broken(&self, message: MessageId) -> Result<(), StoreError> {
        let error = Some(TurnError::Broken);
        let closed = self.close_unfinished(Some(message), MessageStatus::Failed, error);
        closed.await.map(drop)
    }

    /// `only` one answer, or all.
    async fn close_unfinished(
        &self,
        only: Option<MessageId>,
        status: MessageStatus,
        error: Option<TurnError>,
    ) -> Result<usize, StoreError> {
        let only = only.map(MessageId::as_uuid);
        let mut transaction = self.begin().await?;
        let unfinished = sqlx::query!(
            r#"
            select id as "id: Uuid", text, reasoning, reasoning_ms, tool_steps, token_ids,
                   prompt_token_ids
            from message
            where status = 'running' and (?1 is null or id = ?1)
            "#,
            only,
        )
        .fetch_all(&mut *transaction)
        .await?;
        for row in &unfinished {
            let ids = row.token_ids.as_deref().unwrap_or_default();
            let mut answer = Chunk {
                seq: 0,
                text: row.text.clone(),
                reasoning: row.reasoning.clone().unwrap_or_default(),
                reasoning_ms: milliseconds(row.reasoning_ms),
                steps: from_lines(&row.tool_steps)?,
                token_ids: from_blob(ids, "token_ids")?,
            };
            fold(&mut transaction, row.id, &mut answer).await?;
            close(&mut transaction, row.id, &answer, (status, error.as_ref())).await?;
            let num_earlier = ids.len() / TOKEN_ID_BYTES;
            if answer.token_ids.len() > num_earlier {
                let prompt = row.prompt_token_ids.as_deref().unwrap_or_default();
                let tokens = TurnTokens {
                    prompt: narrow(prompt.len() / TOKEN_ID_BYTES + num_earlier),
                    completion: narrow(answer.token_ids.len() - num_earlier),
                };
                usage::add(&mut transaction, row.id, tokens, day_of(now_ms())).await?;
            }
        }
        transaction.commit().await?;
        Ok(unfinished.len())
    }
}

fn milliseconds(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

async fn insert_chunk(
    connection: &mut SqliteConnection,
    message: MessageId,
    chunk: &Chunk,
) -> Result<(), StoreError> {
    let message = message.as_uuid();
    let token_ids = to_blob(&chunk.token_ids);
    let tool_steps = to_lines(&chunk.steps);
    // A message that was removed for good must not hold up the others, nor one that was written
    // already by a commit whose answer got lost.
    sqlx::query!(
        "
        insert into message_chunk
            (message_id, seq, text, reasoning, reasoning_ms, tool_steps, token_ids)
        select id, ?, ?, ?, ?, ?, ?
        from message
        where id = ?
        on conflict (message_id, seq) do nothing
        ",
        chunk.seq,
        chunk.text,
        chunk.reasoning,
        chunk.reasoning_ms,
        tool_steps,
        token_ids,
        message,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Appends the chunks of a message to what it holds already.
async fn fold(
    connection: &mut SqliteConnection,
    message: Uuid,
    answer: &mut Chunk,
) -> Result<(), StoreError> {
    let chunks = sqlx::query!(
        "
        select text, reasoning, reasoning_ms, tool_steps, token_ids
        from message_chunk
        where message_id = ?
        order by seq
        ",
        message,
    )
    .fetch_all(connection)
    .await?;
    for chunk in chunks {
        answer.text.push_str(&chunk.text);
        answer.reasoning.push_str(&chunk.reasoning);
        answer.reasoning_ms = answer.reasoning_ms.max(milliseconds(chunk.reasoning_ms));
        answer.steps.extend(from_lines(&chunk.tool_steps)?);
        answer
            .token_ids
            .extend(from_blob(&chunk.token_ids, "token_ids")?);
    }
    Ok(())
}

async fn close(
    connection: &mut SqliteConnection,
    message: Uuid,
    answer: &Chunk,
    (status, error): (MessageStatus, Option<&TurnError>),
) -> Result<(), StoreError> {
    let (status, error) = (to_word(status), error.map(TurnError::to_stored));
    let token_ids = to_blob(&answer.token_ids);
    let tool_steps = to_lines(&answer.steps);
    let completion_tokens = i64::try_from(answer.token_ids.len()).unwrap_or(i64::MAX);
    sqlx::query!(
        "
        update message
        set status = ?,
            error = ?,
            text = ?,
            reasoning = nullif(?, ''),
            reasoning_ms = ?,
            tool_steps = ?,
            token_ids = ?,
            completion_tokens = ?
        where id = ?
        ",
        status,
        error,
        answer.text,
        answer.reasoning,
        answer.reasoning_ms,
        tool_steps,
        token_ids,
        completion_tokens,
        message,
    )
    .execute(&mut *connection)
    .await?;
    delete_chunks(connection, message).await
}

/// Removes the chunks of a message whose text is complete.
pub(super) async fn delete_chunks(
    connection: &mut SqliteConnection,
    message: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!("delete from message_chunk where message_id = ?", message)
        .execute(connection)
        .await?;
    Ok(())
}

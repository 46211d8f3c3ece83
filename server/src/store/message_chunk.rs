//! Rows of `message_chunk`: what the recorder wrote of answers that are still being made.

use hearth_app::model::{MessageId, MessageStatus, ToolStep, TurnError};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    FinishedAnswer, Store, StoreError, TurnTokens,
    message::{from_blob, to_blob, to_word},
    now_ms,
    search_index::index_message,
    tool_steps::{from_lines, to_lines},
    unread::mark_unread,
    usage,
};
use crate::search::IndexText;

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
        let day = self.days.number(now_ms());
        for answer in finished {
            answer.write(&mut transaction, day).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Folds the chunks of every unfinished answer into its message and marks it interrupted, each
    /// in a transaction of its own. Returns how many there were.
    pub(crate) async fn interrupt_unfinished(&self) -> Result<usize, StoreError> {
        let unfinished =
            sqlx::query_scalar!(r#"select id as "id: Uuid" from message where status = 'running'"#)
                .fetch_all(&self.writer)
                .await?;
        for &message in &unfinished {
            match self.interrupt(MessageId::new(message)).await {
                Err(error) if error.is_write_refused() || error.is_busy() => return Err(error),
                Err(error) => {
                    tracing::error!(%message, %error, "an answer stays unfinished: {error}");
                }
                Ok(()) => {}
            }
        }
        Ok(unfinished.len())
    }

    /// Does so with one answer whose task is gone.
    pub(crate) async fn interrupt(&self, message: MessageId) -> Result<(), StoreError> {
        self.close_unfinished(message, MessageStatus::Interrupted, None)
            .await
    }

    /// Does so with one answer and marks it failed by a fault of the server. Nothing happens to
    /// one that has ended.
    pub(crate) async fn end_broken(&self, message: MessageId) -> Result<(), StoreError> {
        let error = Some(TurnError::Broken);
        self.close_unfinished(message, MessageStatus::Failed, error)
            .await
    }

    async fn close_unfinished(
        &self,
        message: MessageId,
        status: MessageStatus,
        error: Option<TurnError>,
    ) -> Result<(), StoreError> {
        let end = (status, error.as_ref());
        let text = self.recorded_text(message).await?;
        let index = IndexText::beside(&text).await;
        let mut transaction = self.begin().await?;
        let day = self.days.number(now_ms());
        match fold_and_close(&mut transaction, message.as_uuid(), end, day).await {
            // One row that says nothing sensible must not keep everybody else from writing. It
            // stays as it is, and ends.
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(message.id = %message, %error, "an answer stays as it is: {error}");
                transaction.rollback().await?;
                self.close_as_it_is(message, end).await
            }
            Err(error) => Err(error),
            Ok(()) => {
                index_message(&mut transaction, message.as_uuid(), &text, &index).await?;
                Ok(transaction.commit().await?)
            }
        }
    }

    /// What an answer says with all that was recorded of it.
    async fn recorded_text(&self, message: MessageId) -> Result<String, StoreError> {
        let message = message.as_uuid();
        let text = sqlx::query_scalar!(
            r#"
            select
                m.text || coalesce(
                    (
                        select group_concat(c.text, '' order by c.seq)
                        from message_chunk c
                        where c.message_id = m.id
                    ),
                    ''
                ) as "text!: String"
            from message m
            where m.id = ?
            "#,
            message,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(text.unwrap_or_default())
    }

    async fn close_as_it_is(
        &self,
        message: MessageId,
        (status, error): (MessageStatus, Option<&TurnError>),
    ) -> Result<(), StoreError> {
        let message = message.as_uuid();
        let (status, error) = (to_word(status), error.map(TurnError::to_stored));
        sqlx::query!(
            "update message set status = ?, error = ? where id = ? and status = 'running'",
            status,
            error,
            message,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

/// Puts a running answer together from what was recorded of it.
async fn fold_and_close(
    connection: &mut SqliteConnection,
    message: Uuid,
    end: (MessageStatus, Option<&TurnError>),
    day: i64,
) -> Result<(), StoreError> {
    let row = sqlx::query!(
        r#"
        select text, reasoning, reasoning_ms, tool_steps, token_ids, prompt_token_ids
        from message
        where id = ? and status = 'running'
        "#,
        message,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let ids = row.token_ids.as_deref().unwrap_or_default();
    let mut answer = Chunk {
        seq: 0,
        text: row.text,
        reasoning: row.reasoning.unwrap_or_default(),
        reasoning_ms: milliseconds(row.reasoning_ms),
        steps: from_lines(&row.tool_steps)?,
        token_ids: from_blob(ids, "token_ids")?,
    };
    fold(connection, message, &mut answer).await?;
    close(connection, message, &answer, end).await?;
    mark_unread(connection, message).await?;
    let num_earlier = ids.len() / TOKEN_ID_BYTES;
    if answer.token_ids.len() > num_earlier {
        let prompt = row.prompt_token_ids.as_deref().unwrap_or_default();
        let tokens = TurnTokens {
            prompt: narrow(prompt.len() / TOKEN_ID_BYTES + num_earlier),
            completion: narrow(answer.token_ids.len() - num_earlier),
        };
        usage::add(connection, message, tokens, day).await?;
    }
    Ok(())
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
    // A message that was removed for good must not hold up the others. A chunk that was written
    // already, by a commit whose answer got lost, has only grown since.
    sqlx::query!(
        "
        insert into message_chunk
            (message_id, seq, text, reasoning, reasoning_ms, tool_steps, token_ids)
        select id, ?, ?, ?, ?, ?, ?
        from message
        where id = ?
        on conflict (message_id, seq) do update
        set text = excluded.text,
            reasoning = excluded.reasoning,
            reasoning_ms = excluded.reasoning_ms,
            tool_steps = excluded.tool_steps,
            token_ids = excluded.token_ids
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

//! The transactions that begin and end a turn.

use hearth_app::model::{
    Choices, ConversationId, FileId, FinishReason, IdempotencyKey, MessageId, MessageStatus,
    Reasoning, ToolStep, TurnError, Usage, UserId,
};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError, TurnTokens,
    attachment::{copy_files, send_files},
    conversation::moment_of_use,
    conversation_settings::keep_choices,
    message::{to_blob, to_word},
    message_chunk::delete_chunks,
    now_ms,
    rating::keep_texts_back,
    search_index::{index_message, index_title},
    tool_steps::to_lines,
    unread::mark_unread,
    usage,
};
use crate::search::IndexText;

/// What every answer is made from.
#[derive(Clone, Debug)]
pub(crate) struct AnswerStart {
    pub(crate) prompt_token_ids: Vec<u32>,
    /// JSON of the turn's settings, seed included.
    pub(crate) params: String,
    pub(crate) model_name: String,
    pub(crate) model_fingerprint: Option<String>,
}

/// A person's message with the answer that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewTurn {
    pub(crate) user: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) is_new_conversation: bool,
    /// For a conversation that has none yet.
    pub(crate) title: String,
    pub(crate) parent: Option<MessageId>,
    /// The question beside which this one stands as another version; `parent` is that one's.
    pub(crate) edits: Option<MessageId>,
    pub(crate) text: String,
    /// On their way until now; those of the edited question come before them.
    pub(crate) files: Vec<FileId>,
    pub(crate) key: IdempotencyKey,
    /// What the conversation wants from now on; nothing else of it changes.
    pub(crate) choices: Choices,
    pub(crate) answer: AnswerStart,
}

/// Ids of a turn that is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InsertedTurn {
    pub(crate) user_message: MessageId,
    pub(crate) assistant_message: MessageId,
    /// The key was used before; these are the first ids.
    pub(crate) is_repeat: bool,
}

/// The end of an answer.
#[derive(Clone, Debug)]
pub(crate) struct FinishedAnswer {
    pub(crate) message: MessageId,
    pub(crate) status: MessageStatus,
    pub(crate) text: String,
    /// What can be found of the text: taken apart before anything is written.
    pub(crate) index: IndexText,
    pub(crate) reasoning: Option<Reasoning>,
    pub(crate) steps: Vec<ToolStep>,
    pub(crate) token_ids: Vec<u32>,
    pub(crate) finish_reason: Option<FinishReason>,
    pub(crate) error: Option<TurnError>,
    pub(crate) usage: Usage,
    pub(crate) decode_ms: u32,
    /// What this turn computed.
    pub(crate) tokens: TurnTokens,
}

impl Store {
    /// Ids that a key of this user stands for.
    pub(crate) async fn turn_by_key(
        &self,
        user: UserId,
        key: IdempotencyKey,
    ) -> Result<Option<InsertedTurn>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        turn_by_key(&mut connection, user, key).await
    }

    /// Inserts a conversation (if new), both messages and the key in one transaction.
    /// `None`: the conversation, the parent, the edited question or a file is missing or not
    /// `user`'s; nothing was written.
    pub(crate) async fn insert_turn(
        &self,
        turn: &NewTurn,
    ) -> Result<Option<InsertedTurn>, StoreError> {
        let index = IndexText::beside(&turn.text).await;
        let mut transaction = self.begin().await?;
        if let Some(first) = turn_by_key(&mut transaction, turn.user, turn.key).await? {
            return Ok(Some(first));
        }
        if turn.is_new_conversation {
            insert_conversation(&mut transaction, turn).await?;
        } else {
            name_conversation(&mut transaction, turn).await?;
        }
        keep_choices(&mut transaction, turn).await?;
        let inserted = InsertedTurn {
            user_message: MessageId::new(Uuid::now_v7()),
            assistant_message: MessageId::new(Uuid::now_v7()),
            is_repeat: false,
        };
        if !insert_user_message(&mut transaction, turn, inserted.user_message).await? {
            return Ok(None);
        }
        let question = inserted.user_message.as_uuid();
        if !insert_files(&mut transaction, turn, question).await? {
            return Ok(None);
        }
        index_message(&mut transaction, question, &turn.text, &index).await?;
        let place = AnswerPlace {
            user: turn.user,
            id: inserted.assistant_message,
            parent: inserted.user_message,
        };
        if !insert_answer(&mut transaction, &place, &turn.answer).await? {
            return Ok(None);
        }
        insert_key(&mut transaction, turn, inserted).await?;
        transaction.commit().await?;
        Ok(Some(inserted))
    }

    /// Inserts another answer to a person's message and shows it. `None`: not there or not yours.
    pub(crate) async fn insert_version(
        &self,
        user: UserId,
        parent: MessageId,
        answer: &AnswerStart,
    ) -> Result<Option<MessageId>, StoreError> {
        let id = MessageId::new(Uuid::now_v7());
        let mut transaction = self.begin().await?;
        let place = AnswerPlace { user, id, parent };
        if !insert_answer(&mut transaction, &place, answer).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(id))
    }

    /// Makes an ended answer a running one again. False: not there, not yours, or running.
    pub(crate) async fn restart_answer(
        &self,
        user: UserId,
        message: MessageId,
        answer: &AnswerStart,
        token_ids: &[u32],
    ) -> Result<bool, StoreError> {
        let (user, message) = (user.as_uuid(), message.as_uuid());
        let (prompt, ids) = (to_blob(&answer.prompt_token_ids), to_blob(token_ids));
        let mut transaction = self.begin().await?;
        let done = sqlx::query!(
            "
            update message
            set status = 'running',
                finish_reason = null,
                error = null,
                params = ?,
                prompt_token_ids = ?,
                token_ids = ?,
                model_name = ?,
                model_fingerprint = ?
            where id = ?
                and role = 'assistant'
                and status != 'running'
                and conversation_id in (
                    select id
                    from conversation
                    where user_id = ? and deleted_at is null
                )
            ",
            answer.params,
            prompt,
            ids,
            answer.model_name,
            answer.model_fingerprint,
            message,
            user,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        keep_texts_back(&mut transaction, message).await?;
        // It is used, as by a new message: other tabs see that there is more to read, and what is
        // used is not put away.
        let used = moment_of_use(&mut transaction, user).await?;
        sqlx::query!(
            "
            update conversation
            set updated_at = ?, archived_at = null
            where user_id = ? and id = (select conversation_id from message where id = ?)
            ",
            used,
            user,
            message,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl FinishedAnswer {
    /// Writes the whole answer and removes its chunks; what it cost is of this day.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        day: i64,
    ) -> Result<(), StoreError> {
        let message = self.message.as_uuid();
        let status = to_word(self.status);
        let finish_reason = self.finish_reason.map(to_word);
        let token_ids = to_blob(&self.token_ids);
        let error = self.error.as_ref().map(TurnError::to_stored);
        let tool_steps = to_lines(&self.steps);
        let reasoning = self.reasoning.as_ref();
        let reasoning_ms = reasoning.map_or(0, |it| it.duration_ms);
        let reasoning = reasoning.map(|it| it.text.as_str());
        sqlx::query!(
            "
            update message
            set status = ?,
                text = ?,
                reasoning = ?,
                reasoning_ms = ?,
                tool_steps = ?,
                token_ids = ?,
                finish_reason = ?,
                error = ?,
                prompt_tokens = ?,
                completion_tokens = ?,
                time_to_first_token_ms = ?,
                decode_ms = ?
            where id = ?
            ",
            status,
            self.text,
            reasoning,
            reasoning_ms,
            tool_steps,
            token_ids,
            finish_reason,
            error,
            self.usage.prompt_tokens,
            self.usage.completion_tokens,
            self.usage.time_to_first_token_ms,
            self.decode_ms,
            message,
        )
        .execute(&mut *connection)
        .await?;
        index_message(connection, message, &self.text, &self.index).await?;
        usage::add(connection, message, self.tokens, day).await?;
        mark_unread(connection, message).await?;
        delete_chunks(connection, message).await
    }
}

/// The files of a question: those of the one that it is another version of, and new ones. False:
/// one of them is not there any more.
async fn insert_files(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
    question: Uuid,
) -> Result<bool, StoreError> {
    let user = turn.user.as_uuid();
    if let Some(edited) = turn.edits {
        copy_files(connection, user, (edited.as_uuid(), question)).await?;
    }
    send_files(connection, (user, question), &turn.files).await
}

/// Where an answer goes in the tree.
struct AnswerPlace {
    user: UserId,
    id: MessageId,
    parent: MessageId,
}

async fn turn_by_key(
    connection: &mut SqliteConnection,
    user: UserId,
    key: IdempotencyKey,
) -> Result<Option<InsertedTurn>, StoreError> {
    let (user, key) = (user.as_uuid(), key.as_uuid());
    let row = sqlx::query!(
        r#"
        select
            user_message_id as "user_message_id: Uuid",
            assistant_message_id as "assistant_message_id: Uuid"
        from idempotency_key
        where user_id = ? and key = ?
        "#,
        user,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| InsertedTurn {
        user_message: MessageId::new(row.user_message_id),
        assistant_message: MessageId::new(row.assistant_message_id),
        is_repeat: true,
    }))
}

async fn insert_conversation(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
) -> Result<(), StoreError> {
    let (user, id, now) = (turn.user.as_uuid(), turn.conversation.as_uuid(), now_ms());
    let used = moment_of_use(connection, user).await?;
    sqlx::query!(
        "
        insert into conversation (id, user_id, title, created_at, updated_at, awaits_title)
        values (?, ?, ?, ?, ?, 1)
        ",
        id,
        user,
        turn.title,
        now,
        used,
    )
    .execute(&mut *connection)
    .await?;
    index_title(connection, id, &turn.title).await
}

/// The first message names a conversation that was made without one.
async fn name_conversation(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
) -> Result<(), StoreError> {
    let (user, id) = (turn.user.as_uuid(), turn.conversation.as_uuid());
    let named = sqlx::query!(
        "
        update conversation
        set title = ?, awaits_title = 1
        where id = ? and user_id = ? and title = ''
        ",
        turn.title,
        id,
        user,
    )
    .execute(&mut *connection)
    .await?;
    if named.rows_affected() > 0 {
        index_title(connection, id, &turn.title).await?;
    }
    Ok(())
}

/// Inserts the question of a turn, beside the one that it is a version of, if it is one: nothing of
/// that changes. False: what it follows, or stands beside, is not there.
async fn insert_user_message(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
    id: MessageId,
) -> Result<bool, StoreError> {
    let (user, conversation) = (turn.user.as_uuid(), turn.conversation.as_uuid());
    let (id, parent, now) = (id.as_uuid(), turn.parent.map(MessageId::as_uuid), now_ms());
    let edited = turn.edits.map(MessageId::as_uuid);
    let done = sqlx::query!(
        "
        insert into message (id, conversation_id, parent_id, role, status, text, params, created_at)
        select ?1, c.id, ?2, 'user', 'finished', ?3, '{}', ?4
        from conversation c
        where c.id = ?5
            and c.user_id = ?6
            and c.deleted_at is null
            and (
                ?2 is null
                or exists (select 1 from message m where m.id = ?2 and m.conversation_id = c.id)
            )
            and (
                ?7 is null
                or exists (
                    select 1
                    from message q
                    where q.id = ?7
                        and q.conversation_id = c.id
                        and q.role = 'user'
                        and q.parent_id is ?2
                )
            )
        ",
        id,
        parent,
        turn.text,
        now,
        conversation,
        user,
        edited,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn insert_answer(
    connection: &mut SqliteConnection,
    place: &AnswerPlace,
    answer: &AnswerStart,
) -> Result<bool, StoreError> {
    let (user, id, parent) = (
        place.user.as_uuid(),
        place.id.as_uuid(),
        place.parent.as_uuid(),
    );
    let (prompt, now) = (to_blob(&answer.prompt_token_ids), now_ms());
    let done = sqlx::query!(
        "
        insert into message (
            id, conversation_id, parent_id, role, status, text,
            params, prompt_token_ids, model_name, model_fingerprint, created_at
        )
        select ?, c.id, m.id, 'assistant', 'running', '', ?, ?, ?, ?, ?
        from message m
        join conversation c on c.id = m.conversation_id
        where m.id = ? and m.role = 'user' and c.user_id = ? and c.deleted_at is null
        ",
        id,
        answer.params,
        prompt,
        answer.model_name,
        answer.model_fingerprint,
        now,
        parent,
        user,
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let used = moment_of_use(connection, user).await?;
    sqlx::query!(
        "
        update conversation
        set active_message_id = ?, updated_at = ?, archived_at = null
        where user_id = ? and id = (select conversation_id from message where id = ?)
        ",
        id,
        used,
        user,
        id,
    )
    .execute(connection)
    .await?;
    Ok(true)
}

async fn insert_key(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
    inserted: InsertedTurn,
) -> Result<(), StoreError> {
    let (user, key, now) = (turn.user.as_uuid(), turn.key.as_uuid(), now_ms());
    let user_message = inserted.user_message.as_uuid();
    let assistant_message = inserted.assistant_message.as_uuid();
    sqlx::query!(
        "
        insert into idempotency_key (
            user_id, key, user_message_id, assistant_message_id, created_at
        )
        values (?, ?, ?, ?, ?)
        ",
        user,
        key,
        user_message,
        assistant_message,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

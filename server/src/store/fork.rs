//! A conversation that begins as a copy of a branch, or of nothing but another one's settings.
//!
//! The texts stay in the database: what is read before is ids, and two statements copy everything
//! in one transaction.

use hearth_app::model::{ConversationId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError,
    attachment::copy_files_of,
    conversation::moment_of_use,
    now_ms,
    search_index::{index_copies, index_title},
};

/// What became of a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forked {
    Made(ConversationId),
    /// The conversation or the message is not there, or not yours.
    NotThere,
    /// An answer of the branch is being written.
    Unfinished,
}

/// A copy that is about to be made.
struct Fork<'a> {
    user: Uuid,
    /// Whose settings it has.
    origin: Uuid,
    title: &'a str,
    id: Uuid,
    /// The copy of the last message.
    leaf: Option<Uuid>,
    /// JSON: of each message its id, that of its copy and that of the copy of its parent.
    copies: String,
    num_messages: usize,
}

impl Store {
    /// Copies a conversation as it is up to this message of it, with its settings and its folder;
    /// `None`: those alone. Nothing is counted as computed once more.
    pub(crate) async fn fork(
        &self,
        user: UserId,
        origin: ConversationId,
        last: Option<MessageId>,
        title: &str,
    ) -> Result<Forked, StoreError> {
        let user = user.as_uuid();
        let ids = match last {
            Some(last) => self.finished_branch(user, last).await?,
            None => Some(Vec::new()),
        };
        let Some(ids) = ids else {
            return Ok(Forked::Unfinished);
        };
        if last.is_some() && ids.is_empty() {
            return Ok(Forked::NotThere);
        }
        let num_messages = ids.len();
        let (copies, leaf) = copies(ids.into_iter());
        let fork = Fork {
            user,
            origin: origin.as_uuid(),
            title,
            id: Uuid::now_v7(),
            leaf,
            copies,
            num_messages,
        };
        let indexed = self.take_copies_apart(&fork.copies).await?;
        let mut transaction = self.begin().await?;
        let is_whole = fork.insert_conversation(&mut transaction).await?
            && fork.insert_messages(&mut transaction).await?;
        if !is_whole {
            return Ok(Forked::NotThere);
        }
        copy_files_of(&mut transaction, user, &fork.copies).await?;
        index_title(&mut transaction, fork.id, title).await?;
        index_copies(&mut transaction, &indexed, fork.num_messages).await?;
        transaction.commit().await?;
        Ok(Forked::Made(ConversationId::new(fork.id)))
    }

    /// Ids of a message and of all before it, oldest first; none if it is not `user`'s. `None`: an
    /// answer among them is being written.
    async fn finished_branch(
        &self,
        user: Uuid,
        last: MessageId,
    ) -> Result<Option<Vec<Uuid>>, StoreError> {
        let last = last.as_uuid();
        let rows = sqlx::query!(
            r#"
            with recursive branch (id, parent_id, status, depth) as (
                select m.id, m.parent_id, m.status, 0
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
                union all
                select m.id, m.parent_id, m.status, b.depth + 1
                from branch b
                join message m on m.id = b.parent_id
            )
            select id as "id!: Uuid", status = 'running' as "is_running!: bool"
            from branch
            order by depth desc
            "#,
            last,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let is_finished = rows.iter().all(|row| !row.is_running);
        Ok(is_finished.then(|| rows.into_iter().map(|row| row.id).collect()))
    }
}

/// Ids for the copies of these messages, oldest first, and that of the last one.
fn copies(ids: impl Iterator<Item = Uuid>) -> (String, Option<Uuid>) {
    let hexadecimal = |id: Uuid| id.simple().to_string();
    let mut last = None;
    let copies: Vec<_> = ids
        .map(|id| {
            let parent = last.replace(Uuid::now_v7());
            let copy = last.map(hexadecimal);
            (hexadecimal(id), copy, parent.map(hexadecimal))
        })
        .collect();
    let copies = serde_json::to_string(&copies);
    (copies.expect("invariant: texts are plain JSON"), last)
}

impl Fork<'_> {
    /// The conversation, with what the first one wants. False: that is gone.
    async fn insert_conversation(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<bool, StoreError> {
        let used = moment_of_use(connection, self.user).await?;
        let now = now_ms();
        let done = sqlx::query!(
            "
            insert into conversation (
                id, user_id, title, active_message_id, created_at, updated_at,
                system_prompt, temperature, top_p, max_tokens, reasoning_effort, calculator,
                folder_id
            )
            select
                ?, c.user_id, ?, ?, ?, ?,
                c.system_prompt, c.temperature, c.top_p, c.max_tokens, c.reasoning_effort,
                c.calculator, c.folder_id
            from conversation c
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            ",
            self.id,
            self.title,
            self.leaf,
            now,
            used,
            self.origin,
            self.user,
        )
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The messages with all that the same model needs to go on: of answers that are complete the
    /// ids of the prompt, the longest part of a row, are needed no more. False: since the ids were
    /// read, one was removed or goes on.
    async fn insert_messages(&self, connection: &mut SqliteConnection) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "
            insert into message (
                id, conversation_id, parent_id, role, status, text, finish_reason, error, params,
                prompt_token_ids, token_ids, model_name, model_fingerprint,
                prompt_tokens, completion_tokens, time_to_first_token_ms, decode_ms, created_at,
                reasoning, reasoning_ms, tool_steps
            )
            select
                unhex(k.value ->> 1), ?, unhex(k.value ->> 2),
                m.role, m.status, m.text, m.finish_reason, m.error, m.params,
                case
                    when m.status = 'finished' and m.finish_reason is not 'length' then null
                    else m.prompt_token_ids
                end,
                m.token_ids, m.model_name, m.model_fingerprint,
                m.prompt_tokens, m.completion_tokens, m.time_to_first_token_ms, m.decode_ms,
                m.created_at, m.reasoning, m.reasoning_ms, m.tool_steps
            from json_each(?) k
            join message m on m.id = unhex(k.value ->> 0)
            join conversation c on c.id = m.conversation_id
            where c.user_id = ? and c.deleted_at is null and m.status != 'running'
            order by k.key
            ",
            self.id,
            self.copies,
            self.user,
        )
        .execute(connection)
        .await?;
        Ok(done.rows_affected() == self.num_messages as u64)
    }
}

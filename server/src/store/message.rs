//! Rows of `message`: a tree per conversation, read as branches.

use std::collections::HashMap;

use hearth_app::model::{
    ConversationId, FinishReason, MessageId, MessageStatus, Reasoning, Role, Thumb, ToolStep,
    TurnError, TurnParams, Usage, UserId,
};
use sqlx::types::Uuid;

use super::{Store, StoreError, tool_steps::from_lines};

/// A message as it is stored; text of a running one includes what the recorder wrote.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub(crate) id: MessageId,
    pub(crate) conversation: ConversationId,
    pub(crate) parent_id: Option<MessageId>,
    pub(crate) role: Role,
    pub(crate) status: MessageStatus,
    pub(crate) text: String,
    pub(crate) reasoning: Option<Reasoning>,
    pub(crate) steps: Vec<ToolStep>,
    pub(crate) finish_reason: Option<FinishReason>,
    pub(crate) error: Option<TurnError>,
    pub(crate) params: TurnParams,
    pub(crate) model_name: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) decode_ms: u32,
    /// What its person says of it.
    pub(crate) rating: Option<Thumb>,
    pub(crate) created_at: i64,
}

struct MessageRow {
    id: Uuid,
    conversation_id: Uuid,
    parent_id: Option<Uuid>,
    role: String,
    status: String,
    text: String,
    reasoning: Option<String>,
    reasoning_ms: i64,
    tool_steps: String,
    finish_reason: Option<String>,
    error: Option<String>,
    params: String,
    model_name: Option<String>,
    prompt_tokens: i64,
    completion_tokens: i64,
    time_to_first_token_ms: i64,
    decode_ms: i64,
    thumb: Option<String>,
    created_at: i64,
}

impl MessageRow {
    fn into_message(self) -> Result<StoredMessage, StoreError> {
        let decode_ms = u32::try_from(self.decode_ms).unwrap_or(u32::MAX);
        let completion_tokens = u32::try_from(self.completion_tokens).unwrap_or(u32::MAX);
        Ok(StoredMessage {
            id: MessageId::new(self.id),
            conversation: ConversationId::new(self.conversation_id),
            parent_id: self.parent_id.map(MessageId::new),
            role: word(&self.role, "role")?,
            status: word(&self.status, "status")?,
            text: self.text,
            reasoning: self.reasoning.map(|text| Reasoning {
                text,
                duration_ms: u32::try_from(self.reasoning_ms).unwrap_or(u32::MAX),
            }),
            steps: from_lines(&self.tool_steps)?,
            finish_reason: self
                .finish_reason
                .map(|reason| word(&reason, "finish_reason"))
                .transpose()?,
            error: self.error.map(TurnError::from_stored),
            params: serde_json::from_str(&self.params)
                .map_err(|_| StoreError::Corrupt { column: "params" })?,
            model_name: self.model_name,
            usage: Usage {
                prompt_tokens: u32::try_from(self.prompt_tokens).unwrap_or(u32::MAX),
                completion_tokens,
                time_to_first_token_ms: u32::try_from(self.time_to_first_token_ms)
                    .unwrap_or(u32::MAX),
                tokens_per_second: tokens_per_second(completion_tokens, decode_ms),
            },
            decode_ms,
            rating: self.thumb.map(|it| word(&it, "thumb")).transpose()?,
            created_at: self.created_at,
        })
    }
}

/// How much of the end of a branch is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) num_messages: u32,
    /// The message that reaches this many bytes of text is the last one that is read.
    pub(crate) num_bytes: i64,
}

impl Window {
    /// Everything.
    const ALL: Self = Self {
        num_messages: u32::MAX,
        num_bytes: i64::MAX,
    };
}

/// Decode speed, from the first token to the last; 0 if there was only one.
pub(crate) fn tokens_per_second(completion_tokens: u32, decode_ms: u32) -> f32 {
    if completion_tokens < 2 || decode_ms == 0 {
        return 0.0;
    }
    let rate = f64::from(completion_tokens - 1) * 1000.0 / f64::from(decode_ms);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a rate for people needs no f64"
    )]
    let rate = rate as f32;
    rate
}

/// Reads one of the words that stand in checked columns.
pub(super) fn word<T: serde::de::DeserializeOwned>(
    text: &str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_value(text.into()).map_err(|_| StoreError::Corrupt { column })
}

/// The word of a status or finish reason in its column.
pub(super) fn to_word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("invariant: a unit variant is a word, not {other:?}"),
    }
}

/// Token ids as little-endian u32.
pub(super) fn to_blob(ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_le_bytes()).collect()
}

pub(super) fn from_blob(blob: &[u8], column: &'static str) -> Result<Vec<u32>, StoreError> {
    let (ids, []) = blob.as_chunks::<4>() else {
        return Err(StoreError::Corrupt { column });
    };
    Ok(ids.iter().map(|&id| u32::from_le_bytes(id)).collect())
}

impl Store {
    /// Messages from the root to this one, oldest first; empty if it is not there or not yours.
    pub(crate) async fn branch(
        &self,
        user: UserId,
        leaf: MessageId,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        self.branch_end(user, leaf, Window::ALL).await
    }

    /// One message; `None` if it is not there or not yours.
    pub(crate) async fn message(
        &self,
        user: UserId,
        id: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let window = Window {
            num_messages: 1,
            ..Window::ALL
        };
        Ok(self.branch_end(user, id, window).await?.pop())
    }

    /// The message before this one, which is a message of that conversation. `None`: there is none.
    pub(crate) async fn message_before(
        &self,
        user: UserId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        let (user, conversation, id) = (user.as_uuid(), conversation.as_uuid(), id.as_uuid());
        let parent = sqlx::query_scalar!(
            r#"
            select m.parent_id as "parent_id: Uuid"
            from message m
            join conversation c on c.id = m.conversation_id
            where m.id = ? and c.id = ? and c.user_id = ? and c.deleted_at is null
            "#,
            id,
            conversation,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(parent.flatten().map(MessageId::new))
    }

    /// The message at most `steps` further down the branch that ends in `leaf`; `None` if this one
    /// is not in the branch, or not `user`'s.
    pub(crate) async fn message_below(
        &self,
        user: UserId,
        leaf: MessageId,
        id: MessageId,
        steps: u32,
    ) -> Result<Option<MessageId>, StoreError> {
        let (user, leaf, id) = (user.as_uuid(), leaf.as_uuid(), id.as_uuid());
        let below = sqlx::query_scalar!(
            r#"
            with recursive branch (id, depth) as (
                select m.id, 0
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ?1 and c.user_id = ?2 and c.deleted_at is null
                union all
                select m.parent_id, b.depth + 1
                from branch b
                join message m on m.id = b.id
                where m.parent_id is not null
            )
            select id as "id!: Uuid"
            from branch
            where depth >= (select depth from branch where id = ?3) - ?4
            order by depth
            limit 1
            "#,
            leaf,
            user,
            id,
            steps,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(below.map(MessageId::new))
    }

    /// The last messages of the branch that ends in `leaf`, oldest first, as far as the window
    /// reaches, and at least the leaf. Reads no row of an earlier one. Empty if the leaf is not
    /// there or not yours.
    pub(crate) async fn branch_end(
        &self,
        user: UserId,
        leaf: MessageId,
        window: Window,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        let rows = sqlx::query_as!(
            MessageRow,
            r#"
            with recursive branch (id, depth, later_bytes) as (
                select m.id, 0, 0
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
                union all
                select m.parent_id, b.depth + 1, b.later_bytes + octet_length(m.text)
                    + octet_length(coalesce(m.reasoning, '')) + octet_length(m.tool_steps)
                from branch b
                join message m on m.id = b.id
                where m.parent_id is not null and b.later_bytes < ?
                limit ?
            )
            select
                m.id as "id!: Uuid",
                m.conversation_id as "conversation_id!: Uuid",
                m.parent_id as "parent_id: Uuid",
                m.role as "role!", m.status as "status!",
                m.text || coalesce((
                    select group_concat(c.text, '' order by c.seq)
                    from message_chunk c
                    where c.message_id = m.id
                ), '') as "text!: String",
                nullif(coalesce(m.reasoning, '') || coalesce((
                    select group_concat(c.reasoning, '' order by c.seq)
                    from message_chunk c
                    where c.message_id = m.id
                ), ''), '') as "reasoning: String",
                m.reasoning_ms as "reasoning_ms!",
                m.tool_steps || coalesce((
                    select group_concat(c.tool_steps, '' order by c.seq)
                    from message_chunk c
                    where c.message_id = m.id
                ), '') as "tool_steps!: String",
                m.finish_reason, m.error, m.params as "params!", m.model_name,
                m.prompt_tokens as "prompt_tokens!", m.completion_tokens as "completion_tokens!",
                m.time_to_first_token_ms as "time_to_first_token_ms!",
                m.decode_ms as "decode_ms!", r.thumb as "thumb?: String",
                m.created_at as "created_at!"
            from branch b
            join message m on m.id = b.id
            left join rating r on r.message_id = m.id
            where b.later_bytes < ?
            order by b.depth desc
            "#,
            leaf,
            user,
            window.num_bytes,
            window.num_messages,
            window.num_bytes,
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(MessageRow::into_message).collect()
    }

    /// The versions of each of the last messages of a branch, by their parent, in the order in
    /// which they were written. Reads siblings of these messages and no others.
    pub(crate) async fn versions(
        &self,
        user: UserId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<HashMap<Option<MessageId>, Vec<MessageId>>, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        // A row's number, not its id: ids follow a clock that may be set back.
        let rows = sqlx::query!(
            r#"
            with recursive branch (conversation_id, parent_id) as (
                select m.conversation_id, m.parent_id
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
                union all
                select m.conversation_id, m.parent_id
                from branch b
                join message m on m.id = b.parent_id
                limit ?
            )
            select s.id as "id!: Uuid", s.parent_id as "parent_id: Uuid"
            from branch b
            join message s
                on s.conversation_id = b.conversation_id and s.parent_id is b.parent_id
            order by s.rowid
            "#,
            leaf,
            user,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut versions: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let siblings = versions
                .entry(row.parent_id.map(MessageId::new))
                .or_default();
            siblings.push(MessageId::new(row.id));
        }
        Ok(versions)
    }
}

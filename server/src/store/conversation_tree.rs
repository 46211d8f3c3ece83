//! Whole conversations, all branches, for exports; and ids by the page, for all of them.

use hearth_app::model::{
    ConversationId, ConversationSettings, FinishReason, FolderId, MessageId, MessageStatus,
    Reasoning, Role, ToolStep, UserId,
};
use serde_json::{Map, Value};
use sqlx::types::Uuid;

use super::{
    KeptRating, Store, StoreError, StoredShare, TreeFile, conversation_settings::effort,
    message::word, tool_steps::from_lines,
};

/// A conversation with all its messages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredTree {
    pub(crate) id: ConversationId,
    pub(crate) title: String,
    pub(crate) active_message: Option<MessageId>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) settings: ConversationSettings,
    pub(crate) place: TreePlace,
    /// As they were written: a parent stands before its children.
    pub(crate) messages: Vec<TreeMessage>,
    /// Copies of it that its person shares, in order of their ids; only archives of everything have
    /// them.
    pub(crate) shares: Vec<StoredShare>,
}

/// Where a person put a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TreePlace {
    /// Name of its folder.
    pub(crate) folder: Option<String>,
    /// Since when it stands at the top of the list, milliseconds UTC.
    pub(crate) pinned_at: Option<i64>,
    /// Since when it is in the archive, milliseconds UTC.
    pub(crate) archived_at: Option<i64>,
}

impl StoredTree {
    /// Only what people wrote and models answered.
    pub(crate) fn leave_out_reasoning(&mut self) {
        for message in &mut self.messages {
            message.reasoning = None;
            message.steps.clear();
        }
    }
}

/// A message of a [`StoredTree`]; text of a running one includes what the recorder wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeMessage {
    pub(crate) id: MessageId,
    pub(crate) parent_id: Option<MessageId>,
    pub(crate) role: Role,
    pub(crate) status: MessageStatus,
    pub(crate) text: String,
    /// Of a person's message.
    pub(crate) files: Vec<TreeFile>,
    pub(crate) reasoning: Option<Reasoning>,
    pub(crate) steps: Vec<ToolStep>,
    pub(crate) finish_reason: Option<FinishReason>,
    pub(crate) error: Option<String>,
    /// The turn's settings, as they were written.
    pub(crate) params: Map<String, Value>,
    pub(crate) model_name: Option<String>,
    pub(crate) model_fingerprint: Option<String>,
    pub(crate) prompt_tokens: u32,
    pub(crate) completion_tokens: u32,
    pub(crate) time_to_first_token_ms: u32,
    pub(crate) decode_ms: u32,
    pub(crate) rating: Option<KeptRating>,
    pub(crate) created_at: i64,
}

/// A conversation beside one of its messages; an empty conversation has a row without one.
struct TreeRow {
    title: String,
    active_message_id: Option<Uuid>,
    conversation_created_at: i64,
    updated_at: i64,
    system_prompt: Option<String>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    max_tokens: Option<u32>,
    reasoning_effort: Option<String>,
    calculator: Option<bool>,
    folder: Option<String>,
    pinned_at: Option<i64>,
    archived_at: Option<i64>,
    id: Option<Uuid>,
    parent_id: Option<Uuid>,
    role: Option<String>,
    status: Option<String>,
    text: Option<String>,
    reasoning: Option<String>,
    reasoning_ms: Option<i64>,
    tool_steps: Option<String>,
    finish_reason: Option<String>,
    error: Option<String>,
    params: Option<String>,
    model_name: Option<String>,
    model_fingerprint: Option<String>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    time_to_first_token_ms: Option<i64>,
    decode_ms: Option<i64>,
    thumb: Option<String>,
    reason: Option<String>,
    comment: Option<String>,
    rated_at: Option<i64>,
    created_at: Option<i64>,
}

impl TreeRow {
    fn into_message(self) -> Result<Option<TreeMessage>, StoreError> {
        let Some(id) = self.id else { return Ok(None) };
        let rating = self.rating()?;
        let finish_reason = self.finish_reason;
        let finish_reason = finish_reason.map(|reason| word(&reason, "finish_reason"));
        let params = serde_json::from_str(&self.params.unwrap_or_default());
        Ok(Some(TreeMessage {
            id: MessageId::new(id),
            parent_id: self.parent_id.map(MessageId::new),
            role: word(&self.role.unwrap_or_default(), "role")?,
            status: word(&self.status.unwrap_or_default(), "status")?,
            text: self.text.unwrap_or_default(),
            files: Vec::new(),
            reasoning: self.reasoning.map(|text| Reasoning {
                text,
                duration_ms: number(self.reasoning_ms),
            }),
            steps: from_lines(&self.tool_steps.unwrap_or_default())?,
            finish_reason: finish_reason.transpose()?,
            error: self.error,
            params: params.map_err(|_| StoreError::Corrupt { column: "params" })?,
            model_name: self.model_name,
            model_fingerprint: self.model_fingerprint,
            prompt_tokens: number(self.prompt_tokens),
            completion_tokens: number(self.completion_tokens),
            time_to_first_token_ms: number(self.time_to_first_token_ms),
            decode_ms: number(self.decode_ms),
            rating,
            created_at: self.created_at.unwrap_or_default(),
        }))
    }

    fn rating(&self) -> Result<Option<KeptRating>, StoreError> {
        let Some(thumb) = &self.thumb else {
            return Ok(None);
        };
        let reason = self.reason.as_ref();
        Ok(Some(KeptRating {
            thumb: word(thumb, "thumb")?,
            reason: reason.map(|it| word(it, "reason")).transpose()?,
            comment: self.comment.clone().unwrap_or_default(),
            rated_at: self.rated_at.unwrap_or_default(),
        }))
    }
}

/// A count or a time; more than a `u32` holds was never measured.
fn number(stored: Option<i64>) -> u32 {
    u32::try_from(stored.unwrap_or_default()).unwrap_or(u32::MAX)
}

impl Store {
    /// A conversation with all its branches, as of one moment; `None` if it is missing, hidden or
    /// not `user`'s.
    #[expect(clippy::too_many_lines, reason = "one statement")]
    pub(crate) async fn conversation_tree(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Option<StoredTree>, StoreError> {
        let (owner, conversation) = (user.as_uuid(), id.as_uuid());
        let rows = sqlx::query_as!(
            TreeRow,
            r#"
            select
                c.title,
                c.active_message_id as "active_message_id: Uuid",
                c.created_at as conversation_created_at,
                c.updated_at,
                c.system_prompt,
                c.temperature as "temperature: f32",
                c.top_p as "top_p: f32",
                c.max_tokens as "max_tokens: u32",
                c.reasoning_effort,
                c.calculator as "calculator: bool",
                f.name as "folder?",
                c.pinned_at,
                c.archived_at,
                m.id as "id?: Uuid",
                m.parent_id as "parent_id?: Uuid",
                m.role as "role?",
                m.status as "status?",
                m.text || coalesce((
                    select group_concat(k.text, '' order by k.seq)
                    from message_chunk k
                    where k.message_id = m.id
                ), '') as "text?: String",
                nullif(coalesce(m.reasoning, '') || coalesce((
                    select group_concat(k.reasoning, '' order by k.seq)
                    from message_chunk k
                    where k.message_id = m.id
                ), ''), '') as "reasoning?: String",
                m.reasoning_ms as "reasoning_ms?",
                m.tool_steps || coalesce((
                    select group_concat(k.tool_steps, '' order by k.seq)
                    from message_chunk k
                    where k.message_id = m.id
                ), '') as "tool_steps?: String",
                m.finish_reason,
                m.error,
                m.params as "params?",
                m.model_name,
                m.model_fingerprint,
                m.prompt_tokens as "prompt_tokens?",
                m.completion_tokens as "completion_tokens?",
                m.time_to_first_token_ms as "time_to_first_token_ms?",
                m.decode_ms as "decode_ms?",
                r.thumb as "thumb?",
                r.reason,
                r.comment as "comment?",
                r.rated_at as "rated_at?",
                m.created_at as "created_at?"
            from conversation c
            left join folder f on f.id = c.folder_id
            left join message m on m.conversation_id = c.id
            left join rating r on r.message_id = m.id
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            order by m.rowid
            "#,
            conversation,
            owner,
        )
        .fetch_all(&self.readers)
        .await?;
        let Some(mut tree) = into_tree(id, rows).transpose()? else {
            return Ok(None);
        };
        self.add_files((user, id), &mut tree.messages).await?;
        Ok(Some(tree))
    }

    /// Ids of a user's conversations in order, from the one after `after`, at most `limit`.
    pub(crate) async fn conversation_page(
        &self,
        user: UserId,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let user = user.as_uuid();
        let after = after.map_or(Uuid::nil(), ConversationId::as_uuid);
        let ids = sqlx::query_scalar!(
            r#"
            select id as "id: Uuid"
            from conversation
            where user_id = ? and deleted_at is null and id > ?
            order by id
            limit ?
            "#,
            user,
            after,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(ConversationId::new).collect())
    }

    /// The same of those in a folder, also of those at the top of the list and in the archive.
    pub(crate) async fn folder_page(
        &self,
        user: UserId,
        folder: FolderId,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let (user, folder) = (user.as_uuid(), folder.as_uuid());
        let after = after.map_or(Uuid::nil(), ConversationId::as_uuid);
        let ids = sqlx::query_scalar!(
            r#"
            select id as "id: Uuid"
            from conversation
            where user_id = ? and folder_id = ? and deleted_at is null and id > ?
            order by id
            limit ?
            "#,
            user,
            folder,
            after,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(ConversationId::new).collect())
    }
}

/// The rows of one conversation; `None` if there are none.
fn into_tree(id: ConversationId, rows: Vec<TreeRow>) -> Option<Result<StoredTree, StoreError>> {
    let first = rows.first()?;
    let mut tree = StoredTree {
        id,
        title: first.title.clone(),
        active_message: first.active_message_id.map(MessageId::new),
        created_at: first.conversation_created_at,
        updated_at: first.updated_at,
        settings: ConversationSettings {
            system_prompt: first.system_prompt.clone(),
            temperature: first.temperature,
            top_p: first.top_p,
            max_tokens: first.max_tokens,
            reasoning_effort: effort(first.reasoning_effort.clone()),
            calculator: first.calculator,
        },
        place: TreePlace {
            folder: first.folder.clone(),
            pinned_at: first.pinned_at,
            archived_at: first.archived_at,
        },
        messages: Vec::with_capacity(rows.len()),
        shares: Vec::new(),
    };
    for row in rows {
        match row.into_message() {
            Ok(message) => tree.messages.extend(message),
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(tree))
}

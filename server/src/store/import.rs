//! Conversations that come in: merged with what is there, message by message.
//!
//! An id is kept if it is free or already this user's. If somebody else's row has it, a new id is
//! made and the old one noted as `source_id`, so that the next import finds it again. Nothing is
//! asked of the order of ids: rows keep the order of the file, where parents stand first.
//!
//! Rows that exist are never changed, but for two things: a hidden conversation is shown again,
//! and the branch of the newer side is the one that is shown.

use std::collections::HashMap;

use hearth_app::model::{ConversationId, ImportCounts, MessageId, ReasoningEffort, UserId};
use serde_json::Value;
use sqlx::{Sqlite, SqliteConnection, Transaction, types::Uuid};

use super::{Store, StoreError, StoredTree, TreeMessage, message::to_word, tool_steps::to_lines};

/// An import under way; dropped without [`ImportTransaction::commit`], it has changed nothing.
#[derive(Debug)]
pub(crate) struct ImportTransaction(Transaction<'static, Sqlite>);

/// Where a conversation and its messages go.
#[derive(Debug)]
pub(crate) struct MergePlan {
    target: Target,
    /// In the order of the messages that were asked for.
    places: Vec<Place>,
}

#[derive(Debug)]
enum Target {
    New(Place),
    Own { id: Uuid, is_hidden: bool },
}

/// The row of something imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is there.
    Kept(Uuid),
    /// Its id is free.
    Free(Uuid),
    /// Its id is somebody else's.
    Moved { id: Uuid, source: Uuid },
}

impl Place {
    const fn id(self) -> Uuid {
        match self {
            Self::Kept(id) | Self::Free(id) | Self::Moved { id, .. } => id,
        }
    }

    const fn source(self) -> Option<Uuid> {
        match self {
            Self::Moved { source, .. } => Some(source),
            Self::Kept(_) | Self::Free(_) => None,
        }
    }
}

impl Target {
    const fn id(&self) -> Uuid {
        match self {
            Self::New(place) => place.id(),
            Self::Own { id, .. } => *id,
        }
    }
}

impl MergePlan {
    /// Adds what this plan does to what other plans do.
    pub(crate) fn count(&self, counts: &mut ImportCounts) {
        let is_kept = |place: &&Place| matches!(place, Place::Kept(_));
        let num_kept = self.places.iter().filter(is_kept).count();
        let num_new = self.places.len() - num_kept;
        *match self.target {
            Target::New(_) => &mut counts.new_conversations,
            Target::Own {
                is_hidden: true, ..
            } => &mut counts.restored_conversations,
            Target::Own { .. } if num_new > 0 => &mut counts.extended_conversations,
            Target::Own { .. } => &mut counts.unchanged_conversations,
        } += 1;
        counts.new_messages += u32::try_from(num_new).unwrap_or(u32::MAX);
        counts.unchanged_messages += u32::try_from(num_kept).unwrap_or(u32::MAX);
    }
}

impl Store {
    /// What importing a conversation would do, without doing it.
    pub(crate) async fn plan_import(
        &self,
        user: UserId,
        conversation: ConversationId,
        messages: &[MessageId],
    ) -> Result<MergePlan, StoreError> {
        let mut connection = self.readers.acquire().await?;
        plan(&mut connection, user, conversation, messages).await
    }

    /// Begins an import.
    pub(crate) async fn begin_import(&self) -> Result<ImportTransaction, StoreError> {
        Ok(ImportTransaction(self.begin().await?))
    }
}

impl ImportTransaction {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }

    /// Adds what is missing of a conversation. Parents stand before their children.
    pub(crate) async fn merge(
        &mut self,
        user: UserId,
        tree: &StoredTree,
    ) -> Result<MergePlan, StoreError> {
        let ids: Vec<_> = tree.messages.iter().map(|message| message.id).collect();
        let plan = plan(&mut self.0, user, tree.id, &ids).await?;
        if let Target::New(place) = plan.target {
            insert_conversation(&mut self.0, user, place, tree).await?;
        }
        let conversation = plan.target.id();
        let mut places = HashMap::new();
        for (message, &place) in tree.messages.iter().zip(&plan.places) {
            places.insert(message.id, place.id());
            if !matches!(place, Place::Kept(_)) {
                let parent = message.parent_id.and_then(|parent| places.get(&parent));
                let row = Row {
                    user,
                    conversation,
                    parent: parent.copied(),
                    place,
                };
                insert_message(&mut self.0, &row, message).await?;
            }
        }
        let active = tree.active_message.and_then(|id| places.get(&id)).copied();
        let shown = Shown {
            conversation,
            active,
            updated_at: tree.updated_at,
        };
        show(&mut self.0, user, &shown).await?;
        Ok(plan)
    }

    /// Makes everything that was merged stay.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

async fn plan(
    connection: &mut SqliteConnection,
    user: UserId,
    conversation: ConversationId,
    messages: &[MessageId],
) -> Result<MergePlan, StoreError> {
    let target = find_conversation(connection, user, conversation.as_uuid()).await?;
    let there = match target {
        Target::Own { id, .. } => messages_of(connection, user, id).await?,
        Target::New(_) => HashMap::new(),
    };
    // Of a conversation under another id, all messages get other ids.
    let keeps_ids = target.id() == conversation.as_uuid();
    let mut places = Vec::with_capacity(messages.len());
    for message in messages {
        let id = message.as_uuid();
        let place = match there.get(&id) {
            Some(&kept) => Place::Kept(kept),
            None if keeps_ids && !is_message(connection, id).await? => Place::Free(id),
            None => Place::Moved {
                id: Uuid::now_v7(),
                source: id,
            },
        };
        places.push(place);
    }
    Ok(MergePlan { target, places })
}

/// The user's conversation that has this id or had it in the file, else a new one: one that is
/// being removed for good does not come back.
async fn find_conversation(
    connection: &mut SqliteConnection,
    user: UserId,
    id: Uuid,
) -> Result<Target, StoreError> {
    let user = user.as_uuid();
    let own = sqlx::query!(
        r#"
        select id as "id: Uuid", deleted_at is not null as "is_hidden!: bool"
        from conversation
        where user_id = ? and (id = ? or source_id = ?) and deleted_at is not 0
        order by id = ? desc
        limit 1
        "#,
        user,
        id,
        id,
        id,
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(own) = own {
        return Ok(Target::Own {
            id: own.id,
            is_hidden: own.is_hidden,
        });
    }
    // Whose it is stays unsaid: only whether the id is free.
    let is_taken = sqlx::query_scalar!(
        r#"select exists(select 1 from conversation where id = ?) as "is_taken!: bool""#,
        id,
    )
    .fetch_one(connection)
    .await?;
    Ok(Target::New(if is_taken {
        Place::Moved {
            id: Uuid::now_v7(),
            source: id,
        }
    } else {
        Place::Free(id)
    }))
}

/// Ids of a conversation's messages, by the id they have in files.
async fn messages_of(
    connection: &mut SqliteConnection,
    user: UserId,
    conversation: Uuid,
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let user = user.as_uuid();
    let rows = sqlx::query!(
        r#"
        select m.id as "id: Uuid", m.source_id as "source_id: Uuid"
        from message m
        join conversation c on c.id = m.conversation_id
        where c.id = ? and c.user_id = ?
        "#,
        conversation,
        user,
    )
    .fetch_all(connection)
    .await?;
    let ids = rows.into_iter().flat_map(|row| {
        let source = row.source_id.map(|source| (source, row.id));
        source.into_iter().chain([(row.id, row.id)])
    });
    Ok(ids.collect())
}

async fn is_message(connection: &mut SqliteConnection, id: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists(select 1 from message where id = ?) as "found!: bool""#,
        id,
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

async fn insert_conversation(
    connection: &mut SqliteConnection,
    user: UserId,
    place: Place,
    tree: &StoredTree,
) -> Result<(), StoreError> {
    let (id, source, user) = (place.id(), place.source(), user.as_uuid());
    let effort = tree.settings.reasoning_effort.map(ReasoningEffort::as_str);
    // `show` follows once the messages are there; until then, everything is newer.
    sqlx::query!(
        "
        insert into conversation (
            id, user_id, title, created_at, updated_at, source_id,
            system_prompt, temperature, top_p, max_tokens, reasoning_effort, calculator
        )
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ",
        id,
        user,
        tree.title,
        tree.created_at,
        i64::MIN,
        source,
        tree.settings.system_prompt,
        tree.settings.temperature,
        tree.settings.top_p,
        tree.settings.max_tokens,
        effort,
        tree.settings.calculator,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Where a message is inserted.
struct Row {
    user: UserId,
    conversation: Uuid,
    parent: Option<Uuid>,
    place: Place,
}

async fn insert_message(
    connection: &mut SqliteConnection,
    row: &Row,
    message: &TreeMessage,
) -> Result<(), StoreError> {
    let (id, source, user) = (row.place.id(), row.place.source(), row.user.as_uuid());
    let (role, status) = (message.role.as_str(), to_word(message.status));
    let finish_reason = message.finish_reason.map(to_word);
    let params = Value::Object(message.params.clone()).to_string();
    let reasoning = message.reasoning.as_ref();
    let reasoning_ms = reasoning.map_or(0, |it| it.duration_ms);
    let reasoning = reasoning.map(|it| it.text.as_str());
    let tool_steps = to_lines(&message.steps);
    sqlx::query!(
        "
        insert into message (
            id, conversation_id, parent_id, role, status, text, finish_reason, error, params,
            model_name, model_fingerprint, prompt_tokens, completion_tokens,
            time_to_first_token_ms, decode_ms, created_at, source_id,
            reasoning, reasoning_ms, tool_steps
        )
        select ?, c.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
        from conversation c
        where c.id = ? and c.user_id = ?
        ",
        id,
        row.parent,
        role,
        status,
        message.text,
        finish_reason,
        message.error,
        params,
        message.model_name,
        message.model_fingerprint,
        message.prompt_tokens,
        message.completion_tokens,
        message.time_to_first_token_ms,
        message.decode_ms,
        message.created_at,
        source,
        reasoning,
        reasoning_ms,
        tool_steps,
        row.conversation,
        user,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the imported side shows, and since when.
struct Shown {
    conversation: Uuid,
    active: Option<Uuid>,
    updated_at: i64,
}

/// Shows the branch of the newer side, and the conversation if it was hidden.
async fn show(
    connection: &mut SqliteConnection,
    user: UserId,
    shown: &Shown,
) -> Result<(), StoreError> {
    let user = user.as_uuid();
    sqlx::query!(
        "
        update conversation
        set deleted_at = null,
            active_message_id = case when updated_at < ? then ? else active_message_id end,
            updated_at = max(updated_at, ?)
        where id = ? and user_id = ?
        ",
        shown.updated_at,
        shown.active,
        shown.updated_at,
        shown.conversation,
        user,
    )
    .execute(connection)
    .await?;
    Ok(())
}

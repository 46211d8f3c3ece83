//! Rows that an import puts aside, a few in each transaction: parsed before, counted after.
//!
//! An id is kept if it is free or already this user's. If somebody else's row has it, a new id is
//! made and the old one noted as `source_id`, so that the next import finds it again. Nothing is
//! asked of the order of ids: rows keep the order of the file, where parents stand first.

use std::{
    collections::{HashMap, VecDeque},
    vec,
};

use hearth_app::model::{MessageId, ReasoningEffort};
use serde_json::Value;
use sqlx::{Sqlite, SqliteConnection, Transaction, types::Uuid};

use super::{
    MergePlan, RunningImport, Store, StoreError, StoredShare, StoredTree, TreeMessage,
    import_plan::Target,
    message::to_word,
    name_key, now_ms,
    rating::bring_rating,
    search_index::{index_message, index_title},
    share::bring_share,
    tool_steps::to_lines,
    tree_files::insert_files,
};
use crate::search::IndexText;

/// What a row takes beside its texts, in bytes, roughly.
const ROW_BYTES: usize = 256;

/// How much more a transaction may write, or a conversation brings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Room {
    /// Whether nothing more goes in.
    pub(crate) const fn is_full(self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    fn take(&mut self, bytes: usize) {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staged {
    Complete,
    /// There was no more room.
    Partly,
    /// A message that it continues was removed meanwhile.
    ParentGone,
}

/// A conversation on its way in.
#[derive(Debug)]
pub(crate) struct IncomingConversation {
    /// Without its messages.
    tree: StoredTree,
    target: Target,
    missing: vec::IntoIter<TreeMessage>,
    /// What the index gets of the next ones.
    indexed: VecDeque<IndexText>,
    /// Where messages of the file are.
    ids: HashMap<MessageId, Uuid>,
    place: Option<StagedPlace>,
    /// What is left to write.
    left: Room,
}

/// The rows that stand for a conversation while it is put aside.
#[derive(Clone, Copy, Debug)]
struct StagedPlace {
    row: i64,
    /// Absent where there is no message to put into it, and no shared copy.
    conversation: Option<Uuid>,
    /// Messages keep their ids where the conversation keeps its own.
    keeps_ids: bool,
}

impl IncomingConversation {
    /// A conversation with what a plan says of it. `None`: all of it is there.
    pub(crate) fn new(mut tree: StoredTree, plan: &MergePlan) -> Option<Self> {
        let mut ids = HashMap::new();
        let mut missing = std::mem::take(&mut tree.messages);
        missing.retain(|message| {
            let kept = plan.there.get(&message.id.as_uuid());
            ids.extend(kept.map(|&kept| (message.id, kept)));
            kept.is_none()
        });
        tree.shares
            .retain(|share| plan.new_shares.contains(&share.id));
        if let Target::Own {
            hidden_at: None,
            updated_at,
            ..
        } = plan.target
            && missing.is_empty()
            && tree.shares.is_empty()
            && tree.updated_at <= updated_at
        {
            return None;
        }
        let shared: usize = tree.shares.iter().map(share_weight).sum();
        let left = Room {
            rows: missing.len() + tree.shares.len() + 1,
            bytes: missing.iter().map(weight).sum::<usize>() + shared + ROW_BYTES,
        };
        Some(Self {
            tree,
            target: plan.target,
            missing: missing.into_iter(),
            indexed: VecDeque::new(),
            ids,
            place: None,
            left,
        })
    }

    /// What is left to write: rows and bytes.
    pub(crate) const fn weight(&self) -> Room {
        self.left
    }

    /// Takes apart for the index what a transaction with this room will write, before that holds
    /// the writer. Not for the threads that serve requests.
    pub(crate) fn take_apart(&mut self, room: &mut Room) {
        if self.place.is_none() {
            room.take(ROW_BYTES);
        }
        for (number, message) in self.missing.as_slice().iter().enumerate() {
            if room.is_full() {
                break;
            }
            room.take(weight(message));
            if number >= self.indexed.len() {
                self.indexed.push_back(IndexText::of(&message.text));
            }
        }
    }

    fn take(&mut self, bytes: usize, room: &mut Room) {
        self.left.take(bytes);
        room.take(bytes);
    }
}

fn share_weight(share: &StoredShare) -> usize {
    ROW_BYTES + share.content.len()
}

fn weight(message: &TreeMessage) -> usize {
    let reasoning = message.reasoning.as_ref().map_or(0, |it| it.text.len());
    let steps = message.steps.iter();
    let steps = steps.map(|step| step.tool.len() + step.input.len() + step.output.len());
    let comment = message.rating.as_ref().map_or(0, |it| it.comment.len());
    let files = message.files.iter().map(|it| {
        let content = it.content.as_ref().map_or(0, Vec::len);
        ROW_BYTES + it.file.text.len() + content
    });
    let beside = steps.sum::<usize>() + files.sum::<usize>();
    ROW_BYTES + message.text.len() + reasoning + comment + beside
}

/// A short piece of an import; dropped without a commit, it has changed nothing.
#[derive(Debug)]
pub(crate) struct StagingTransaction<'a> {
    transaction: Transaction<'static, Sqlite>,
    import: &'a RunningImport,
}

impl Store {
    /// Begins a piece of an import. `None`: the import was given up meanwhile.
    pub(crate) async fn begin_staging<'a>(
        &self,
        import: &'a RunningImport,
    ) -> Result<Option<StagingTransaction<'a>>, StoreError> {
        let mut transaction = self.begin().await?;
        let (id, now) = (import.id, now_ms());
        let renewed = sqlx::query!(
            "update import set renewed_at = ? where id = ? and state = 'running'",
            now,
            id,
        )
        .execute(&mut *transaction)
        .await?;
        Ok((renewed.rows_affected() > 0).then_some(StagingTransaction {
            transaction,
            import,
        }))
    }
}

impl StagingTransaction<'_> {
    /// Puts aside as much of a conversation as there is room for, one row at least.
    pub(crate) async fn stage(
        &mut self,
        incoming: &mut IncomingConversation,
        room: &mut Room,
    ) -> Result<Staged, StoreError> {
        let place = if let Some(place) = incoming.place {
            place
        } else {
            incoming.take(ROW_BYTES, room);
            let place = self.make_place(incoming).await?;
            *incoming.place.insert(place)
        };
        while !incoming.missing.as_slice().is_empty() {
            if room.is_full() {
                return Ok(Staged::Partly);
            }
            let Some(message) = incoming.missing.next() else {
                break;
            };
            incoming.take(weight(&message), room);
            // It is there, unless whoever calls has given this transaction more room.
            let index = incoming.indexed.pop_front();
            let index = index.unwrap_or_else(|| IndexText::of(&message.text));
            let parent = message.parent_id.and_then(|id| incoming.ids.get(&id));
            let added = self.add(place, parent.copied(), &message, &index).await?;
            let Some(id) = added else {
                return Ok(Staged::ParentGone);
            };
            incoming.ids.insert(message.id, id);
        }
        let user = self.import.user;
        while let Some(share) = incoming.tree.shares.last() {
            if room.is_full() {
                return Ok(Staged::Partly);
            }
            bring_share(&mut self.transaction, user, place.conversation, share).await?;
            let bytes = share_weight(share);
            incoming.tree.shares.pop();
            incoming.take(bytes, room);
        }
        self.end(incoming, place).await?;
        Ok(Staged::Complete)
    }

    /// Makes what was put aside stay put aside.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    async fn make_place(
        &mut self,
        incoming: &IncomingConversation,
    ) -> Result<StagedPlace, StoreError> {
        let wanted = incoming.tree.id.as_uuid();
        let (mut source, mut hidden) = (None, None);
        let (conversation, target, keeps_ids) = match incoming.target {
            Target::New if self.insert_conversation(wanted, &incoming.tree).await? => {
                (Some(wanted), wanted, true)
            }
            Target::New => {
                let id = Uuid::now_v7();
                source = Some(wanted);
                self.insert_conversation(id, &incoming.tree).await?;
                (Some(id), id, false)
            }
            Target::Own { id, hidden_at, .. } => {
                hidden = hidden_at;
                let mut staged = None;
                if !incoming.missing.as_slice().is_empty() || !incoming.tree.shares.is_empty() {
                    let own = Uuid::now_v7();
                    self.insert_conversation(own, &incoming.tree).await?;
                    staged = Some(own);
                }
                (staged, id, id == wanted)
            }
        };
        let (import, updated_at) = (self.import.id, incoming.tree.updated_at);
        let folder = incoming.tree.place.folder.as_deref().map(name_key);
        let inserted = sqlx::query!(
            "
            insert into import_staged (
                import_id, conversation_id, target_id, source_id, hidden_at, updated_at, folder_key
            )
            values (?, ?, ?, ?, ?, ?, ?)
            ",
            import,
            conversation,
            target,
            source,
            hidden,
            updated_at,
            folder,
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(StagedPlace {
            row: inserted.last_insert_rowid(),
            conversation,
            keeps_ids,
        })
    }

    /// False: somebody has this id.
    async fn insert_conversation(
        &mut self,
        id: Uuid,
        tree: &StoredTree,
    ) -> Result<bool, StoreError> {
        let user = self.import.user.as_uuid();
        let effort = tree.settings.reasoning_effort.map(ReasoningEffort::as_str);
        let inserted = sqlx::query!(
            "
            insert into conversation (
                id, user_id, title, created_at, updated_at, deleted_at,
                system_prompt, temperature, top_p, max_tokens, reasoning_effort, calculator,
                pinned_at, archived_at
            )
            values (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (id) do nothing
            ",
            id,
            user,
            tree.title,
            tree.created_at,
            tree.updated_at,
            tree.settings.system_prompt,
            tree.settings.temperature,
            tree.settings.top_p,
            tree.settings.max_tokens,
            effort,
            tree.settings.calculator,
            tree.place.pinned_at,
            tree.place.archived_at,
        )
        .execute(&mut *self.transaction)
        .await?;
        let is_inserted = inserted.rows_affected() > 0;
        if is_inserted {
            index_title(&mut self.transaction, id, &tree.title).await?;
        }
        Ok(is_inserted)
    }

    /// Adds a message. `None`: its parent is gone.
    async fn add(
        &mut self,
        place: StagedPlace,
        parent: Option<Uuid>,
        message: &TreeMessage,
        index: &IndexText,
    ) -> Result<Option<Uuid>, StoreError> {
        let wanted = message.id.as_uuid();
        let mut row = Row {
            id: wanted,
            source: None,
            conversation: place.conversation,
            parent,
        };
        if place.keeps_ids {
            if insert_message(&mut self.transaction, &row, message, index).await? {
                self.add_files(wanted, message).await?;
                return Ok(Some(wanted));
            }
            if !is_message(&mut self.transaction, wanted).await? {
                return Ok(None);
            }
        }
        row.id = Uuid::now_v7();
        row.source = Some(wanted);
        if !insert_message(&mut self.transaction, &row, message, index).await? {
            return Ok(None);
        }
        self.add_files(row.id, message).await?;
        Ok(Some(row.id))
    }

    async fn add_files(&mut self, id: Uuid, message: &TreeMessage) -> Result<(), StoreError> {
        let user = self.import.user.as_uuid();
        insert_files(&mut self.transaction, (user, id), &message.files).await
    }

    /// All messages are there: notes which one is shown.
    async fn end(
        &mut self,
        incoming: &IncomingConversation,
        place: StagedPlace,
    ) -> Result<(), StoreError> {
        let active = incoming.tree.active_message;
        let active = active.and_then(|id| incoming.ids.get(&id)).copied();
        sqlx::query!(
            "update import_staged set active_message_id = ? where id = ?",
            active,
            place.row,
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
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

/// Where a message is inserted.
struct Row {
    id: Uuid,
    source: Option<Uuid>,
    conversation: Option<Uuid>,
    parent: Option<Uuid>,
}

/// False: somebody has this id, or the parent is gone.
async fn insert_message(
    connection: &mut SqliteConnection,
    row: &Row,
    message: &TreeMessage,
    index: &IndexText,
) -> Result<bool, StoreError> {
    let (role, status) = (message.role.as_str(), to_word(message.status));
    let finish_reason = message.finish_reason.map(to_word);
    let params = Value::Object(message.params.clone()).to_string();
    let reasoning = message.reasoning.as_ref();
    let reasoning_ms = reasoning.map_or(0, |it| it.duration_ms);
    let reasoning = reasoning.map(|it| it.text.as_str());
    let tool_steps = to_lines(&message.steps);
    let inserted = sqlx::query!(
        "
        insert into message (
            id, conversation_id, parent_id, role, status, text, finish_reason, error, params,
            model_name, model_fingerprint, prompt_tokens, completion_tokens,
            time_to_first_token_ms, decode_ms, created_at, source_id,
            reasoning, reasoning_ms, tool_steps
        )
        select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
        where ? is null or exists (select 1 from message p where p.id = ?)
        on conflict (id) do nothing
        ",
        row.id,
        row.conversation,
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
        row.source,
        reasoning,
        reasoning_ms,
        tool_steps,
        row.parent,
        row.parent,
    )
    .execute(&mut *connection)
    .await?;
    let is_inserted = inserted.rows_affected() > 0;
    if is_inserted {
        // Nobody finds it before the import is decided: until then its conversation is hidden.
        index_message(connection, row.id, &message.text, index).await?;
        bring_rating(connection, row.id, message.rating.as_ref()).await?;
    }
    Ok(is_inserted)
}

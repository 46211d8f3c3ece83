//! A message that is deleted with everything below it.
//!
//! A question never stands without an answer: the last answer takes its question along. What is
//! shown then is the version beside, or the branch that ends above.
//!
//! It goes in short steps. A row says so until the last one, so that a removal which is cut off is
//! taken up again.

mod places;

use hearth_app::model::{ConversationId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, search_index::index_title};
use places::{Place, below, named, newest_below, place_of, text_of, version_beside};

/// Bytes of messages that are removed in one transaction, if it is more than one message: the
/// space of what is removed is written over.
pub(super) const STEP_BYTES: i64 = 2 << 20;

/// A branch that is about to go; nothing of it is shown any more.
#[derive(Clone, Debug)]
pub(crate) struct DoomedBranch {
    pub(crate) user: UserId,
    pub(crate) conversation: ConversationId,
    /// The first message that goes: the one that was named, or its question.
    pub(crate) root: MessageId,
    /// Answers of it that are being made.
    pub(crate) running: Vec<MessageId>,
}

/// What a step removed.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemovedMessages {
    pub(crate) number: usize,
    /// Those that were being made.
    pub(crate) running: Vec<MessageId>,
}

impl Store {
    /// Shows another branch in place of the one that holds this message, which goes from now on. A
    /// title that was made from the deleted text goes at once; `make_title` made it. `None`: the
    /// message is not there or not `user`'s.
    pub(crate) async fn leave_branch(
        &self,
        user: UserId,
        message: MessageId,
        make_title: fn(&str) -> String,
    ) -> Result<Option<DoomedBranch>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(named) = named(&mut transaction, user, message).await? else {
            return Ok(None);
        };
        let mut root = named.place;
        let mut beside = version_beside(&mut transaction, &root).await?;
        if named.is_answer
            && beside.is_none()
            && let Some(question) = root.parent
        {
            root = place_of(&mut transaction, question).await?;
            beside = version_beside(&mut transaction, &root).await?;
        }
        let shown = match beside {
            Some(version) => Some(newest_below(&mut transaction, version).await?),
            None => root.parent,
        };
        let doomed = below(&mut transaction, root.id).await?;
        if named
            .active
            .is_none_or(|active| doomed.iter().any(|it| it.0 == active))
        {
            show(&mut transaction, root.conversation, shown).await?;
        }
        if root.parent.is_none() {
            let title = (named.title.as_str(), make_title);
            rename(&mut transaction, &root, beside, title).await?;
        }
        note_removal(&mut transaction, &root).await?;
        transaction.commit().await?;
        let running = doomed.into_iter().filter(|it| it.1);
        Ok(Some(DoomedBranch {
            user,
            conversation: ConversationId::new(root.conversation),
            root: MessageId::new(root.id),
            running: running.map(|it| MessageId::new(it.0)).collect(),
        }))
    }

    /// A branch of which something is left to remove.
    pub(crate) async fn doomed_branch(&self) -> Result<Option<DoomedBranch>, StoreError> {
        let found = sqlx::query!(
            r#"
            select
                b.message_id as "root: Uuid",
                c.id as "conversation: Uuid",
                c.user_id as "user: Uuid"
            from removed_branch b
            join conversation c on c.id = b.conversation_id
            limit 1
            "#
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(found.map(|found| DoomedBranch {
            user: UserId::new(found.user),
            conversation: ConversationId::new(found.conversation),
            root: MessageId::new(found.root),
            running: Vec::new(),
        }))
    }

    /// Removes up to `limit` messages of a branch, the youngest first.
    pub(crate) async fn remove_branch(
        &self,
        branch: &DoomedBranch,
        limit: u32,
    ) -> Result<RemovedMessages, StoreError> {
        let (user, root) = (branch.user.as_uuid(), branch.root.as_uuid());
        let rows = sqlx::query!(
            r#"
            delete from message
            where rowid in (
                with recursive subtree (id, row) as (
                    select m.id, m.rowid
                    from message m
                    join conversation c on c.id = m.conversation_id
                    where m.id = ? and c.user_id = ?
                    union all
                    select m.id, m.rowid
                    from message m
                    join subtree s on m.parent_id = s.id
                ),
                youngest (row) as (select row from subtree order by row desc limit ?),
                sized (row, bytes) as (
                    select y.row, octet_length(m.text) + coalesce(octet_length(m.reasoning), 0)
                        + octet_length(m.tool_steps) + coalesce(octet_length(m.token_ids), 0)
                        + coalesce(octet_length(m.prompt_token_ids), 0)
                    from youngest y
                    join message m on m.rowid = y.row
                ),
                summed (row, younger) as (
                    select row, sum(bytes) over (order by row desc) - bytes
                    from sized
                )
                select row from summed where younger < ?
            )
            returning id as "id: Uuid", status = 'running' as "is_running!: bool"
            "#,
            root,
            user,
            limit,
            STEP_BYTES,
        )
        .fetch_all(&self.writer)
        .await?;
        let running = rows.iter().filter(|row| row.is_running);
        Ok(RemovedMessages {
            number: rows.len(),
            running: running.map(|row| MessageId::new(row.id)).collect(),
        })
    }

    /// Nothing of the branch is left. Where another tab showed it meanwhile, the message written
    /// last is shown.
    pub(crate) async fn end_removal(&self, branch: &DoomedBranch) -> Result<(), StoreError> {
        let (conversation, root) = (branch.conversation.as_uuid(), branch.root.as_uuid());
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "
            update conversation
            set active_message_id = (
                select id
                from message
                where conversation_id = conversation.id
                order by rowid desc
                limit 1
            )
            where id = ? and active_message_id not in (
                select id
                from message
                where conversation_id = conversation.id
            )
            ",
            conversation,
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("delete from removed_branch where message_id = ?", root)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn show(
    connection: &mut SqliteConnection,
    conversation: Uuid,
    leaf: Option<Uuid>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update conversation set active_message_id = ? where id = ?",
        leaf,
        conversation,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn note_removal(connection: &mut SqliteConnection, root: &Place) -> Result<(), StoreError> {
    sqlx::query!(
        "
        insert into removed_branch (message_id, conversation_id)
        values (?, ?)
        on conflict (message_id) do nothing
        ",
        root.id,
        root.conversation,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The first message goes. A title that was made from it becomes that of the version beside;
/// without one there is no title: the next message gives one.
async fn rename(
    connection: &mut SqliteConnection,
    root: &Place,
    beside: Option<Uuid>,
    (title, make_title): (&str, fn(&str) -> String),
) -> Result<(), StoreError> {
    let new = match beside {
        Some(_) if make_title(&text_of(connection, root.id).await?) != title => return Ok(()),
        Some(version) => make_title(&text_of(connection, version).await?),
        None => String::new(),
    };
    sqlx::query!(
        "update conversation set title = ? where id = ?",
        new,
        root.conversation,
    )
    .execute(&mut *connection)
    .await?;
    index_title(connection, root.conversation, &new).await
}

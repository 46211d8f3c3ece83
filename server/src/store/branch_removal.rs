//! A message that is deleted with everything below it.
//!
//! A question never stands without an answer: the last answer takes its question along. What is
//! shown then is the version beside, or the branch that ends above.

use hearth_app::model::{ConversationId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

/// A branch that is about to go; nothing of it is shown any more.
#[derive(Clone, Debug)]
pub(crate) struct DoomedBranch {
    pub(crate) conversation: ConversationId,
    pub(crate) title: String,
    /// The first message that goes: the one that was named, or its question.
    pub(crate) root: MessageId,
    /// The first message of the conversation, if that is what goes.
    pub(crate) first_text: Option<String>,
    /// Leaf of the branch that is shown instead.
    pub(crate) shown: Option<MessageId>,
    /// Answers of it that are being made.
    pub(crate) running: Vec<MessageId>,
}

struct Place {
    id: Uuid,
    parent: Option<Uuid>,
    conversation: Uuid,
}

/// The message that a person named.
struct Named {
    place: Place,
    is_answer: bool,
    title: String,
    active: Option<Uuid>,
}

impl Store {
    /// Shows another branch in place of the one that holds this message. `None`: it is not there
    /// or not `user`'s.
    pub(crate) async fn leave_branch(
        &self,
        user: UserId,
        message: MessageId,
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
            sqlx::query!(
                "update conversation set active_message_id = ? where id = ?",
                shown,
                root.conversation,
            )
            .execute(&mut *transaction)
            .await?;
        }
        let first_text = match root.parent {
            None => Some(text_of(&mut transaction, root.id).await?),
            Some(_) => None,
        };
        transaction.commit().await?;
        let running = doomed.into_iter().filter(|it| it.1);
        Ok(Some(DoomedBranch {
            conversation: ConversationId::new(root.conversation),
            title: named.title,
            root: MessageId::new(root.id),
            first_text,
            shown: shown.map(MessageId::new),
            running: running.map(|it| MessageId::new(it.0)).collect(),
        }))
    }

    /// Removes up to `limit` messages of a branch, the youngest first. Returns those that were
    /// being made, and how many went.
    pub(crate) async fn remove_branch(
        &self,
        user: UserId,
        root: MessageId,
        limit: u32,
    ) -> Result<(Vec<MessageId>, usize), StoreError> {
        let (user, root) = (user.as_uuid(), root.as_uuid());
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
                )
                select row
                from subtree
                order by row desc
                limit ?
            )
            returning id as "id: Uuid", status = 'running' as "is_running!: bool"
            "#,
            root,
            user,
            limit,
        )
        .fetch_all(&self.writer)
        .await?;
        let running = rows.iter().filter(|row| row.is_running);
        let running = running.map(|row| MessageId::new(row.id)).collect();
        Ok((running, rows.len()))
    }
}

async fn named(
    connection: &mut SqliteConnection,
    user: UserId,
    message: MessageId,
) -> Result<Option<Named>, StoreError> {
    let (user, message) = (user.as_uuid(), message.as_uuid());
    let row = sqlx::query!(
        r#"
        select
            m.parent_id as "parent: Uuid",
            m.role,
            c.id as "conversation!: Uuid",
            c.title,
            c.active_message_id as "active: Uuid"
        from message m
        join conversation c on c.id = m.conversation_id
        where m.id = ? and c.user_id = ? and c.deleted_at is null
        "#,
        message,
        user,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Named {
        place: Place {
            id: message,
            parent: row.parent,
            conversation: row.conversation,
        },
        is_answer: row.role == "assistant",
        title: row.title,
        active: row.active,
    }))
}

/// The version before this message, else the one after it.
async fn version_beside(
    connection: &mut SqliteConnection,
    place: &Place,
) -> Result<Option<Uuid>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        select s.id as "id!: Uuid"
        from message s, (select rowid as row from message where id = ?) own
        where s.conversation_id = ? and s.parent_id is ? and s.rowid != own.row
        order by s.rowid > own.row, abs(s.rowid - own.row)
        limit 1
        "#,
        place.id,
        place.conversation,
        place.parent,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

async fn place_of(connection: &mut SqliteConnection, id: Uuid) -> Result<Place, StoreError> {
    let place = sqlx::query_as!(
        Place,
        r#"
        select
            id as "id: Uuid",
            parent_id as "parent: Uuid",
            conversation_id as "conversation: Uuid"
        from message
        where id = ?
        "#,
        id,
    )
    .fetch_one(connection)
    .await?;
    Ok(place)
}

async fn text_of(connection: &mut SqliteConnection, id: Uuid) -> Result<String, StoreError> {
    let text = sqlx::query_scalar!("select text from message where id = ?", id)
        .fetch_one(connection)
        .await?;
    Ok(text)
}

/// A message and everything below it, the youngest first, and whether each is being made.
async fn below(
    connection: &mut SqliteConnection,
    root: Uuid,
) -> Result<Vec<(Uuid, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        with recursive subtree (id, row, status) as (
            select id, rowid, status
            from message
            where id = ?
            union all
            select m.id, m.rowid, m.status
            from message m
            join subtree s on m.parent_id = s.id
        )
        select id as "id!: Uuid", status = 'running' as "is_running!: bool"
        from subtree
        order by row desc
        "#,
        root,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.is_running))
        .collect())
}

/// The youngest of a subtree is a leaf: a message is inserted after its parent. What an import has
/// put aside is in another conversation, and no part of it yet.
async fn newest_below(connection: &mut SqliteConnection, root: Uuid) -> Result<Uuid, StoreError> {
    let newest = sqlx::query_scalar!(
        r#"
        with recursive subtree (id, row, conversation) as (
            select id, rowid, conversation_id
            from message
            where id = ?
            union all
            select m.id, m.rowid, m.conversation_id
            from message m
            join subtree s on m.parent_id = s.id and m.conversation_id = s.conversation
        )
        select id as "id!: Uuid"
        from subtree
        order by row desc
        limit 1
        "#,
        root,
    )
    .fetch_one(connection)
    .await?;
    Ok(newest)
}

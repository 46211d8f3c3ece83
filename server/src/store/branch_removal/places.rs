//! Where messages stand in their tree.

use hearth_app::model::{MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use crate::store::StoreError;

pub(super) struct Place {
    pub(super) id: Uuid,
    pub(super) parent: Option<Uuid>,
    pub(super) conversation: Uuid,
}

/// The message that a person named.
pub(super) struct Named {
    pub(super) place: Place,
    pub(super) is_answer: bool,
    pub(super) title: String,
    pub(super) active: Option<Uuid>,
}

pub(super) async fn named(
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
pub(super) async fn version_beside(
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

pub(super) async fn place_of(
    connection: &mut SqliteConnection,
    id: Uuid,
) -> Result<Place, StoreError> {
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

pub(super) async fn text_of(
    connection: &mut SqliteConnection,
    id: Uuid,
) -> Result<String, StoreError> {
    let text = sqlx::query_scalar!("select text from message where id = ?", id)
        .fetch_one(connection)
        .await?;
    Ok(text)
}

/// A message and everything below it, the youngest first, and whether each is being made.
pub(super) async fn below(
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
pub(super) async fn newest_below(
    connection: &mut SqliteConnection,
    root: Uuid,
) -> Result<Uuid, StoreError> {
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

//! The lists of a person's conversations: what was used last, the top, a folder, the archive. Every
//! conversation that is not in the trash stands in exactly one of them.
//!
//! Each is one range of an index of its own, which the statements name: the database would take
//! another one, and read past everything that is in a folder or in the archive.

use hearth_app::model::{ConversationId, FolderId, ListPlace, MAX_PINNED, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

/// What a list shows of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct ListedConversation {
    pub(crate) id: ConversationId,
    pub(crate) title: String,
    /// When it was last used, milliseconds UTC.
    pub(crate) updated_at: i64,
    /// Since when it stands at the top, milliseconds UTC.
    pub(crate) pinned_at: Option<i64>,
    pub(crate) folder: Option<FolderId>,
    pub(crate) is_archived: bool,
    /// An answer has ended since its person saw it last.
    pub(crate) is_unread: bool,
}

/// As the database has it.
pub(super) struct ListedRow {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) updated_at: i64,
    pub(super) pinned_at: Option<i64>,
    pub(super) folder_id: Option<Uuid>,
    pub(super) archived_at: Option<i64>,
    pub(super) unread: bool,
}

impl From<ListedRow> for ListedConversation {
    fn from(row: ListedRow) -> Self {
        Self {
            id: ConversationId::new(row.id),
            title: row.title,
            updated_at: row.updated_at,
            pinned_at: row.pinned_at,
            folder: row.folder_id.map(FolderId::new),
            is_archived: row.archived_at.is_some(),
            is_unread: row.unread,
        }
    }
}

/// Above every place, or right above one.
fn below(after: Option<ListPlace>) -> (i64, Uuid) {
    after.map_or((i64::MAX, Uuid::max()), |place| {
        (place.updated_at, place.id.as_uuid())
    })
}

fn listed(rows: Vec<ListedRow>) -> Vec<ListedConversation> {
    rows.into_iter().map(ListedConversation::from).collect()
}

impl Store {
    /// A user's conversations that stand in no other list, the last one used first: at most
    /// `limit`, below a place of the list.
    pub(crate) async fn conversations(
        &self,
        user: UserId,
        after: Option<ListPlace>,
        limit: u32,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        let (user, (used, id)) = (user.as_uuid(), below(after));
        let rows = sqlx::query_as!(
            ListedRow,
            r#"
            select
                id as "id: Uuid",
                title,
                updated_at,
                pinned_at,
                folder_id as "folder_id: Uuid",
                archived_at,
                unread as "unread: bool"
            from conversation indexed by conversation_recent
            where user_id = ?
                and deleted_at is null
                and archived_at is null
                and pinned_at is null
                and folder_id is null
                and (updated_at, id) < (?, ?)
            order by updated_at desc, id desc
            limit ?
            "#,
            user,
            used,
            id,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(listed(rows))
    }

    /// What a user pinned, the last one first. There are never more than can be shown.
    pub(crate) async fn pinned_conversations(
        &self,
        user: UserId,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        let (user, limit) = (user.as_uuid(), max_pinned());
        let rows = sqlx::query_as!(
            ListedRow,
            r#"
            select
                id as "id: Uuid",
                title,
                updated_at,
                pinned_at,
                folder_id as "folder_id: Uuid",
                archived_at,
                unread as "unread: bool"
            from conversation indexed by conversation_pinned
            where user_id = ?
                and pinned_at is not null
                and archived_at is null
                and deleted_at is null
            order by pinned_at desc, id desc
            limit ?
            "#,
            user,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(listed(rows))
    }

    /// The conversations of a folder, as [`Store::conversations`]; none if it is not `user`'s.
    pub(crate) async fn folder_conversations(
        &self,
        user: UserId,
        folder: FolderId,
        after: Option<ListPlace>,
        limit: u32,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        let (user, folder, (used, id)) = (user.as_uuid(), folder.as_uuid(), below(after));
        let rows = sqlx::query_as!(
            ListedRow,
            r#"
            select
                id as "id: Uuid",
                title,
                updated_at,
                pinned_at,
                folder_id as "folder_id: Uuid",
                archived_at,
                unread as "unread: bool"
            from conversation indexed by conversation_folder
            where folder_id = ?
                and user_id = ?
                and deleted_at is null
                and archived_at is null
                and pinned_at is null
                and (updated_at, id) < (?, ?)
            order by updated_at desc, id desc
            limit ?
            "#,
            folder,
            user,
            used,
            id,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(listed(rows))
    }

    /// A user's archive, as [`Store::conversations`].
    pub(crate) async fn archived_conversations(
        &self,
        user: UserId,
        after: Option<ListPlace>,
        limit: u32,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        let (user, (used, id)) = (user.as_uuid(), below(after));
        let rows = sqlx::query_as!(
            ListedRow,
            r#"
            select
                id as "id: Uuid",
                title,
                updated_at,
                pinned_at,
                folder_id as "folder_id: Uuid",
                archived_at,
                unread as "unread: bool"
            from conversation indexed by conversation_archived
            where user_id = ?
                and archived_at is not null
                and deleted_at is null
                and (updated_at, id) < (?, ?)
            order by updated_at desc, id desc
            limit ?
            "#,
            user,
            used,
            id,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(listed(rows))
    }
}

fn max_pinned() -> i64 {
    i64::try_from(MAX_PINNED).unwrap_or(i64::MAX)
}

/// How many conversations a user has pinned.
pub(super) async fn num_pinned(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<usize, StoreError> {
    let user = user.as_uuid();
    let number = sqlx::query_scalar!(
        r#"
        select count(*) as "number!: i64"
        from conversation indexed by conversation_pinned
        where user_id = ?
            and pinned_at is not null
            and archived_at is null
            and deleted_at is null
        "#,
        user,
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

/// Lets go of what was pinned first, as far as there is too much: what comes out of the trash or
/// out of a file may have been pinned. It stands in its other list then.
pub(super) async fn unpin_surplus(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<(), StoreError> {
    let (user, kept) = (user.as_uuid(), max_pinned());
    sqlx::query!(
        "
        update conversation
        set pinned_at = null
        where id in (
            select id
            from conversation indexed by conversation_pinned
            where user_id = ?
                and pinned_at is not null
                and archived_at is null
                and deleted_at is null
            order by pinned_at desc, id desc
            limit -1 offset ?
        )
        ",
        user,
        kept,
    )
    .execute(connection)
    .await?;
    Ok(())
}

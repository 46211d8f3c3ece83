//! Rows of `conversation`.

use hearth_app::model::{ConversationId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    ListedConversation, Store, StoreError,
    conversation_list::{ListedRow, unpin_surplus},
    now_ms,
    search_index::index_title,
};

/// What a conversation is before its messages are read.
#[derive(Debug)]
pub(crate) struct StoredConversation {
    pub(crate) listed: ListedConversation,
    /// Leaf of the branch that is shown.
    pub(crate) active_message: Option<MessageId>,
}

/// When a conversation is used that is used now, milliseconds UTC: right after the user's last use
/// of any where the clock was set back, so that the list says the truth about the order.
pub(super) async fn moment_of_use(
    connection: &mut SqliteConnection,
    user: Uuid,
) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        "
        select updated_at
        from conversation
        where user_id = ? and deleted_at is null
        order by updated_at desc
        limit 1
        ",
        user,
    )
    .fetch_optional(connection)
    .await?;
    Ok(now_ms().max(last.map_or(0, |last| last.saturating_add(1))))
}

impl Store {
    /// One conversation; `None` if it is missing, hidden or not `user`'s.
    pub(crate) async fn conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Option<StoredConversation>, StoreError> {
        let (user, uuid) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query!(
            r#"
            select
                title,
                updated_at,
                active_message_id as "active_message_id: Uuid",
                pinned_at,
                folder_id as "folder_id: Uuid",
                archived_at,
                unread as "unread: bool"
            from conversation
            where id = ? and user_id = ? and deleted_at is null
            "#,
            uuid,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| StoredConversation {
            listed: ListedRow {
                id: uuid,
                title: row.title,
                updated_at: row.updated_at,
                pinned_at: row.pinned_at,
                folder_id: row.folder_id,
                archived_at: row.archived_at,
                unread: row.unread,
            }
            .into(),
            active_message: row.active_message_id.map(MessageId::new),
        }))
    }

    /// How many messages a conversation has, in all its branches; none if it is not `user`'s.
    pub(crate) async fn num_messages(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<u32, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let number = sqlx::query_scalar!(
            r#"
            select count(*) as "number: u32"
            from conversation c
            join message m on m.conversation_id = c.id
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            "#,
            id,
            user,
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(number)
    }

    /// Gives a conversation another title. False: missing or not `user`'s.
    pub(crate) async fn rename_conversation(
        &self,
        user: UserId,
        id: ConversationId,
        title: &str,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let mut transaction = self.begin().await?;
        let done = sqlx::query!(
            "
            update conversation
            set title = ?, awaits_title = 0
            where id = ? and user_id = ? and deleted_at is null
            ",
            title,
            id,
            user,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        index_title(&mut transaction, id, title).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Hides a conversation. False: missing or not `user`'s.
    pub(crate) async fn hide_conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let (user, id, now) = (user.as_uuid(), id.as_uuid(), now_ms());
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = coalesce(deleted_at, ?)
            where id = ? and user_id = ?
            ",
            now,
            id,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Brings a hidden conversation back. False: missing, being removed for good, or not `user`'s.
    pub(crate) async fn restore_conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let (owner, id) = (user.as_uuid(), id.as_uuid());
        let mut transaction = self.begin().await?;
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = null
            where id = ? and user_id = ? and deleted_at is not 0
            ",
            id,
            owner,
        )
        .execute(&mut *transaction)
        .await?;
        unpin_surplus(&mut transaction, user).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Shows the branch that ends in the newest message below this one. False: not there.
    pub(crate) async fn show_version(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<bool, StoreError> {
        let (user, message) = (user.as_uuid(), message.as_uuid());
        // The row written last of a subtree is a leaf: a child is written after its parent. Ids do
        // not tell, because they follow a clock that may be set back.
        let done = sqlx::query!(
            "
            update conversation
            set active_message_id = (
                with recursive subtree (id, row_number) as (
                    select m.id, m.rowid
                    from message m
                    where m.id = ?
                    union all
                    select m.id, m.rowid
                    from message m
                    join subtree s on m.parent_id = s.id
                    where m.conversation_id = conversation.id
                )
                select id
                from subtree
                order by row_number desc
                limit 1
            )
            where user_id = ?
                and deleted_at is null
                and id = (select conversation_id from message where id = ?)
            ",
            message,
            user,
            message,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

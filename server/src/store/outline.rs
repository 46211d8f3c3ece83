//! What there is to say in a line of each message of a conversation, in all of its branches.

use hearth_app::model::{ConversationId, MessageId, Role, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError, message::word};

/// A message without most of its text.
#[derive(Clone, Debug)]
pub(crate) struct OutlineRow {
    pub(crate) id: MessageId,
    pub(crate) parent_id: Option<MessageId>,
    pub(crate) role: Role,
    /// The first two hundred characters.
    pub(crate) beginning: String,
    pub(crate) created_at: i64,
}

impl Store {
    /// All messages of a conversation as they were written: a parent stands before its children.
    /// None if it is not `user`'s.
    pub(crate) async fn outline(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Vec<OutlineRow>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let rows = sqlx::query!(
            r#"
            select
                m.id as "id: Uuid",
                m.parent_id as "parent_id: Uuid",
                m.role,
                substr(m.text, 1, 200) as "beginning!: String",
                m.created_at
            from message m
            join conversation c on c.id = m.conversation_id
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            order by m.rowid
            "#,
            id,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let rows = rows.into_iter().map(|row| {
            Ok(OutlineRow {
                id: MessageId::new(row.id),
                parent_id: row.parent_id.map(MessageId::new),
                role: word(&row.role, "role")?,
                beginning: row.beginning,
                created_at: row.created_at,
            })
        });
        rows.collect()
    }

    /// Whether any message of a conversation has more than one version; no if it is not `user`'s.
    pub(crate) async fn has_branches(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let has_branches = sqlx::query_scalar!(
            r#"
            select
                count(*) > count(distinct coalesce(m.parent_id, c.id)) as "has_branches!: bool"
            from conversation c
            join message m on m.conversation_id = c.id
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            "#,
            id,
            user,
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(has_branches)
    }
}

//! Copies on their way out, with the conversation that they are of, and on their way in.

use hearth_app::model::{ConversationId, ShareId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    super::{Store, StoreError, is_overlong_name},
    NAMED, audience_word,
    people::{find_person, insert_reader},
};

/// A copy with everything that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredShare {
    pub(crate) id: ShareId,
    pub(crate) title: String,
    /// Names; absent: everybody who is signed in.
    pub(crate) readers: Option<Vec<String>>,
    pub(crate) num_messages: u32,
    /// JSON of its messages.
    pub(crate) content: String,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
}

impl Store {
    /// The copies of a conversation, in order of their ids; none if it is not `user`'s.
    pub(crate) async fn shares_of(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<StoredShare>, StoreError> {
        let (user, conversation) = (user.as_uuid(), conversation.as_uuid());
        let rows = sqlx::query!(
            r#"
            select
                s.id as "id!: Uuid",
                s.title as "title!: String",
                s.audience as "audience!: String",
                s.num_messages as "num_messages!: u32",
                s.content as "content!: String",
                s.created_at as "created_at!: i64"
            from share s
            join conversation c on c.id = s.conversation_id
            where s.conversation_id = ? and s.user_id = ? and c.deleted_at is null
            order by s.id
            "#,
            conversation,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut shares = Vec::with_capacity(rows.len());
        for row in rows {
            let readers = match row.audience.as_str() {
                NAMED => Some(self.readers_of(row.id).await?),
                _ => None,
            };
            shares.push(StoredShare {
                id: ShareId::new(row.id),
                title: row.title,
                readers,
                num_messages: row.num_messages,
                content: row.content,
                created_at: row.created_at,
            });
        }
        Ok(shares)
    }

    /// Whether anybody has a copy of this id: one that a file brings is left out then.
    pub(crate) async fn is_share(&self, id: ShareId) -> Result<bool, StoreError> {
        let id = id.as_uuid();
        let found = sqlx::query_scalar!(
            r#"select exists(select 1 from share where id = ?) as "found!: bool""#,
            id,
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(found)
    }
}

/// Puts a copy of a file beside a conversation that is being put aside. One whose id somebody has
/// stays as it is; people whom nobody knows here are left out.
pub(in crate::store) async fn bring_share(
    connection: &mut SqliteConnection,
    user: UserId,
    conversation: Option<Uuid>,
    share: &StoredShare,
) -> Result<(), StoreError> {
    let (id, user) = (share.id.as_uuid(), user.as_uuid());
    let audience = audience_word(share.readers.is_some());
    let done = sqlx::query!(
        "
        insert into share (
            id, user_id, conversation_id, audience, title, num_messages, created_at, content
        )
        values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (id) do nothing
        ",
        id,
        user,
        conversation,
        audience,
        share.title,
        share.num_messages,
        share.created_at,
        share.content,
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let names = share.readers.iter().flatten();
    for name in names.filter(|name| !is_overlong_name(name)) {
        let reader = find_person(connection, name).await?;
        if let Some(reader) = reader.filter(|&reader| reader != user) {
            insert_reader(connection, id, reader).await?;
        }
    }
    Ok(())
}

/// Gives the copies that were put aside to the conversation that they are of.
pub(in crate::store) async fn move_shares(
    connection: &mut SqliteConnection,
    staged: Option<Uuid>,
    target: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update share set conversation_id = ? where conversation_id = ?",
        target,
        staged,
    )
    .execute(connection)
    .await?;
    Ok(())
}

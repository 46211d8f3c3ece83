//! Whether an answer has ended since its person saw the conversation last: a mark that the end of
//! an answer sets and that a look takes away. Nothing is written while an answer grows, nor by a
//! look at what was seen already.

use hearth_app::model::{ConversationId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

impl Store {
    /// Its person has seen a conversation. False: there was nothing new, or it is not `user`'s.
    pub(crate) async fn see_conversation(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!(
            "
            update conversation
            set unread = 0
            where id = ? and user_id = ? and deleted_at is null and unread = 1
            ",
            id,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// An answer has ended.
pub(super) async fn mark_unread(
    connection: &mut SqliteConnection,
    answer: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        update conversation
        set unread = 1
        where id = (select conversation_id from message where id = ?)
        ",
        answer,
    )
    .execute(connection)
    .await?;
    Ok(())
}

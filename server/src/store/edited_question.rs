//! A question that was edited: another version stands beside it, and nothing of it changes.

use hearth_app::model::MessageId;
use sqlx::SqliteConnection;

use super::{NewTurn, StoreError, now_ms};

/// Inserts the question of a turn beside the one that it is a version of. False: there is no such
/// question in the conversation, or it is not `user`'s.
pub(super) async fn insert_edited(
    connection: &mut SqliteConnection,
    turn: &NewTurn,
    edited: MessageId,
    id: MessageId,
) -> Result<bool, StoreError> {
    let (user, conversation) = (turn.user.as_uuid(), turn.conversation.as_uuid());
    let (id, edited, now) = (id.as_uuid(), edited.as_uuid(), now_ms());
    let done = sqlx::query!(
        "
        insert into message (id, conversation_id, parent_id, role, status, text, params, created_at)
        select ?, c.id, q.parent_id, 'user', 'finished', ?, '{}', ?
        from message q
        join conversation c on c.id = q.conversation_id
        where q.id = ?
            and q.role = 'user'
            and c.id = ?
            and c.user_id = ?
            and c.deleted_at is null
        ",
        id,
        turn.text,
        now,
        edited,
        conversation,
        user,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

//! Titles that the model makes: which conversation waits for one, and what becomes of it.

use hearth_app::model::{ConversationId, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError, search_index::index_title};

/// Most characters that are read of the question and of the answer: enough to know what they are
/// about.
const MOST_CHARS: u32 = 1500;

/// A conversation that is called after the first line of its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untitled {
    pub(crate) user: UserId,
    pub(crate) conversation: ConversationId,
    /// The beginning of its first question.
    pub(crate) question: String,
    /// The beginning of an answer to it.
    pub(crate) answer: String,
}

impl Store {
    /// The conversation used last of those that wait for a title and have an answer to make it of,
    /// used at `since` or later (milliseconds UTC).
    ///
    /// This is asked every few seconds. The joins stand in the order in which they are to be made:
    /// the database would begin with the first question of every conversation that there is.
    pub(crate) async fn untitled_conversation(
        &self,
        since: i64,
    ) -> Result<Option<Untitled>, StoreError> {
        let row = sqlx::query!(
            r#"
            select
                c.user_id as "user_id: Uuid",
                c.id as "id: Uuid",
                substr(q.text, 1, ?) as "question!: String",
                substr(a.text, 1, ?) as "answer!: String"
            from conversation c indexed by conversation_awaits_title
            cross join message q on q.conversation_id = c.id and q.parent_id is null
            cross join message a on a.parent_id = q.id
            cross join user u on u.id = c.user_id
            where c.awaits_title = 1
                and c.deleted_at is null
                and c.updated_at >= ?
                and q.role = 'user'
                and a.role = 'assistant'
                and a.status = 'finished'
                and a.text != ''
                and u.disabled = 0
                and u.removed_at is null
            order by c.updated_at desc, a.rowid
            limit 1
            "#,
            MOST_CHARS,
            MOST_CHARS,
            since,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| Untitled {
            user: UserId::new(row.user_id),
            conversation: ConversationId::new(row.id),
            question: row.question,
            answer: row.answer,
        }))
    }

    /// Gives a conversation the title that was made for it, or leaves it the one it has; it waits
    /// for none any more. False: it did not wait, because a person gave it one or deleted it.
    pub(crate) async fn settle_title(
        &self,
        user: UserId,
        id: ConversationId,
        title: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let mut transaction = self.begin().await?;
        let done = sqlx::query!(
            "
            update conversation
            set title = coalesce(?, title), awaits_title = 0
            where id = ? and user_id = ? and awaits_title = 1 and deleted_at is null
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
        if let Some(title) = title {
            index_title(&mut transaction, id, title).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

//! The token ids of answers: what lets the same model go on from where it was.

use std::collections::HashMap;

use hearth_app::model::{MessageId, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError, message::from_blob};

/// What Continue needs to go on exactly.
#[derive(Clone, Debug)]
pub(crate) struct ContinuedAnswer {
    pub(crate) prompt_token_ids: Vec<u32>,
    pub(crate) token_ids: Vec<u32>,
    pub(crate) model_fingerprint: Option<String>,
}

impl Store {
    /// Token ids of an answer; `None` if it is not there or not yours.
    pub(crate) async fn continued_answer(
        &self,
        user: UserId,
        id: MessageId,
    ) -> Result<Option<ContinuedAnswer>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query!(
            "
            select m.prompt_token_ids, m.token_ids, m.model_fingerprint
            from message m
            join conversation c on c.id = m.conversation_id
            where m.id = ? and c.user_id = ? and c.deleted_at is null
            ",
            id,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let prompt = row.prompt_token_ids.unwrap_or_default();
        Ok(Some(ContinuedAnswer {
            prompt_token_ids: from_blob(&prompt, "prompt_token_ids")?,
            token_ids: from_blob(&row.token_ids.unwrap_or_default(), "token_ids")?,
            model_fingerprint: row.model_fingerprint,
        }))
    }

    /// Token ids of all answers from the root to this message that the model of that fingerprint
    /// gave; empty if the message is not there or not yours.
    pub(crate) async fn answer_token_ids(
        &self,
        user: UserId,
        leaf: MessageId,
        model_fingerprint: &str,
    ) -> Result<HashMap<MessageId, Vec<u32>>, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        let rows = sqlx::query!(
            r#"
            with recursive branch (id, parent_id) as (
                select m.id, m.parent_id
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
                union all
                select m.id, m.parent_id
                from branch b
                join message m on m.id = b.parent_id
            )
            select m.id as "id!: Uuid", m.token_ids as "token_ids!"
            from branch b
            join message m on m.id = b.id
            where m.token_ids is not null and m.model_fingerprint = ?
            "#,
            leaf,
            user,
            model_fingerprint,
        )
        .fetch_all(&self.readers)
        .await?;
        let pairs = rows.into_iter().map(|row| {
            let ids = from_blob(&row.token_ids, "token_ids")?;
            Ok((MessageId::new(row.id), ids))
        });
        pairs.collect()
    }
}

//! What of a copy is read, by whom, and what a copy of a chat would hold.

use hearth_app::model::{MessageId, ShareId, UserId};
use sqlx::types::Uuid;

use super::super::{Store, StoreError};

/// Lines of the list of copies that others share with a person.
const MAX_RECEIVED: i64 = 500;

/// A copy that somebody else shares with a person by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedRow {
    pub(crate) id: ShareId,
    pub(crate) title: String,
    pub(crate) owner: String,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
}

/// A copy as a person reads it who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadShare {
    pub(crate) title: String,
    pub(crate) owner: String,
    pub(crate) is_own: bool,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
    /// JSON of its messages.
    pub(crate) content: String,
}

/// How much there is in a branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BranchCounts {
    pub(crate) num_messages: u32,
    /// Of their texts.
    pub(crate) num_bytes: i64,
    /// Answers before which a model thought.
    pub(crate) num_thoughts: u32,
    /// Answers for which tools were used.
    pub(crate) num_with_steps: u32,
    /// An answer is being written.
    pub(crate) is_running: bool,
}

impl Store {
    /// Copies that others share with a person by name, the newest first.
    pub(crate) async fn received_shares(
        &self,
        user: UserId,
    ) -> Result<Vec<ReceivedRow>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                s.id as "id!: Uuid",
                s.title as "title!: String",
                u.name as "owner!: String",
                s.created_at as "created_at!: i64"
            from share_reader r
            join share s on s.id = r.share_id
            join user u on u.id = s.user_id
            join conversation c on c.id = s.conversation_id
            where r.user_id = ?
                and c.deleted_at is null
                and u.disabled = 0
                and u.removed_at is null
            order by s.created_at desc, s.rowid desc
            limit ?
            "#,
            user,
            MAX_RECEIVED,
        )
        .fetch_all(&self.readers)
        .await?;
        let shares = rows.into_iter().map(|row| ReceivedRow {
            id: ShareId::new(row.id),
            title: row.title,
            owner: row.owner,
            created_at: row.created_at,
        });
        Ok(shares.collect())
    }

    /// A copy; `None` if it is missing, or not for this reader.
    pub(crate) async fn read_share(
        &self,
        reader: UserId,
        id: ShareId,
    ) -> Result<Option<ReadShare>, StoreError> {
        let (reader, id) = (reader.as_uuid(), id.as_uuid());
        let share = sqlx::query_as!(
            ReadShare,
            r#"
            select
                s.title as "title!: String",
                u.name as "owner!: String",
                s.user_id = ?1 as "is_own!: bool",
                s.created_at as "created_at!: i64",
                s.content as "content!: String"
            from share s
            join user u on u.id = s.user_id
            join conversation c on c.id = s.conversation_id
            where s.id = ?2
                and c.deleted_at is null
                and u.disabled = 0
                and u.removed_at is null
                and (
                    s.user_id = ?1
                    or s.audience = 'everybody'
                    or exists (
                        select 1
                        from share_reader r
                        where r.share_id = s.id and r.user_id = ?1
                    )
                )
            "#,
            reader,
            id,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(share)
    }

    /// How many copies of all people can be read.
    pub(crate) async fn num_shares(&self) -> Result<u64, StoreError> {
        let number = sqlx::query_scalar!(
            r#"
            select count(*) as "number!: i64"
            from share s
            join user u on u.id = s.user_id
            join conversation c on c.id = s.conversation_id
            where c.deleted_at is null and u.disabled = 0 and u.removed_at is null
            "#
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(u64::try_from(number).unwrap_or_default())
    }

    /// What there is in the branch that ends in `leaf`; nothing if that is not there or not yours.
    pub(crate) async fn branch_counts(
        &self,
        user: UserId,
        leaf: MessageId,
    ) -> Result<BranchCounts, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        let counts = sqlx::query_as!(
            BranchCounts,
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
            select
                count(*) as "num_messages!: u32",
                coalesce(sum(octet_length(m.text)), 0) as "num_bytes!: i64",
                coalesce(sum(coalesce(m.reasoning, '') != ''), 0) as "num_thoughts!: u32",
                coalesce(sum(m.tool_steps != ''), 0) as "num_with_steps!: u32",
                coalesce(max(m.status = 'running'), 0) as "is_running!: bool"
            from branch b
            join message m on m.id = b.id
            "#,
            leaf,
            user,
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(counts)
    }
}

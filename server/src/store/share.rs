//! Rows of `share`: copies of chats that others may read, and whom they are for.
//!
//! Nobody else reads one while its chat is in the trash, or while its person may not come in. That
//! stands in the statements (`reading`): nothing has to be written when a chat goes or comes back.

mod copying;
mod people;
mod reading;
mod transfer;

use hearth_app::model::{ConversationId, MAX_SHARES, MAX_SHARES_OF_CHAT, ShareId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, now_ms};
pub(crate) use reading::{BranchCounts, ReadShare};
pub(crate) use transfer::StoredShare;
pub(super) use transfer::{bring_share, move_shares};

/// A copy that is about to be shared.
#[derive(Clone, Debug)]
pub(crate) struct NewShare {
    pub(crate) id: ShareId,
    pub(crate) user: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) title: String,
    pub(crate) num_messages: u32,
    /// JSON of its messages.
    pub(crate) content: String,
    /// Absent: everybody who is signed in.
    pub(crate) readers: Option<Vec<UserId>>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareMade {
    Done,
    /// The chat is not there, or not the person's.
    Missing,
    TooMany {
        limit: usize,
    },
}

/// A copy as its person's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedShare {
    pub(crate) id: ShareId,
    pub(crate) conversation: ConversationId,
    pub(crate) title: String,
    pub(crate) num_messages: u32,
    /// Names; absent: everybody who is signed in.
    pub(crate) readers: Option<Vec<String>>,
    /// Its chat is there: nobody reads it now.
    pub(crate) is_in_trash: bool,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
}

impl Store {
    /// Shares a copy, unless there are too many of the person's, or of the chat.
    pub(crate) async fn insert_share(&self, share: &NewShare) -> Result<ShareMade, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(limit) = limit_met(&mut transaction, share).await? {
            return Ok(ShareMade::TooMany { limit });
        }
        let (id, user) = (share.id.as_uuid(), share.user.as_uuid());
        let (conversation, now) = (share.conversation.as_uuid(), now_ms());
        let audience = audience_word(share.readers.is_some());
        let done = sqlx::query!(
            "
            insert into share (
                id, user_id, conversation_id, audience, title, num_messages, created_at, content
            )
            select ?, c.user_id, c.id, ?, ?, ?, ?, ?
            from conversation c
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            ",
            id,
            audience,
            share.title,
            share.num_messages,
            now,
            share.content,
            conversation,
            user,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(ShareMade::Missing);
        }
        for reader in share.readers.iter().flatten() {
            people::insert_reader(&mut transaction, id, reader.as_uuid()).await?;
        }
        transaction.commit().await?;
        Ok(ShareMade::Done)
    }

    /// A person's copies, the newest first.
    pub(crate) async fn shares(&self, user: UserId) -> Result<Vec<ListedShare>, StoreError> {
        let owner = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                s.id as "id!: Uuid",
                s.conversation_id as "conversation_id!: Uuid",
                s.title as "title!: String",
                s.num_messages as "num_messages!: u32",
                s.audience as "audience!: String",
                c.deleted_at is not null as "is_in_trash!: bool",
                s.created_at as "created_at!: i64"
            from share s
            join conversation c on c.id = s.conversation_id
            where s.user_id = ? and c.deleted_at is not 0
            order by s.created_at desc, s.rowid desc
            "#,
            owner,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut shares = Vec::with_capacity(rows.len());
        for row in rows {
            let readers = match row.audience.as_str() {
                NAMED => Some(self.readers_of(row.id).await?),
                _ => None,
            };
            shares.push(ListedShare {
                id: ShareId::new(row.id),
                conversation: ConversationId::new(row.conversation_id),
                title: row.title,
                num_messages: row.num_messages,
                readers,
                is_in_trash: row.is_in_trash,
                created_at: row.created_at,
            });
        }
        Ok(shares)
    }

    /// Ends a copy at once. False: missing, or not `user`'s.
    pub(crate) async fn delete_share(&self, user: UserId, id: ShareId) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!("delete from share where id = ? and user_id = ?", id, user)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// The word of a copy that is not for everybody.
const NAMED: &str = "named";

/// As the column has it.
const fn audience_word(is_named: bool) -> &'static str {
    if is_named { NAMED } else { "everybody" }
}

/// The limit that one more copy would break, if there is one.
async fn limit_met(
    connection: &mut SqliteConnection,
    share: &NewShare,
) -> Result<Option<usize>, StoreError> {
    let (user, conversation) = (share.user.as_uuid(), share.conversation.as_uuid());
    let counted = sqlx::query!(
        r#"
        select
            count(*) as "of_person!: i64",
            coalesce(sum(conversation_id = ?), 0) as "of_chat!: i64"
        from share
        where user_id = ?
        "#,
        conversation,
        user,
    )
    .fetch_one(connection)
    .await?;
    let limits = [
        (counted.of_chat, MAX_SHARES_OF_CHAT),
        (counted.of_person, MAX_SHARES),
    ];
    let is_met =
        |&(number, limit): &(i64, usize)| usize::try_from(number).unwrap_or_default() >= limit;
    Ok(limits.into_iter().find(is_met).map(|(_, limit)| limit))
}

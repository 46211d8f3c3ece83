//! Where an imported conversation goes, and what of it is there already.

use std::collections::{HashMap, HashSet};

use hearth_app::model::{ConversationId, ImportCounts, MessageId, ShareId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

/// What importing a conversation would do.
#[derive(Debug)]
pub(crate) struct MergePlan {
    pub(super) target: Target,
    /// Ids of the target's messages, by the id they have in files.
    pub(super) there: HashMap<Uuid, Uuid>,
    /// Copies of the file that nobody has.
    pub(super) new_shares: HashSet<ShareId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    New,
    Own {
        id: Uuid,
        /// Since when it is in the trash.
        hidden_at: Option<i64>,
        updated_at: i64,
    },
}

impl MergePlan {
    /// Adds what this plan does with these messages to what other plans do.
    pub(crate) fn count(
        &self,
        messages: impl Iterator<Item = MessageId>,
        counts: &mut ImportCounts,
    ) {
        let (mut num_new, mut num_kept) = (0_u32, 0_u32);
        for message in messages {
            match self.there.get(&message.as_uuid()) {
                Some(_) => num_kept = num_kept.saturating_add(1),
                None => num_new = num_new.saturating_add(1),
            }
        }
        *match self.target {
            Target::New => &mut counts.new_conversations,
            Target::Own {
                hidden_at: Some(_), ..
            } => &mut counts.restored_conversations,
            Target::Own { .. } if num_new > 0 || !self.new_shares.is_empty() => {
                &mut counts.extended_conversations
            }
            Target::Own { .. } => &mut counts.unchanged_conversations,
        } += 1;
        counts.new_messages = counts.new_messages.saturating_add(num_new);
        counts.unchanged_messages = counts.unchanged_messages.saturating_add(num_kept);
    }
}

impl Store {
    /// Where a conversation of a file would go, with its copies that are shared.
    pub(crate) async fn plan_import(
        &self,
        user: UserId,
        conversation: ConversationId,
        shares: impl Iterator<Item = ShareId>,
    ) -> Result<MergePlan, StoreError> {
        let mut new_shares = HashSet::new();
        for share in shares {
            if !self.is_share(share).await? {
                new_shares.insert(share);
            }
        }
        let mut connection = self.readers.acquire().await?;
        let target = find_target(&mut connection, user, conversation.as_uuid()).await?;
        let there = match target {
            Target::Own { id, .. } => messages_of(&mut connection, user, id).await?,
            Target::New => HashMap::new(),
        };
        Ok(MergePlan {
            target,
            there,
            new_shares,
        })
    }
}

/// The user's conversation that has this id or had it in the file, else a new one: one that is
/// being removed for good does not come back.
async fn find_target(
    connection: &mut SqliteConnection,
    user: UserId,
    id: Uuid,
) -> Result<Target, StoreError> {
    let user = user.as_uuid();
    let own = sqlx::query!(
        r#"
        select id as "id: Uuid", deleted_at, updated_at
        from conversation
        where user_id = ? and (id = ? or source_id = ?) and deleted_at is not 0
        order by id = ? desc
        limit 1
        "#,
        user,
        id,
        id,
        id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(own.map_or(Target::New, |own| Target::Own {
        id: own.id,
        hidden_at: own.deleted_at,
        updated_at: own.updated_at,
    }))
}

async fn messages_of(
    connection: &mut SqliteConnection,
    user: UserId,
    conversation: Uuid,
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let user = user.as_uuid();
    let rows = sqlx::query!(
        r#"
        select m.id as "id: Uuid", m.source_id as "source_id: Uuid"
        from message m
        join conversation c on c.id = m.conversation_id
        where c.id = ? and c.user_id = ?
        "#,
        conversation,
        user,
    )
    .fetch_all(connection)
    .await?;
    let ids = rows.into_iter().flat_map(|row| {
        let source = row.source_id.map(|source| (source, row.id));
        source.into_iter().chain([(row.id, row.id)])
    });
    Ok(ids.collect())
}

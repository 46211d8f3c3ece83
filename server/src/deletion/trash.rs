//! The trash of a person.

use hearth_app::model::{ChatError, ConversationId, Trash, TrashedConversation, UserId};

use super::{Deletion, read};
use crate::{calendar::Calendar, upkeep::KEPT_MS};

/// Conversations that a page lists.
const LISTED: u32 = 200;
/// Conversations given up in one transaction.
const STEP: u32 = 200;

impl Deletion {
    pub(super) async fn list_trash(&self, user: UserId) -> Result<Trash, ChatError> {
        let (stored, num_all) = read(self.store.trash(user, LISTED).await)?;
        let calendar = Calendar::of_viewer();
        let num_more = num_all.saturating_sub(stored.len() as u64);
        let conversations = stored.into_iter().map(|it| TrashedConversation {
            id: it.id,
            title: it.title,
            deleted: calendar.local_time(it.deleted_at),
            removal: calendar.local_time(it.deleted_at + KEPT_MS),
        });
        Ok(Trash {
            conversations: conversations.collect(),
            num_more,
        })
    }

    pub(super) async fn give_up(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        if !read(self.store.condemn(user, id).await)? {
            return Err(ChatError::NotFound);
        }
        self.upkeep.wake();
        Ok(())
    }

    pub(super) async fn give_all_up(&self, user: UserId) -> Result<(), ChatError> {
        while read(self.store.condemn_trash(user, STEP).await)? > 0 {}
        self.upkeep.wake();
        Ok(())
    }
}

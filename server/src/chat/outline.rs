//! The whole tree of a conversation in lines.

use hearth_app::model::{ChatError, ConversationId, Outline, OutlineMessage, UserId};

use super::{ChatServer, service::read};
use crate::calendar::Calendar;

impl ChatServer {
    pub(super) async fn outline_of(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<Outline, ChatError> {
        let stored = read(self.store.conversation(user, id).await)?;
        let stored = stored.ok_or(ChatError::NotFound)?;
        let calendar = Calendar::of_viewer();
        let rows = read(self.store.outline(user, id).await)?.into_iter();
        let messages = rows.map(|row| OutlineMessage {
            id: row.id,
            parent_id: row.parent_id,
            role: row.role,
            beginning: row.beginning,
            time: calendar.local_time(row.created_at),
        });
        Ok(Outline {
            conversation: id,
            title: stored.listed.title,
            leaf: stored.active_message,
            messages: messages.collect(),
        })
    }
}

//! The whole tree of a conversation in lines, and the way from there to a message.

use hearth_app::model::{
    ChatError, ConversationId, MessageId, Outline, OutlineMessage, ShownPlace, UserId,
};

use super::{
    ChatServer,
    service::{WINDOW, read},
};
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

    /// Shows the branch that holds a message, and tells which piece of it has the message.
    pub(super) async fn show_branch_at(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ShownPlace, ChatError> {
        let shown = read(self.store.show_version(user, message).await)?;
        let stored = read(self.store.message(user, message).await)?.filter(|_| shown);
        let conversation = stored.ok_or(ChatError::NotFound)?.conversation;
        self.changes.tell(user, conversation);
        let stored = read(self.store.conversation(user, conversation).await)?;
        let leaf = stored.and_then(|it| it.active_message);
        let leaf = leaf.ok_or(ChatError::NotFound)?;
        let window = read(self.store.branch_end(user, leaf, WINDOW).await)?;
        let before = if window.iter().any(|it| it.id == message) {
            None
        } else {
            read(self.store.message_after(user, message, leaf).await)?
        };
        Ok(ShownPlace {
            conversation,
            before,
        })
    }
}

//! A conversation at one of its messages, as who searched, or chose a line of the outline, wants to
//! see it.

use hearth_app::{
    model::{ChatError, Conversation, ConversationId, ConversationState, MessageId, UserId},
    service::ChatService as _,
};

use super::{
    ChatServer,
    service::{WINDOW, WINDOW_MESSAGES, read},
};

/// Messages that are shown below the one that was looked for.
const BELOW: u32 = WINDOW_MESSAGES / 2;

impl ChatServer {
    /// The piece that holds a message; the end of the active branch if it is not there.
    pub(super) async fn read_at(
        &self,
        user: UserId,
        id: ConversationId,
        message: MessageId,
    ) -> Result<Conversation, ChatError> {
        let found = read(self.store.message(user, message).await)?;
        if found.is_none_or(|found| found.conversation != id) {
            return self.conversation(user, id, None).await;
        }
        let mut state = self.conversation_state(user, id).await?;
        let mut end = self.end_below(user, &state, message).await?;
        if end.is_none() {
            self.show_version(user, message).await?;
            state = self.conversation_state(user, id).await?;
            end = self.end_below(user, &state, message).await?;
        }
        let Some(end) = end else {
            // Another tab deleted it, or chose another branch again.
            return self.conversation(user, id, None).await;
        };
        let mut branch = read(self.store.branch_end(user, end, WINDOW).await)?;
        if !branch.iter().any(|it| it.id == message) {
            // What stands below is too long.
            branch = read(self.store.branch_end(user, message, WINDOW).await)?;
        }
        let messages = self.shown(user, branch).await?;
        Ok(Conversation { state, messages })
    }

    /// Where a piece ends in which this message has others above and below; none if the active
    /// branch does not hold it.
    async fn end_below(
        &self,
        user: UserId,
        state: &ConversationState,
        message: MessageId,
    ) -> Result<Option<MessageId>, ChatError> {
        let Some(leaf) = state.leaf else {
            return Ok(None);
        };
        let below = self.store.message_below(user, leaf, message, BELOW);
        read(below.await)
    }
}

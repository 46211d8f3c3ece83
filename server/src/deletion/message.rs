//! A message that goes with everything below it.

use hearth_app::model::{ChatError, ConversationId, MessageId, UserId};

use super::{Deletion, read};
use crate::{chat::title, store::DoomedBranch};

/// Messages removed in one transaction.
const STEP: u32 = 32;

impl Deletion {
    pub(super) async fn remove_message(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<ConversationId, ChatError> {
        let doomed = read(self.store.leave_branch(user, message, title).await)?;
        let doomed = doomed.ok_or(ChatError::NotFound)?;
        // It is shown nowhere from now on, however long its end takes.
        self.chat.changes().tell(user, doomed.conversation);
        // What was computed is counted when an answer ends, so it ends before it goes.
        self.stop(&doomed, &doomed.running).await;
        loop {
            let removed = read(self.store.remove_branch(&doomed, STEP).await)?;
            // One that began meanwhile.
            self.stop(&doomed, &removed.running).await;
            if removed.number == 0 {
                break;
            }
        }
        read(self.store.end_removal(&doomed).await)?;
        // Files that only they had, now rather than within the hour.
        while read(self.store.purge_loose_file().await)?.num_rows > 0 {}
        self.chat.changes().tell(user, doomed.conversation);
        Ok(doomed.conversation)
    }

    async fn stop(&self, doomed: &DoomedBranch, answers: &[MessageId]) {
        for &answer in answers {
            let (user, conversation) = (doomed.user, doomed.conversation);
            self.chat.end_removed(user, conversation, answer).await;
        }
    }
}

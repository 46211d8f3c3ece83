//! A message that goes with everything below it.

use hearth_app::{
    model::{ChatError, ConversationId, MessageId, UserId},
    service::ChatService as _,
};

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
        let doomed = read(self.store.leave_branch(user, message).await)?;
        let doomed = doomed.ok_or(ChatError::NotFound)?;
        // What was computed is counted when an answer ends, so it ends before it goes.
        self.stop(user, &doomed.running).await;
        loop {
            let removed = self.store.remove_branch(user, doomed.root, STEP).await;
            let (running, num_removed) = read(removed)?;
            // One that began meanwhile.
            self.stop(user, &running).await;
            if num_removed == 0 {
                break;
            }
        }
        self.rename(user, &doomed).await?;
        Ok(doomed.conversation)
    }

    async fn stop(&self, user: UserId, answers: &[MessageId]) {
        for &answer in answers {
            // One that is not there any more is as good as stopped.
            let _gone = self.chat.stop(user, answer).await;
        }
    }

    /// A title that was made from the deleted text goes with it.
    async fn rename(&self, user: UserId, doomed: &DoomedBranch) -> Result<(), ChatError> {
        let Some(text) = &doomed.first_text else {
            return Ok(());
        };
        let mut left = None;
        if let Some(leaf) = doomed.shown {
            left = read(self.store.branch(user, leaf).await)?
                .into_iter()
                .next();
        }
        if left.is_some() && title(text) != doomed.title {
            return Ok(());
        }
        // Without a message there is no title: the next message gives one.
        let new = left.map(|first| title(&first.text)).unwrap_or_default();
        let renamed = self
            .store
            .rename_conversation(user, doomed.conversation, &new);
        read(renamed.await).map(drop)
    }
}

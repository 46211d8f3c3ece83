//! A new conversation that begins as another one did.

use hearth_app::model::{BusyReason, ChatError, ConversationId, MessageId, Role, UserId};

use super::{ChatServer, MAX_TITLE_CHARS, refusal::busy, service::read};
use crate::store::Forked;

impl ChatServer {
    /// Copies what was said up to an answer. A conversation does not end in a question: of one,
    /// what was said before it is copied, and whoever asked has its text.
    pub(super) async fn copy_branch(
        &self,
        user: UserId,
        message: MessageId,
        mark: &str,
    ) -> Result<ConversationId, ChatError> {
        self.wait_for_recovery().await?;
        let named = read(self.store.message(user, message).await)?;
        let named = named.ok_or(ChatError::NotFound)?;
        let last = match named.role {
            Role::Assistant => Some(named.id),
            Role::User => named.parent_id,
        };
        let stored = read(self.store.conversation(user, named.conversation).await)?;
        let title = match last {
            Some(_) => marked(stored.ok_or(ChatError::NotFound)?.listed.title, mark),
            // Nothing was said before: the first message will name the conversation.
            None => String::new(),
        };
        let forked = self.store.fork(user, named.conversation, last, &title);
        match read(forked.await)? {
            Forked::Made(id) => {
                self.changes.tell(user, id);
                Ok(id)
            }
            Forked::NotThere => Err(ChatError::NotFound),
            Forked::Unfinished => Err(busy(BusyReason::AnswerRunning)),
        }
    }
}

/// A title that says that its conversation is a fork, once; one that is not there stays so.
fn marked(title: String, mark: &str) -> String {
    if title.is_empty() || title.ends_with(mark) {
        return title;
    }
    let room = MAX_TITLE_CHARS.saturating_sub(mark.chars().count());
    let kept: String = title.chars().take(room).collect();
    kept + mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_says_so_once_and_its_title_is_as_long_as_titles_may_be() {
        let fork = |title: &str| marked(title.to_owned(), " (fork)");
        assert_eq!(fork("Trains"), "Trains (fork)");
        assert_eq!(fork("Trains (fork)"), "Trains (fork)");
        assert_eq!(fork(""), "");
        let long = fork(&"字".repeat(MAX_TITLE_CHARS));
        assert!(long.ends_with("字 (fork)"), "{long}");
        assert_eq!(long.chars().count(), MAX_TITLE_CHARS);
    }
}

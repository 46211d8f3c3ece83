//! What a copy would hold, and making it.

use std::collections::HashSet;

use hearth_app::{
    model::{
        BusyReason, ChatError, ConversationId, MAX_SHARE_BYTES, MAX_SHARED_MESSAGES, Refusal,
        ShareAudience, ShareId, UserId,
    },
    service::sharing::{ShareChoice, SharePreview},
};

use super::{SharingServer, read, refused};
use crate::{
    chat::busy,
    error::AppError,
    export::SharedMessage,
    slow_work::{Kind, run_in},
    store::{BranchCounts, NewShare, ShareMade, StoredMessage, is_overlong_name},
};

/// Most people who are offered as readers.
const MAX_PEOPLE: u32 = 1000;

impl SharingServer {
    pub(super) async fn preview_of(
        &self,
        user: UserId,
        id: ConversationId,
    ) -> Result<SharePreview, ChatError> {
        let stored = read(self.store.conversation(user, id).await)?.ok_or(ChatError::NotFound)?;
        let counts = match stored.active_message {
            Some(leaf) => read(self.store.branch_counts(user, leaf).await)?,
            None => BranchCounts::default(),
        };
        Ok(SharePreview {
            conversation: id,
            title: stored.listed.title,
            num_messages: counts.num_messages,
            num_thoughts: counts.num_thoughts,
            num_with_steps: counts.num_with_steps,
            people: read(self.store.people_besides(user, MAX_PEOPLE).await)?,
            is_off: self.is_off(),
        })
    }

    /// Copies the branch that is shown.
    pub(super) async fn make(
        &self,
        user: UserId,
        conversation: ConversationId,
        choice: ShareChoice,
    ) -> Result<ShareId, ChatError> {
        let stored = read(self.store.conversation(user, conversation).await)?;
        let stored = stored.ok_or(ChatError::NotFound)?;
        if self.is_off() {
            return Err(refused(Refusal::SharingOff));
        }
        let leaf = stored.active_message.ok_or(ChatError::NotFound)?;
        let counts = read(self.store.branch_counts(user, leaf).await)?;
        if counts.is_running {
            return Err(busy(BusyReason::AnswerRunning));
        }
        if !fits(counts) {
            return Err(refused(Refusal::ShareTooLong));
        }
        let readers = self.readers(user, &choice).await?;
        // Before the branch is in memory.
        let place = self.slow_work.place(Kind::Document, user).await?;
        let branch = read(self.store.branch(user, leaf).await)?;
        let num_messages = u32::try_from(branch.len()).unwrap_or(u32::MAX);
        let content = run_in(place, move || content(branch, &choice)).await?;
        if content.len() > MAX_SHARE_BYTES {
            return Err(refused(Refusal::ShareTooLong));
        }
        let share = NewShare {
            id: random_id()?,
            user,
            conversation,
            title: stored.listed.title,
            num_messages,
            content,
            readers,
        };
        match read(self.store.insert_share(&share).await)? {
            ShareMade::Done => Ok(share.id),
            ShareMade::Missing => Err(ChatError::NotFound),
            ShareMade::TooMany { limit } => Err(refused(Refusal::TooManyShares { limit })),
        }
    }

    /// Whom a copy is for. Its own person reads it anyway.
    async fn readers(
        &self,
        user: UserId,
        choice: &ShareChoice,
    ) -> Result<Option<Vec<UserId>>, ChatError> {
        if choice.audience == ShareAudience::Everybody {
            return Ok(None);
        }
        if choice.readers.len() > MAX_PEOPLE as usize {
            return Err(refused(Refusal::NotAccepted));
        }
        let names: HashSet<&str> = choice.readers.iter().map(|name| name.trim()).collect();
        let mut readers = Vec::with_capacity(names.len());
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            let reader = if is_overlong_name(name) {
                None
            } else {
                read(self.store.person_named(name).await)?
            };
            readers.push(reader.ok_or_else(|| refused(Refusal::NoSuchPerson))?);
        }
        readers.retain(|&reader| reader != user);
        if readers.is_empty() {
            return Err(refused(Refusal::NobodyChosen));
        }
        Ok(Some(readers))
    }
}

/// Whether a branch may be short enough, before it is read.
fn fits(counts: BranchCounts) -> bool {
    let num_bytes = usize::try_from(counts.num_bytes).unwrap_or(usize::MAX);
    counts.num_messages as usize <= MAX_SHARED_MESSAGES && num_bytes <= MAX_SHARE_BYTES
}

/// An id that nobody guesses: those of other rows begin with the time.
fn random_id() -> Result<ShareId, ChatError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(AppError::internal)?;
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(ShareId::new(id))
}

/// What is chosen of a branch, as the database keeps it.
fn content(branch: Vec<StoredMessage>, choice: &ShareChoice) -> String {
    let messages = branch.into_iter().map(|message| {
        let mut shared = SharedMessage::new(message);
        if !choice.with_reasoning {
            shared.reasoning = None;
        }
        if !choice.with_steps {
            shared.tool_steps.clear();
        }
        shared
    });
    SharedMessage::to_stored(&messages.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_fits_by_its_messages_and_their_bytes() {
        let counts = |num_messages: usize, num_bytes: usize| BranchCounts {
            num_messages: u32::try_from(num_messages).unwrap(),
            num_bytes: i64::try_from(num_bytes).unwrap(),
            ..BranchCounts::default()
        };
        assert!(fits(counts(MAX_SHARED_MESSAGES, MAX_SHARE_BYTES)));
        assert!(!fits(counts(MAX_SHARED_MESSAGES + 1, 1)));
        assert!(!fits(counts(1, MAX_SHARE_BYTES + 1)));
    }

    #[test]
    fn no_two_ids_are_alike_and_none_begins_with_the_time() {
        let ids: HashSet<ShareId> = (0..100).map(|_| random_id().unwrap()).collect();
        assert_eq!(ids.len(), 100);
        let beginnings: HashSet<u8> = ids.iter().map(|id| id.as_uuid().as_bytes()[0]).collect();
        assert!(beginnings.len() > 10);
    }
}

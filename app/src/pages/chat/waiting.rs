//! The message that waits for the end of the running answer.

use leptos::prelude::*;

use super::{
    sending::{Origin, key_for},
    state::{ChatState, Unsent},
};
use crate::{
    browser::{self, Queued, join_texts},
    components::{forget_sent, put_back},
    model::{ConversationId, MessageId, MessageStatus, UserId},
};

impl ChatState {
    /// Keeps a text for the end of the running answer, with what waits already.
    pub(super) fn queue(self, text: &str) {
        let Some(id) = self.shown_id() else {
            return;
        };
        let user = self.user();
        let waiting = self.waiting(id);
        let is_wanted = waiting.as_ref().is_some_and(|it| it.is_wanted);
        let joined = join_texts(&waiting.map(|it| it.text).unwrap_or_default(), text);
        let key = key_for(Some(id), &joined, &[]);
        // Written once more after this one went, the same text is another message.
        Unsent::forget(key);
        self.error.set(None);
        let queued = Queued {
            text: joined,
            key,
            is_wanted,
        };
        // Its draft makes room for it.
        forget_sent(user, (Some(id), id), text);
        browser::save_queued(user, id, &queued);
        self.queued.set(Some(queued));
    }

    /// What waits in the shown conversation: another tab may have put more behind it. Where nothing
    /// can be kept, only this tab knows.
    fn waiting(self, id: ConversationId) -> Option<Queued> {
        let kept = browser::read_queued(self.user(), id);
        kept.or_else(|| self.queued.get_untracked())
    }

    /// Whether the waiting message goes also when the answer is stopped.
    pub(super) fn want_queued(self, is_wanted: bool) {
        if let Some(id) = self.shown_id()
            && let Some(queued) = self.waiting(id)
        {
            let queued = Queued {
                is_wanted,
                ..queued
            };
            browser::save_queued(self.user(), id, &queued);
            self.queued.set(Some(queued));
        }
    }

    /// An answer is over, so the waiting message goes; after one that failed or was stopped it is
    /// a draft again, because a person may want to say something else now.
    pub(super) fn answer_ended(self, answer: MessageId) {
        let Some(id) = self.shown_id() else {
            return;
        };
        let is_waiting = self.queued.with_untracked(Option::is_some);
        let Some(queued) = self.waiting(id).filter(|_| is_waiting) else {
            return;
        };
        let goes = match self.status_of(answer) {
            Some(MessageStatus::Finished) => true,
            Some(MessageStatus::Stopped) => queued.is_wanted,
            _ => false,
        };
        if goes && !self.is_sending.get_untracked() {
            let Queued { text, key, .. } = queued;
            let unsent = Unsent {
                to: Some(id),
                text: text.clone(),
                files: browser::attached_files(),
                key,
            };
            unsent.keep();
            self.send(text, Origin::Queue);
        } else {
            self.put_back_queued();
        }
    }

    fn status_of(self, id: MessageId) -> Option<MessageStatus> {
        let entries = self.entries.read_untracked();
        let entry = entries.iter().find(|it| it.id == id)?;
        Some(entry.message.read_untracked().status)
    }

    /// The person, or a failure, takes the waiting message back.
    pub(super) fn put_back_queued(self) {
        if let Some(queued) = self.queued.get_untracked() {
            self.put_back_in(self.user(), self.shown_id(), queued.text);
        }
    }

    /// The waiting message of a conversation is its draft again, with what another tab put behind
    /// it.
    pub(super) fn put_back_in(
        self,
        user: UserId,
        conversation: Option<ConversationId>,
        text: String,
    ) {
        let kept = conversation.and_then(|id| browser::read_queued(user, id));
        let text = kept.map_or(text, |it| it.text);
        put_back(user, conversation, &text);
        if let Some(id) = conversation {
            browser::forget_queued(user, id);
        }
        if self.is_shown(conversation) {
            self.queued.set(None);
        }
    }

    /// Nothing waits any more.
    pub(super) fn forget_queued(self) {
        if let Some(id) = self.shown_id() {
            browser::forget_queued(self.user(), id);
        }
        self.queued.set(None);
    }
}

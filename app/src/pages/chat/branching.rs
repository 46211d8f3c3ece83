//! Editing a question, and going on elsewhere from a message: what makes branches.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::NavigateOptions;

use super::{
    parts::Edited,
    pieces::num_before,
    state::{ChatState, Entry},
};
use crate::{
    browser,
    components::{TEXT_ID, edited_text},
    model::{ChatError, IdempotencyKey, Message, MessageId, Role, SendParams},
};

impl ChatState {
    /// Opens a box in the place of a question.
    pub(super) fn edit(self, question: MessageId) {
        let editing = self.editing();
        self.unseen.update_value(|it| it.is_edited_by_key = false);
        editing.error.set(None);
        editing.question.set(Some(question));
    }

    /// The same with the question that was asked last, from the box below. False: there is none.
    pub(super) fn edit_last(self) -> bool {
        let last = self.last_question();
        if let Some(question) = last {
            self.edit(question);
            self.unseen.update_value(|it| it.is_edited_by_key = true);
        }
        last.is_some()
    }

    fn last_question(self) -> Option<MessageId> {
        let entries = self.entries.read_untracked();
        entries
            .iter()
            .rev()
            .find(|it| is_question(it))
            .map(|it| it.id)
    }

    /// Shows the question as it is. The focus goes back to where it was before.
    pub(super) fn cancel_edit(self, question: MessageId) {
        browser::forget_edit(self.user(), question);
        self.editing().question.set(None);
        let was_by_key = self.unseen.with_value(|it| it.is_edited_by_key);
        // By then the box is gone.
        request_animation_frame(move || {
            if was_by_key {
                browser::focus(TEXT_ID);
            }
            // A finger finds the button only where the question has the focus.
            for place in [" .edit-question", ""] {
                browser::focus_found_if_lost(&format!("#message-{question}{place}"));
            }
        });
        if !self.is_following() {
            // What another tab did meanwhile may have waited for this.
            self.spawn(self.refresh_if_changed());
        }
    }

    /// The question that is edited here is not in a piece of another branch.
    pub(super) fn takes_edit(self, piece: &[Message]) -> bool {
        let edited = self.editing().question.get_untracked();
        let entries = self.entries.read_untracked();
        let place = entries.iter().position(|it| Some(it.id) == edited);
        let is_there = piece.iter().any(|it| Some(it.id) == edited);
        place.is_some_and(|place| !is_there && place >= num_before(&entries, piece))
    }

    /// Sends what stands in the box. It stays there until the server has written it.
    pub(super) fn send_edited(self, question: MessageId) {
        let text = edited_text().filter(|text| !text.trim().is_empty());
        let Some(text) = text.filter(|_| !self.is_sending.get_untracked()) else {
            return;
        };
        let (user, place, editing) = (self.user(), self.place(), self.editing());
        let key = self.key_for_edit(question, &text);
        let params = SendParams::from(self.own.get_untracked());
        self.is_sending.set(true);
        editing.error.set(None);
        spawn_local(async move {
            let edited = Edited {
                question,
                text: text.clone(),
                params,
                key,
            };
            let answer = self.edit_question(edited).await;
            // Also if the page was left meanwhile. What was written since then is another text.
            if answer.is_ok() && browser::read_edit(user, question) == Some(text) {
                browser::forget_edit(user, question);
            }
            self.spawn(async move {
                self.is_sending.set(false);
                match answer {
                    Ok(turn) => {
                        // The same text once more is another version.
                        self.unseen.update_value(|it| it.unsent_edit = None);
                        if editing.question.get_untracked() == Some(question) {
                            editing.question.set(None);
                        }
                        self.turn_started(turn, place).await;
                        // By then the box is gone, and the focus with it.
                        request_animation_frame(|| browser::focus_text_if_lost(TEXT_ID));
                    }
                    Err(ChatError::Unauthorized) => self.fail(ChatError::Unauthorized),
                    Err(error) => {
                        Self::doubt_after(&error);
                        editing.error.set(Some(error));
                    }
                }
            });
        });
    }

    /// The key of the last attempt if it was the same: an answer that got lost on its way must not
    /// make a second version.
    fn key_for_edit(self, question: MessageId, text: &str) -> IdempotencyKey {
        let last = self.unseen.with_value(|it| it.unsent_edit.clone());
        let same = last.filter(|last| last.0 == question && last.1 == text);
        let key = same.map_or_else(browser::idempotency_key, |last| last.2);
        let attempt = (question, text.to_owned(), key);
        self.unseen
            .update_value(|it| it.unsent_edit = Some(attempt));
        key
    }

    /// Opens a new conversation that begins as this one did. A question becomes its draft.
    pub(super) fn fork(self, message: MessageId) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        let (user, place) = (self.user(), self.place());
        let has = |entries: &Vec<Entry>| {
            let named = entries.iter().find(|it| it.id == message);
            named.is_some_and(is_question)
        };
        let question = self.entries.with_untracked(has);
        let question = question.then(|| browser::question_text(message));
        self.spawn(async move {
            let answer = self.fork_at(message).await;
            self.is_sending.set(false);
            match answer {
                Ok(fork) => {
                    if let Some(text) = question {
                        browser::save_draft(user, Some(fork), &text);
                    }
                    if self.is_still_at(place) {
                        self.go(Some(fork), NavigateOptions::default());
                    }
                }
                Err(error) => self.fail(error),
            }
        });
    }
}

fn is_question(entry: &Entry) -> bool {
    entry.message.read_untracked().role == Role::User
}

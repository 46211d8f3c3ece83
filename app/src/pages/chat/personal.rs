//! What a person says of an answer, and has read aloud. All but the way to stop is loaded when it
//! is used.

use leptos::prelude::*;

use super::state::{ChatState, Entry};
use crate::{
    api::personal,
    browser,
    model::{ChatError, MessageId, RatingDetails, Thumb},
    transcript::ShownMessage,
};

/// The form that asks what is wrong with an answer.
#[derive(Clone, Copy)]
pub(super) struct RatingForm {
    /// It is open, for this answer.
    pub(super) rated: RwSignal<Option<MessageId>>,
    pub(super) error: RwSignal<Option<ChatError>>,
}

/// What the page knows of all that.
pub(super) struct Personal {
    form: RatingForm,
    /// The answer that is being read aloud.
    read_aloud: Option<MessageId>,
    /// How often one was.
    num_readings: u32,
}

impl Personal {
    pub(super) fn new() -> Self {
        Self {
            form: RatingForm {
                rated: RwSignal::new(None),
                error: RwSignal::new(None),
            },
            read_aloud: None,
            num_readings: 0,
        }
    }
}

impl ChatState {
    /// What asks what is wrong with an answer.
    pub(super) fn rating_form(self) -> RatingForm {
        self.unseen.with_value(|it| it.personal.form)
    }

    /// Tells the server what somebody thinks of an answer; of one that is not good they may say
    /// more.
    pub(super) async fn rate(self, id: MessageId, thumb: Option<Thumb>) -> Result<(), ChatError> {
        personal::rate_message(id, thumb, RatingDetails::default()).await?;
        self.change(id, |message| message.rating = thumb);
        let form = self.rating_form();
        form.error.set(None);
        form.rated.set((thumb == Some(Thumb::Down)).then_some(id));
        Ok(())
    }

    /// Sends the form; it stays open with the reason if the server refuses.
    pub(super) fn send_rating(self, id: MessageId, details: RatingDetails) {
        let form = self.rating_form();
        self.spawn(async move {
            match personal::rate_message(id, Some(Thumb::Down), details).await {
                Ok(()) => {
                    form.error.set(None);
                    form.rated.set(None);
                }
                Err(ChatError::Unauthorized) => self.fail(ChatError::Unauthorized),
                Err(error) => form.error.set(Some(error)),
            }
        });
    }

    /// Reads an answer aloud, one sentence after the other; if it is being read, ends that.
    pub(super) async fn read_aloud(self, id: MessageId) {
        if self.stop_reading() == Some(id) {
            return;
        }
        let sentences = browser::sentences_in(&format!("#message-{id} .answer"));
        if sentences.is_empty() {
            return;
        }
        let number = self.unseen.try_update_value(|it| {
            it.personal.read_aloud = Some(id);
            it.personal.num_readings += 1;
            it.personal.num_readings
        });
        let Some(number) = number else { return };
        self.change(id, |message| message.is_read_aloud = true);
        // Whoever reads on, ends, or leaves has another number, or another page.
        let goes_on = move || {
            let is_same = self.unseen.try_with_value(|it| {
                let it = &it.personal;
                it.read_aloud == Some(id) && it.num_readings == number
            });
            is_same == Some(true) && self.is_there(id)
        };
        let leaving = window_event_listener_untyped("pagehide", |_| browser::hush());
        browser::await_voices().await;
        for sentence in sentences {
            if !goes_on() {
                break;
            }
            sentence.read().await;
        }
        leaving.remove();
        if goes_on() {
            self.stop_reading();
        }
    }

    /// Ends it, if an answer is being read aloud: that one. Also while the page is left.
    pub(super) fn stop_reading(self) -> Option<MessageId> {
        let read = self
            .unseen
            .try_update_value(|it| it.personal.read_aloud.take());
        let id = read.flatten()?;
        let parts = self.unseen.try_with_value(|it| it.parts);
        let parts = parts.and_then(|it| it.try_get_untracked()).flatten();
        if let Some(parts) = parts {
            (parts.hush)();
        }
        self.change(id, |message| message.is_read_aloud = false);
        Some(id)
    }

    fn is_there(self, id: MessageId) -> bool {
        let there = self
            .entries
            .try_with_untracked(|entries| entries.iter().any(|it| it.id == id));
        there == Some(true)
    }

    fn change(self, id: MessageId, change: impl FnOnce(&mut ShownMessage)) {
        let find = |entries: &Vec<Entry>| {
            let entry = entries.iter().find(|it| it.id == id);
            entry.map(|it| it.message.clone())
        };
        if let Some(message) = self.entries.try_with_untracked(find).flatten() {
            message.update(change);
        }
    }
}

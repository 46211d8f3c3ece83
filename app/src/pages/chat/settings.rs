//! What happens to the conversation's own settings, and to the banner.

use leptos::{prelude::*, task::spawn_local};

use super::{
    commands::{Navigate, replacing},
    state::ChatState,
};
use crate::{
    api::{banner, conversations},
    components::move_draft,
    model::{Banner, ChatError, Choices, ConversationForm, ConversationId, ConversationState},
};

/// The dialog, and what is wrong with it: said there, not in the page behind it.
#[derive(Clone, Copy)]
pub(super) struct Dialog {
    /// Present: it is open, and began with these values.
    pub(super) form: RwSignal<Option<ConversationForm>>,
    pub(super) error: RwSignal<Option<ChatError>>,
    /// The folder whose instructions hold where the conversation has none.
    pub(super) instructed_by: RwSignal<Option<String>>,
}

impl Dialog {
    pub(super) fn new() -> Self {
        Self {
            form: RwSignal::new(None),
            error: RwSignal::new(None),
            instructed_by: RwSignal::new(None),
        }
    }
}

impl ChatState {
    /// Something was chosen beside the box. A new conversation gets it with its first message.
    pub(super) fn choose(self, chosen: Choices) {
        let before = self.own.get_untracked();
        let own = chosen.or(before);
        self.own.set(own);
        let Some(id) = self.shown_id() else { return };
        let saving = self
            .unseen
            .try_update_value(|it| it.unsaved.replace((id, own)));
        if saving.flatten().is_none_or(|(of, _)| of != id) {
            spawn_local(self.save_choices(id, before));
        }
    }

    /// Saves one choice after the other, so that the last one holds. `before` is shown again if the
    /// server refuses.
    async fn save_choices(self, id: ConversationId, before: Choices) {
        loop {
            let unsaved = self.unseen.try_with_value(|it| it.unsaved).flatten();
            let Some((_, chosen)) = unsaved.filter(|(of, _)| *of == id) else {
                return;
            };
            let saved = self.write_choices(id, chosen).await;
            self.unseen.try_update_value(|it| {
                it.num_saves += 1;
                it.unsaved
                    .take_if(|(of, newest)| *of == id && (saved.is_err() || *newest == chosen));
            });
            if let Err(error) = saved {
                if self.is_shown(Some(id)) {
                    self.own.set(before);
                    self.fail(error);
                }
                return;
            }
        }
    }

    /// What the server says that the shown conversation wants, behind what is being saved.
    pub(super) fn show_choices(self, told: &ConversationState) {
        let unsaved = self.unseen.with_value(|it| it.unsaved);
        let unsaved = unsaved.filter(|(of, _)| *of == told.summary.id);
        let chosen = unsaved.map(|(_, chosen)| chosen).unwrap_or_default();
        self.own.set(chosen.or(told.choices));
    }

    /// Opens the dialog with what the shown conversation has; a new one has what was chosen.
    pub(super) fn open_settings(self, dialog: Dialog) {
        if self.is_waiting().get_untracked() {
            return; // they would be those of the conversation before
        }
        self.error.set(None);
        dialog.error.set(None);
        dialog.instructed_by.set(None);
        let id = self.shown_id();
        self.spawn(async move {
            if let Some(id) = id {
                // As of now: another tab may have moved it.
                let state = conversations::conversation_state(id).await;
                let folder = state.ok().flatten().and_then(|it| it.instructed_by);
                dialog.instructed_by.set(folder);
            }
            match self.read_settings(id).await {
                Ok(settings) => dialog.form.set(Some(settings)),
                Err(error) => self.fail(error),
            }
        });
    }

    async fn read_settings(
        self,
        id: Option<ConversationId>,
    ) -> Result<ConversationForm, ChatError> {
        let parts = self.parts().await?;
        let Some(id) = id else {
            let mut form = ConversationForm::default();
            self.own.get_untracked().fill(&mut form);
            return Ok(form);
        };
        (parts.read_settings)(id).await
    }

    async fn write_settings(
        self,
        id: Option<ConversationId>,
        form: ConversationForm,
    ) -> Result<ConversationId, ChatError> {
        (self.parts().await?.save_settings)(id, form).await
    }

    /// Writes choices into the settings of a conversation.
    async fn write_choices(self, id: ConversationId, chosen: Choices) -> Result<(), ChatError> {
        let mut form = self.read_settings(Some(id)).await?;
        chosen.fill(&mut form);
        self.write_settings(Some(id), form).await?;
        Ok(())
    }

    /// Saves the dialog; it stays open with the reason if the server refuses.
    pub(super) fn save_settings(self, dialog: Dialog, form: ConversationForm, navigate: Navigate) {
        let own = form.choices();
        let place = self.place();
        let id = place.shown;
        self.spawn(async move {
            match self.write_settings(id, form).await {
                Ok(saved) => {
                    self.unseen.update_value(|it| it.num_saves += 1);
                    if self.shown_id() == id {
                        self.own.set(own);
                    }
                    if id.is_none() && self.is_still_at(place) {
                        self.show_made(saved).await;
                        navigate.run((Some(saved), replacing()));
                    }
                    dialog.form.set(None);
                    dialog.error.set(None);
                    self.refresh_list().await;
                }
                Err(ChatError::Unauthorized) => self.fail(ChatError::Unauthorized),
                Err(error) => dialog.error.set(Some(error)),
            }
        });
    }

    /// The new conversation exists now: what was written for it, and its first message, belong
    /// to it. While this lasts the dialog stays open, so nothing is written meanwhile.
    async fn show_made(self, made: ConversationId) {
        match conversations::conversation(made, None).await {
            Ok(conversation) => {
                move_draft(self.user(), made);
                self.show(conversation);
            }
            // The address leads there; what is wrong is told when it is read again.
            Err(error) => leptos::logging::warn!("the conversation was not read: {error}"),
        }
    }
}

/// Puts the banner away; it comes back with the next page if the server was not reached.
pub(super) fn dismiss_banner(banner: RwSignal<Option<Banner>>, dismissal: String) {
    banner.set(None);
    spawn_local(async move {
        if let Err(error) = banner::dismiss_banner(dismissal).await {
            leptos::logging::warn!("the banner was not put away: {error}");
        }
    });
}

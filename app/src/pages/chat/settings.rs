//! What happens to the conversation's own settings, and to the banner.

use leptos::{prelude::*, task::spawn_local};

use super::{
    address::ChatAddress,
    commands::{Navigate, replacing},
    state::ChatState,
};
use crate::{
    api::{banner, conversations},
    model::{Banner, ConversationForm},
};

/// Present: the dialog is open, and began with these values.
pub(super) type Dialog = RwSignal<Option<ConversationForm>>;

impl ChatState {
    /// Opens the dialog with what the shown conversation has; a new one has nothing of its own.
    pub(super) fn open_settings(self, dialog: Dialog) {
        self.error.set(None);
        let Some(id) = self.shown_id() else {
            dialog.set(Some(ConversationForm::default()));
            return;
        };
        spawn_local(async move {
            match conversations::conversation_settings(id).await {
                Ok(settings) => dialog.set(Some(settings)),
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    /// Saves the dialog; it stays open with the reason if the server refuses.
    pub(super) fn save_settings(self, dialog: Dialog, form: ConversationForm, navigate: Navigate) {
        let id = self.shown_id();
        spawn_local(async move {
            match conversations::save_conversation_settings(id, form).await {
                Ok(saved) => {
                    dialog.set(None);
                    self.error.set(None);
                    if id.is_none() {
                        // It exists now: the first message belongs to it.
                        self.refresh_list().await;
                        self.open(ChatAddress::Conversation(saved));
                        navigate.run((Some(saved), replacing()));
                    }
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
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

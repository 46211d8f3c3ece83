//! Parts of the chat page that nobody needs before something is pressed. The browser loads them a
//! moment after the page (`later`).

use leptos::prelude::*;
use leptos_router::NavigateOptions;

use super::{
    commands::Navigate,
    personal::RatingForm,
    search::{self, SearchPalette},
    settings::Dialog,
    state::ChatState,
};
use crate::{
    api::{
        conversations, deletion, messages,
        preferences::{set_language, set_theme},
    },
    browser,
    components::{ConversationSettingsDialog, RatingDialog, Shortcuts, Wish},
    later::{Work, later},
    model::{
        ChatError, ConversationForm, ConversationId, IdempotencyKey, LanguageChoice, MessageId,
        SendParams, StartedTurn, Theme, Thumb,
    },
};

/// What a press asks of the server, and what follows.
pub(super) enum Pressed {
    Rename {
        id: ConversationId,
        title: String,
    },
    Delete(ConversationId, Navigate),
    Restore(ConversationId, Navigate),
    /// Those that were archived, or deleted together.
    RestoreAll(Vec<ConversationId>),
    Arrange(Wish, Navigate),
    KeepTheme(Theme),
    Speak(LanguageChoice),
    ShowVersion(MessageId),
    /// For good.
    DeleteMessage(MessageId),
    Rate(MessageId, Option<Thumb>),
    ReadAloud(MessageId),
}

/// A question that takes the place of another one.
pub(super) struct Edited {
    pub(super) question: MessageId,
    pub(super) text: String,
    pub(super) params: SendParams,
    pub(super) key: IdempotencyKey,
}

/// A turn that begins without a new message.
#[derive(Clone, Copy)]
pub(super) enum Again {
    Regenerate,
    Continue,
}

/// The functions of the part.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) shortcuts: fn() -> AnyView,
    pub(super) settings: fn(Dialog, Callback<ConversationForm>) -> AnyView,
    pub(super) palette: fn(ChatState) -> AnyView,
    pub(super) search: fn(ChatState),
    pub(super) rating: fn(ChatState) -> AnyView,
    /// Says nothing more.
    pub(super) hush: fn(),
    pub(super) read_settings: fn(ConversationId) -> Work<Result<ConversationForm, ChatError>>,
    pub(super) save_settings:
        fn(Option<ConversationId>, ConversationForm) -> Work<Result<ConversationId, ChatError>>,
    pub(super) text: fn(MessageId) -> Work<Result<String, ChatError>>,
    edit: fn(Edited) -> Work<Result<StartedTurn, ChatError>>,
    fork: fn(MessageId) -> Work<Result<ConversationId, ChatError>>,
    begin: fn(MessageId, Again) -> Work<Result<StartedTurn, ChatError>>,
    carry_out: fn(ChatState, Pressed) -> Work<Result<(), ChatError>>,
}

later! { chat:
    async fn parts() -> Result<Parts, ChatError> {
        Ok(Parts {
            shortcuts: || view! { <Shortcuts/> }.into_any(),
            settings: |dialog, on_save| {
                let Dialog {
                    form,
                    error,
                    instructed_by,
                } = dialog;
                view! { <ConversationSettingsDialog form instructed_by error on_save/> }.into_any()
            },
            palette: |state| view! { <SearchPalette state/> }.into_any(),
            search: search::show,
            rating: rating_dialog,
            hush: browser::hush,
            read_settings: |id| Box::pin(conversations::conversation_settings(id)),
            save_settings: |id, form| Box::pin(conversations::save_conversation_settings(id, form)),
            text: |id| Box::pin(messages::message_text(id)),
            edit: |edited| {
                let Edited {
                    question,
                    text,
                    params,
                    key,
                } = edited;
                Box::pin(messages::edit_question(question, text, params, key))
            },
            fork: |id| Box::pin(conversations::fork_conversation(id)),
            begin: |id, again| match again {
                Again::Regenerate => Box::pin(messages::regenerate(id)),
                Again::Continue => Box::pin(messages::continue_turn(id)),
            },
            carry_out: |state, pressed| Box::pin(carry_out(state, pressed)),
        })
    }
}

fn rating_dialog(state: ChatState) -> AnyView {
    let RatingForm { rated, error } = state.rating_form();
    let on_send = Callback::new(move |(id, details)| state.send_rating(id, details));
    view! { <RatingDialog rated error on_send/> }.into_any()
}

async fn carry_out(state: ChatState, pressed: Pressed) -> Result<(), ChatError> {
    match pressed {
        Pressed::Rename { id, title } => {
            conversations::rename_conversation(id, title).await?;
            state.renamed(id).await;
        }
        Pressed::Delete(id, navigate) => {
            conversations::delete_conversation(id).await?;
            state.conversation_deleted(id, navigate);
        }
        Pressed::Restore(id, navigate) => {
            conversations::restore_conversation(id).await?;
            state.deleted.set(None);
            state.put_back(id).await;
            navigate.run((Some(id), NavigateOptions::default()));
        }
        Pressed::RestoreAll(ids) => state.restore_all(ids).await?,
        Pressed::Arrange(wish, navigate) => state.arrange(wish, navigate).await?,
        Pressed::KeepTheme(theme) => set_theme(theme).await?,
        Pressed::Speak(language) => {
            set_language(language).await?;
            browser::reload();
        }
        Pressed::ShowVersion(id) => {
            conversations::show_version(id).await?;
            state.refresh().await;
            state.leave_sought();
        }
        Pressed::Rate(id, thumb) => state.rate(id, thumb).await?,
        Pressed::ReadAloud(id) => state.read_aloud(id).await,
        Pressed::DeleteMessage(id) => {
            deletion::delete_message(id).await?;
            state.refresh().await;
        }
    }
    Ok(())
}

impl ChatState {
    /// The functions of the part, which is loaded if it is not there yet. The page may have been
    /// left meanwhile: what is being saved goes on.
    pub(super) async fn parts(self) -> Result<Parts, ChatError> {
        let loaded = self.unseen.try_with_value(|it| it.parts);
        let known = loaded.and_then(|it| it.try_get_untracked());
        if let Some(parts) = known.flatten() {
            return Ok(parts);
        }
        let parts = parts().await?;
        if let Some(loaded) = loaded {
            loaded.try_set(Some(parts));
        }
        Ok(parts)
    }

    /// Does what was pressed.
    pub(super) async fn carry_out(self, pressed: Pressed) -> Result<(), ChatError> {
        (self.parts().await?.carry_out)(self, pressed).await
    }

    /// As [`Self::carry_out`]; an error is shown in its place.
    pub(super) fn press(self, pressed: Pressed) {
        self.spawn(async move {
            if let Err(error) = self.carry_out(pressed).await {
                self.fail(error);
            }
        });
    }

    /// Sends a question in the place of another one.
    pub(super) async fn edit_question(self, edited: Edited) -> Result<StartedTurn, ChatError> {
        (self.parts().await?.edit)(edited).await
    }

    /// Copies the conversation up to this message.
    pub(super) async fn fork_at(self, message: MessageId) -> Result<ConversationId, ChatError> {
        (self.parts().await?.fork)(message).await
    }

    /// Begins a turn without a new message.
    pub(super) async fn begin_again(
        self,
        answer: MessageId,
        again: Again,
    ) -> Result<StartedTurn, ChatError> {
        (self.parts().await?.begin)(answer, again).await
    }
}

//! Why a message did not go, above the box that still has it.

use leptos::prelude::*;

use super::FileNote;
use crate::{
    components::{ErrorText, Icon, IconName},
    model::ChatError,
    words::{use_locale, words},
};

/// A server that was not reached is no error of the person: one sentence, and one way on.
#[component]
pub(super) fn LostMessage(
    error: Signal<Option<ChatError>>,
    note: RwSignal<Option<FileNote>>,
    is_sending: Signal<bool>,
    on_again: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let is_unreached = |error: &ChatError| matches!(error, ChatError::Unreachable(_));
    let is_lost = Memo::new(move |_| error.read().as_ref().is_some_and(is_unreached));
    let other = Signal::derive(move || error.get().filter(|error| !is_unreached(error)));
    let lost = move || {
        view! {
            <div class="message-note failed" role="alert">
                <Icon name=IconName::Warning/>
                <span>{words!(locale, chat.lost_sending)}</span>
                <button
                    type="button"
                    class="button"
                    disabled=is_sending
                    on:click=move |_| on_again.run(())
                >
                    {words!(locale, chat.try_again)}
                </button>
            </div>
        }
    };
    let told = move |note| {
        let words = match note {
            FileNote::Coming => words!(locale, chat.file_coming),
            FileNote::Unreached => words!(locale, chat.file_unreached),
        };
        view! { <p class="error-text">{words}</p> }
    };
    view! {
        <ErrorText error=other/>
        {move || is_lost.get().then(lost)}
        <div role="status">{move || note.get().map(told)}</div>
    }
}

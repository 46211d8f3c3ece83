//! Why a message did not go, above the box that still has it.

use leptos::prelude::*;

use crate::{
    browser::{FileRefusal, RefusedFile},
    components::{ErrorText, Icon, IconName},
    model::ChatError,
    words::{Locale, use_locale, words},
};

/// A server that was not reached is no error of the person: one sentence, and one way on.
#[component]
pub(super) fn LostMessage(
    error: Signal<Option<ChatError>>,
    refused_files: RwSignal<Vec<RefusedFile>>,
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
    let refused = move || {
        let line = |file| view! { <p class="error-text">{refusal(locale, file)}</p> };
        refused_files.get().into_iter().map(line).collect_view()
    };
    view! {
        <ErrorText error=other/>
        {move || is_lost.get().then(lost)}
        <div role="status">{refused}</div>
    }
}

fn refusal(locale: Locale, file: RefusedFile) -> String {
    let RefusedFile { name, reason } = file;
    match reason {
        FileRefusal::TooLarge => words!(locale, chat.file_too_large, name = name),
        FileRefusal::NoText => words!(locale, chat.text_only, name = name),
        FileRefusal::Unreadable => words!(locale, chat.file_unreadable, name = name),
        FileRefusal::Unreached => words!(locale, chat.file_unreached, name = name),
    }
}

//! The message that waits for the end of the answer, above the text that is being typed.

use leptos::prelude::*;

use super::{ComposerCommand, ComposerState};
use crate::{
    components::{Icon, IconName},
    words::{use_locale, words},
};

/// Nothing while nothing waits.
#[component]
pub(super) fn QueuedRow(
    state: ComposerState,
    on_command: Callback<ComposerCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let text = Memo::new(move |_| {
        let queued = state.queued.read();
        queued.as_ref().map(|it| it.text.clone())
    });
    let stop = move |_| {
        if let Some(id) = state.running.get_untracked() {
            on_command.run(ComposerCommand::StopAndSend(id));
        }
    };
    let edit = words!(locale, chat.edit);
    let drop_it = words!(locale, chat.do_not_send);
    let row = move |text: String| {
        view! {
            <div class="queued" role="group" aria-label=words!(locale, chat.next_message)>
                <Icon name=IconName::Clock class="icon small"/>
                <p dir="auto">{text}</p>
                <button
                    type="button"
                    class="quiet-button stop-and-send"
                    disabled=state.is_sending
                    on:click=stop
                >
                    {words!(locale, chat.stop_and_send)}
                </button>
                <button
                    type="button"
                    class="icon-button edit-queued"
                    title=edit
                    aria-label=edit
                    disabled=state.is_sending
                    on:click=move |_| on_command.run(ComposerCommand::EditQueued)
                >
                    <Icon name=IconName::Edit/>
                </button>
                <button
                    type="button"
                    class="icon-button drop-queued"
                    title=drop_it
                    aria-label=drop_it
                    disabled=state.is_sending
                    on:click=move |_| on_command.run(ComposerCommand::DropQueued)
                >
                    <Icon name=IconName::Close/>
                </button>
            </div>
        }
    };
    move || text.get().map(row)
}

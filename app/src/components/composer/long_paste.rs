//! A long text that was pasted is offered as a file: its chip takes less room than a page of text,
//! and it can be read and found again. Nothing happens unless somebody takes the offer.

use leptos::{prelude::*, task::spawn_local};
use web_sys::ClipboardEvent;

use super::{ComposerState, FileNote, text_box::take_out};
use crate::{
    browser,
    components::{Icon, IconName},
    model::UserId,
    words::{use_locale, words},
};

/// From so many characters on.
const LONG: usize = 4_000;

/// What is pasted, if it is long, as the box has it.
pub(super) fn long_text(event: &ClipboardEvent) -> Option<String> {
    let pasted = event.clipboard_data()?.get_data("text/plain").ok()?;
    let pasted = pasted.replace("\r\n", "\n");
    (pasted.chars().count() > LONG).then_some(pasted)
}

/// The offer, with one button.
#[component]
pub(super) fn LongPaste(user: UserId, state: ComposerState) -> impl IntoView {
    let locale = use_locale();
    let is_offered = Memo::new(move |_| state.pasted.read().is_some());
    let add = move |_| {
        if let Some(text) = state.pasted.get_untracked() {
            state.pasted.set(None);
            add_pasted(user, state, text, words!(locale, chat.pasted_name));
        }
    };
    let offer = move || {
        view! {
            <div class="message-note">
                <Icon name=IconName::File/>
                <span>{words!(locale, chat.long_paste)}</span>
                <button type="button" class="button" on:click=add>
                    {words!(locale, chat.add_as_file)}
                </button>
            </div>
        }
    };
    view! { <div role="status">{move || is_offered.get().then(offer)}</div> }
}

/// The text leaves the box once the server has it.
fn add_pasted(user: UserId, state: ComposerState, text: String, name: &'static str) {
    let place = state.conversation.get_untracked();
    let Some(file) = browser::text_file(name, &text) else {
        return;
    };
    let before = browser::num_attached(name);
    spawn_local(async move {
        if browser::send_files(user, place, vec![file]).await.is_err() {
            state.note.try_set(Some(FileNote::Unreached));
        } else if browser::num_attached(name) > before {
            take_out(user, place, &text);
        }
    });
}

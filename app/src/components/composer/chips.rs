//! The files that go with the next message, above its text. The server draws their chips, which are
//! put in place in the browser: here stand their list, and what those are made of that the browser
//! makes itself.

use leptos::prelude::*;

use super::{ComposerState, TEXT_ID};
use crate::{
    browser::{self, CHIPS},
    components::{Icon, IconName},
    model::UserId,
    words::{use_locale, words},
};

/// Nothing while there are no files.
#[component]
pub(super) fn Chips(user: UserId, state: ComposerState) -> impl IntoView {
    let locale = use_locale();
    Effect::new(move || {
        browser::show_chips(user, state.conversation.get());
        state.pasted.set(None);
    });
    let on_click = move |event: web_sys::MouseEvent| {
        if browser::remove_pressed(&event) {
            // The button had the focus, and has gone.
            browser::focus_text(TEXT_ID);
        }
    };
    let label = words!(locale, chat.remove);
    let model = move |kind: &'static str, is_failed: bool, words: &'static str| {
        let class = if is_failed {
            "attachment failed"
        } else {
            "attachment"
        };
        let tile = if is_failed {
            view! { <Icon name=IconName::Warning/> }.into_any()
        } else {
            view! { <progress aria-label=words></progress> }.into_any()
        };
        view! {
            <li class=class data-chip=kind>
                <span class="attachment-tile">{tile}</span>
                <span class="attachment-words">
                    <strong dir="auto"></strong>
                    <small>{words}</small>
                </span>
                <button
                    type="button"
                    class="icon-button"
                    title=label
                    aria-label=label
                    data-remove-file=""
                >
                    <Icon name=IconName::Close/>
                </button>
            </li>
        }
    };
    view! {
        <ul
            class="attachments"
            id=CHIPS
            aria-label=words!(locale, chat.files)
            on:click=on_click
        ></ul>
        <ul id="chip-models" hidden>
            {model("sending", false, words!(locale, chat.sending_file))}
            {model("large", true, words!(locale, chat.file_too_large))}
            {model("unreached", true, words!(locale, chat.file_unreached))}
        </ul>
    }
}

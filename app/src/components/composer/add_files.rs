//! Files for whoever cannot drop or paste them: a button that opens the system's own dialog.

use leptos::{html, prelude::*};

use super::ComposerState;
use crate::{
    browser,
    components::{Icon, IconName, drop_zone::add_files},
    model::UserId,
    words::{use_locale, words},
};

/// What is chosen goes where dropped files go. The input has no name, so nothing of it is sent.
#[component]
pub(super) fn AddFiles(user: UserId, state: ComposerState) -> impl IntoView {
    let label = words!(use_locale(), chat.add_files);
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let on_change = move |event: web_sys::Event| {
        add_files(user, state, browser::chosen_files(&event));
    };
    view! {
        <button
            type="button"
            class="icon-button add-files needs-script"
            title=label
            aria-label=label
            on:click=choose
        >
            <Icon name=IconName::Plus/>
        </button>
        <input
            class="visually-hidden"
            type="file"
            multiple
            tabindex="-1"
            aria-hidden="true"
            autocomplete="off"
            node_ref=input
            on:change=on_change
        />
    }
}

//! A title that is written where it stands: in its row, or above the conversation.

use leptos::{html, prelude::*};

use crate::{
    browser,
    words::{use_locale, words},
};

/// Takes the focus at once. Enter keeps what was written, and so does leaving; Escape does not.
#[component]
pub(crate) fn TitleInput(
    title: String,
    /// What was written; nothing if the title stays as it was. Called once.
    on_done: Callback<Option<String>>,
) -> impl IntoView {
    let locale = use_locale();
    let input = NodeRef::<html::Input>::new();
    let is_done = StoredValue::new(false);
    let old = StoredValue::new(title.clone());
    Effect::new(move || {
        if let Some(input) = input.get() {
            // Fails only for elements that left the document meanwhile.
            let _ = input.focus();
            input.select();
        }
    });
    let done = move |written: Option<String>| {
        let was_done = is_done.try_update_value(|it| std::mem::replace(it, true));
        if was_done == Some(false) {
            on_done.run(written);
        }
    };
    let keep = move || {
        // An input that is taken away is left once more.
        let Some(Some(input)) = input.try_get_untracked() else {
            return;
        };
        let written = input.value().trim().to_owned();
        let is_new = !written.is_empty() && old.try_with_value(|old| written != *old) == Some(true);
        done(is_new.then_some(written));
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if browser::is_composing(&event) {
            return;
        }
        match event.key().as_str() {
            "Enter" => keep(),
            "Escape" => done(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <input
            class="input"
            type="text"
            value=title
            aria-label=words!(locale, chat.title)
            dir="auto"
            autocomplete="off"
            node_ref=input
            on:keydown=on_key
            on:blur=move |_| keep()
        />
    }
}

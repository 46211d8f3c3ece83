//! The token that a one-time link brings, and the field for it where no script can read the link.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    browser,
    components::Field,
    words::{use_locale, words},
};

/// The token of the link that was opened at this page; empty while it is not known. Links have it
/// in the fragment, which only the browser sees; those of earlier versions had it in the query.
pub(super) fn link_token(page: &'static str) -> RwSignal<String> {
    let query = use_query_map();
    let in_query = query.read_untracked().get("token").unwrap_or_default();
    let token = RwSignal::new(in_query);
    Effect::new(move || {
        let is_missing = token.read_untracked().is_empty();
        let kept = || {
            let found = || browser::kept_link_token(page);
            is_missing.then(found).flatten()
        };
        if let Some(found) = browser::take_link_token(page).or_else(kept) {
            token.set(found);
        }
        // A link that is opened in a tab which shows this page already loads no page.
        let opening = window_event_listener(leptos::ev::hashchange, move |_| {
            if let Some(found) = browser::take_link_token(page) {
                token.set(found);
            }
        });
        on_cleanup(move || opening.remove());
    });
    token
}

/// A token that does not hold makes room for the next one: the field is there again.
pub(super) fn give_up(token: RwSignal<String>, page: &str) {
    browser::forget_link_token(page);
    token.set(String::new());
}

/// The token as a field of a form: unseen if the link brought it, else to be filled in.
#[component]
pub(super) fn LinkTokenField(token: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    move || {
        let token = token.get();
        if token.is_empty() {
            view! {
                <Field
                    label=words!(locale, door.link_code)
                    name="token"
                    autocomplete="off"
                    hint=words!(locale, door.link_code_rule)
                    class="input tall"
                />
            }
            .into_any()
        } else {
            view! { <input type="hidden" name="token" value=token autocomplete="off"/> }.into_any()
        }
    }
}

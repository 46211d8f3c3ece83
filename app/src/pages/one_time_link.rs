//! The token that a one-time link brings, and the field for it where no script can read the link.

use leptos::prelude::*;

use super::door_head::asked;
use crate::{
    components::Field,
    model::ChatError,
    words::{use_locale, words},
};

/// The token of a link of earlier versions, which had it in the query; empty if there is none, or
/// if it was just refused. Other links have it in the fragment, which only the browser sees.
pub(super) fn token_in_query(error: Option<&ChatError>) -> String {
    if error == Some(&ChatError::Forbidden) {
        return String::new();
    }
    asked("token")
}

/// The token as a field of a form: unseen if the link brought it, else to be filled in.
#[component]
pub(super) fn LinkTokenField(token: String) -> impl IntoView {
    let locale = use_locale();
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

//! The place of an error.

use leptos::prelude::*;

use crate::{
    model::ChatError,
    words::{self, use_locale},
};

/// What went wrong, said at once to screen readers, in its place.
#[component]
pub(crate) fn ErrorText(#[prop(into)] error: Signal<Option<ChatError>>) -> impl IntoView {
    let locale = use_locale();
    move || {
        let error = error.get()?;
        Some(view! { <p class="error-text" role="alert">{words::sentence(locale, error)}</p> })
    }
}

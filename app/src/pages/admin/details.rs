//! What a program says of a fault, for whoever administers it: in English, kept apart from what
//! everybody can read.

use leptos::prelude::*;

use crate::words::{use_locale, words};

/// Folded until somebody wants to know.
#[component]
pub(super) fn Details(text: String) -> impl IntoView {
    let locale = use_locale();
    view! {
        <details class="fault">
            <summary>{words!(locale, admin.details)}</summary>
            <code lang="en">{text}</code>
        </details>
    }
}

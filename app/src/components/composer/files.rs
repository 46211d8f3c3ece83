//! Files that somebody pastes or drops: models here read text only, and the page says so instead
//! of showing the file or losing it without a word.

use leptos::prelude::*;
use web_sys::DataTransfer;

use crate::words::{use_locale, words};

/// Whether files are brought. A copied table brings its picture beside its text, which is wanted.
pub(super) fn brings_only_files(brought: Option<DataTransfer>) -> bool {
    let Some(brought) = brought else {
        return false;
    };
    let types = brought.types();
    let brings = |name: &str| {
        types
            .iter()
            .any(|it| it.as_string().as_deref() == Some(name))
    };
    brings("Files") && !brings("text/plain")
}

/// What is said after somebody tried.
#[component]
pub(super) fn TextOnlyNote(is_shown: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let note = move || {
        let words = words!(locale, chat.text_only);
        is_shown
            .get()
            .then(|| view! { <p class="error-text">{words}</p> })
    };
    view! { <div role="status">{note}</div> }
}

//! No such page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{answer_not_found, window_title};
use crate::{
    components::PageLink,
    words::{use_locale, words},
};

/// The answer to every other address, with status 404.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let locale = use_locale();
    answer_not_found();
    view! {
        <Title text=window_title(words!(locale, door.not_found))/>
        <main class="door">
            <h1>{words!(locale, door.not_found)}</h1>
            <p>{words!(locale, door.not_found_lead)}</p>
            <p><PageLink to="/">{words!(locale, chat.new_chat)}</PageLink></p>
        </main>
    }
}

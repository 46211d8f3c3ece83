//! No such page.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::{answer_not_found, window_title};
use crate::words;

/// The answer to every other address, with status 404.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    answer_not_found();
    view! {
        <Title text=window_title(words::NOT_FOUND)/>
        <main class="door">
            <h1>{words::NOT_FOUND}</h1>
            <p>{words::NOT_FOUND_LEAD}</p>
            <p><A href="/">{words::NEW_CHAT}</A></p>
        </main>
    }
}

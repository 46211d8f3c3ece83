//! `/search`: a field and what was found, all of it drawn by the server, so that it needs no
//! script. The palette of the chat page shows the same hits.

#[cfg(feature = "ssr")]
mod drawing;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{once_loaded, window_title};
use crate::{
    api::search::draw_search,
    browser,
    read_once::read_once,
    words::{use_locale, words},
};
#[cfg(feature = "ssr")]
pub(crate) use drawing::draw_search as draw;

/// What the address asks for.
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let locale = use_locale();
    let typed = use_query_map().with_untracked(|query| query.get("q"));
    let typed = typed.unwrap_or_default();
    let found = read_once(move || draw_search(typed.clone(), true));
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, frame.search))/>
        <main class="search-page">
            {once_loaded(found, |drawing| view! { <div inner_html=drawing.html></div> })}
        </main>
    }
}

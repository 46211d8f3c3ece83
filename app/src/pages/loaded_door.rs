//! A door as the browser's program knows it: a page that only the server makes.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Location};

use crate::browser;

/// Somebody was led to a door out of another page: it is loaded.
#[component]
pub(crate) fn LoadedDoor() -> impl IntoView {
    let Location {
        pathname, search, ..
    } = use_location();
    Effect::new(move || {
        let (path, query) = (pathname.get_untracked(), search.get_untracked());
        let query = query.trim_start_matches('?');
        let sign = if query.is_empty() { "" } else { "?" };
        browser::leave_for(&format!("{path}{sign}{query}"));
    });
    view! { <main class="door"></main> }
}

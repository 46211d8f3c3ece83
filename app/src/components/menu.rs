//! What opens below a button, and without script too.

use leptos::prelude::*;

use crate::browser;

/// A menu of the page; a sheet at the bottom on a phone.
#[component]
pub(super) fn Menu(
    /// What its button names.
    id: &'static str,
    /// Its name for screen readers.
    label: &'static str,
    /// It opened or closed.
    #[prop(optional)]
    on_toggle: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let toggled = move |_| {
        if let Some(on_toggle) = on_toggle {
            on_toggle.run(());
        }
    };
    view! {
        <div
            id=id
            class="menu sheet"
            popover="auto"
            role="group"
            aria-label=label
            on:keydown=move |event| browser::walk_menu(&event)
            on:toggle=toggled
        >
            <div class="handle"></div>
            {children()}
        </div>
    }
}

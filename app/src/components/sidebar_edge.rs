//! The inner edge of the list of conversations, which is drawn to make it wider or narrower.

use leptos::prelude::*;

use crate::{
    browser,
    model::SidebarWidth,
    preferences,
    words::{use_locale, words},
};

/// Drawn with a mouse or a pen, moved by arrow keys; Enter makes a rail of the list, a double
/// click makes it as wide as it was at first.
#[component]
pub(crate) fn SidebarEdge() -> impl IntoView {
    let locale = use_locale();
    let width = preferences::of_page().sidebar_width;
    // Present: a pointer holds the edge, so far beside it.
    let held = StoredValue::new(None::<i32>);
    Effect::new(browser::tell_edge);
    let on_move = move |event: web_sys::PointerEvent| {
        if let Some(beside) = held.get_value() {
            browser::draw_edge(&event, beside);
        }
    };
    let let_go = move |_| {
        held.set_value(None);
        browser::keep_edge();
    };
    // Whoever draws it goes on writing where the focus is, and selects nothing on the way.
    let keep_focus = |event: web_sys::MouseEvent| event.prevent_default();
    view! {
        <div
            id="sidebar-edge"
            class="sidebar-edge needs-script"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-controls="sidebar"
            aria-label=words!(locale, frame.sidebar_width)
            aria-valuemin=SidebarWidth::LEAST.px().to_string()
            aria-valuemax=SidebarWidth::MOST.px().to_string()
            aria-valuenow=width.px().to_string()
            data-collapsed=words!(locale, frame.sidebar_collapsed)
            on:mousedown=keep_focus
            on:pointerdown=move |event| held.set_value(browser::grab_edge(&event))
            on:pointermove=on_move
            on:lostpointercapture=let_go
            on:dblclick=|_| browser::reset_edge()
            on:keydown=|event| browser::press_edge(&event)
            on:focus=|_| browser::tell_edge()
        ></div>
    }
}

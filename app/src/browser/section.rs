//! A section that the server draws, in the page: put in its place, and what its parts can do by
//! attributes. `data-copy` on a button names what it copies, `data-address` stands on a path that
//! people have to see whole, arrow keys go from bar to bar of a chart.

use std::time::Duration;

use js_sys::futures::spawn_local;
use leptos::prelude::document;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, wasm_bindgen::JsCast};

use super::{
    copy_text,
    elements::{all_in, closest},
    origin, sleep,
};
use crate::model::Drawing;

/// What can have the focus.
const FOCUSABLE: &str = "a[href], button, input:not([type=hidden]), select, textarea, summary";
/// How long a button says that it has copied.
const COPIED: Duration = Duration::from_millis(1500);

/// Draws a section anew. The focus stays where it was, as far as that is still there.
pub(crate) fn redraw(place: &Element, drawing: &Drawing) {
    let focused = focused_in(place);
    place.set_inner_html(&drawing.html);
    // Fails only for a name that is no attribute's.
    let _ = place.toggle_attribute_with_force("data-changing", drawing.is_changing);
    complete_addresses(place);
    if let Some((selector, index)) = focused {
        focus_again(place, &selector, index);
    }
    // What a screen reader has to hear stands in an element that was there before.
    let told = place.query_selector(".saved-mark").ok().flatten();
    let told = told.and_then(|it| it.text_content());
    tell(place, told.as_deref().unwrap_or_default());
}

/// Says something beside a section to screen readers.
fn tell(place: &Element, words: &str) {
    if let Some(status) = place.next_element_sibling() {
        status.set_text_content(Some(words));
    }
}

/// What has the focus: a selector that finds it, and which one it is of all that can have it.
fn focused_in(place: &Element) -> Option<(String, usize)> {
    let focused = document().active_element()?;
    if !place.contains(Some(&focused)) {
        return None;
    }
    let menu = focused.closest("[popover]").ok().flatten();
    // A menu is closed afterwards; its button is still there.
    let selector = match menu {
        Some(menu) => format!("[popovertarget=\"{}\"]", menu.id()),
        None => format!("[id=\"{}\"]:not([id=\"\"])", focused.id()),
    };
    let all = all_in(place, FOCUSABLE);
    let index = all.iter().position(|it| *it == focused);
    Some((selector, index.unwrap_or_default()))
}

fn focus_again(place: &Element, selector: &str, index: usize) {
    let same = place.query_selector(selector).ok().flatten();
    let found = same.or_else(|| {
        let all = all_in(place, FOCUSABLE);
        all.get(index).or(all.last()).cloned()
    });
    focus(found);
    let is_lost = !place.contains(document().active_element().as_deref());
    if is_lost {
        // Such as a save bar, which is not there any more once everything is saved.
        focus(place.query_selector(".saved-mark[tabindex]").ok().flatten());
    }
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // Fails only for elements that left the document meanwhile.
        let _ = element.focus();
    }
}

/// Only the browser knows the address that people type.
pub(crate) fn complete_addresses(place: &Element) {
    for path in all_in(place, "[data-address]") {
        let address = format!("{}{}", origin(), path.text_content().unwrap_or_default());
        path.set_text_content(Some(&address));
        // Fails only for a name that is no attribute's.
        let _ = path.remove_attribute("data-address");
    }
}

/// Copies what a pressed button names. Begins at once: browsers allow it to a press only.
pub(crate) fn copy_pressed(event: &Event) {
    let Some(button) = closest(event, "[data-copy]") else {
        return;
    };
    let named = button.get_attribute("data-copy").unwrap_or_default();
    let text = document().get_element_by_id(&named);
    let Some(text) = text.and_then(|it| it.text_content()) else {
        return;
    };
    let copying = copy_text(&text);
    spawn_local(async move {
        if copying.await {
            // Both fail only for a name that is no attribute's.
            let _ = button.set_attribute("data-copied", "");
            sleep(COPIED).await;
            let _ = button.remove_attribute("data-copied");
        }
    });
}

/// Goes from one bar of a chart to the next.
pub(crate) fn walk_chart(event: &KeyboardEvent) {
    let Some(bar) = closest(event, ".day-bar") else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowRight" => bar.next_element_sibling(),
        "ArrowLeft" => bar.previous_element_sibling(),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next.filter(|it| it.class_list().contains("day-bar")) {
        // Every element of a drawing can have the focus as those of the page can.
        let _ = next.unchecked_into::<HtmlElement>().focus();
    }
}

/// Scrolls a row of links so that the one to the shown page is in sight.
pub(crate) fn show_current(list: &Element) {
    let current = list.query_selector("[aria-current]").ok().flatten();
    if let Some(current) = current.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        list.set_scroll_left(current.offset_left() - list.client_width() / 3);
    }
}

//! The palette: a field, and below it what the server found of what is typed. The field keeps the
//! focus; arrow keys choose among the hits, which are links.

use leptos::prelude::window;
use web_sys::{
    Element, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent,
    ScrollIntoViewOptions, ScrollLogicalPosition, wasm_bindgen::JsCast,
};

use super::{
    element,
    elements::{all, closest, set},
    is_composing, open_dialog, opens_tab,
};

/// Ids of its parts.
pub(crate) const PALETTE: &str = "palette";
pub(crate) const PALETTE_FIELD: &str = "palette-field";
pub(crate) const PALETTE_RESULTS: &str = "palette-results";
pub(crate) const PALETTE_TOLD: &str = "palette-told";

/// What can be chosen, and what is.
const OPTIONS: &str = "#palette [role=option]";
const CHOSEN: &str = "#palette [aria-selected=true]";

fn field() -> Option<HtmlInputElement> {
    element(PALETTE_FIELD)?.dyn_into().ok()
}

/// Opens the palette with what was typed last, all of it chosen, so that it is written over.
/// Returns that text.
pub(crate) fn open_palette() -> String {
    open_dialog(PALETTE);
    let Some(field) = field() else {
        return String::new();
    };
    // Fails only for elements that left the document meanwhile.
    let _ = field.focus();
    field.select();
    field.value()
}

/// Puts the palette away.
pub(crate) fn close_palette() {
    let palette = element(PALETTE).and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
    if let Some(palette) = palette {
        palette.close();
    }
}

/// Something else is being looked for: what is shown stays, and is quiet.
pub(crate) fn await_found() {
    set(element(PALETTE_RESULTS).as_deref(), "aria-busy", "true");
}

/// Shows what was found, and chooses the first of it.
pub(crate) fn show_found(html: &str) {
    let Some(results) = element(PALETTE_RESULTS) else {
        return;
    };
    results.set_inner_html(html);
    results.set_scroll_top(0);
    let told = results.query_selector("[data-told]").ok().flatten();
    let told = told.and_then(|it| it.get_attribute("data-told"));
    tell(&told.unwrap_or_default());
    settle();
    choose(all(OPTIONS).first());
}

/// Says why nothing could be looked for.
pub(crate) fn show_not_found(reason: &str) {
    if let Some(results) = element(PALETTE_RESULTS) {
        results.set_text_content(Some(reason));
    }
    tell(reason);
    settle();
    choose(None);
}

/// Says something to screen readers, and beside the keys.
fn tell(words: &str) {
    if let Some(told) = element(PALETTE_TOLD) {
        told.set_text_content(Some(words));
    }
}

fn settle() {
    set(element(PALETTE_RESULTS).as_deref(), "aria-busy", "false");
    let has_options = !all(OPTIONS).is_empty();
    let is_expanded = if has_options { "true" } else { "false" };
    set(
        element(PALETTE_FIELD).as_deref(),
        "aria-expanded",
        is_expanded,
    );
}

/// Of all hits this one is chosen, and none if there is none.
fn choose(option: Option<&Element>) {
    for chosen in all(CHOSEN) {
        set(Some(&chosen), "aria-selected", "false");
    }
    let id = option.map(Element::id).unwrap_or_default();
    set(
        element(PALETTE_FIELD).as_deref(),
        "aria-activedescendant",
        &id,
    );
    set(option, "aria-selected", "true");
    if let Some(option) = option {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        option.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Arrow keys choose, Enter opens, with Control or Command in another tab. The key that opened the
/// palette closes it.
pub(crate) fn palette_key(event: &KeyboardEvent) {
    if is_composing(event) || event.alt_key() || event.shift_key() {
        return;
    }
    let options = all(OPTIONS);
    let now = options
        .iter()
        .position(|it| it.get_attribute("aria-selected").as_deref() == Some("true"));
    let last = options.len().saturating_sub(1);
    let is_command = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "k" | "K" if is_command => close_palette(),
        "ArrowDown" => {
            let next = now.map_or(0, |now| if now == last { 0 } else { now + 1 });
            choose(options.get(next));
        }
        "ArrowUp" => {
            let next = now.map_or(last, |now| now.checked_sub(1).unwrap_or(last));
            choose(options.get(next));
        }
        "Enter" => open_chosen(now.and_then(|now| options.get(now)), is_command),
        _ => return,
    }
    event.prevent_default();
}

fn open_chosen(option: Option<&Element>, in_new_tab: bool) {
    let Some(link) = option.and_then(|it| it.dyn_ref::<HtmlElement>()) else {
        return;
    };
    if in_new_tab {
        let address = link.get_attribute("href").unwrap_or_default();
        // Nothing opens where the browser allows no other window.
        let _ = window().open_with_url_and_target(&address, "_blank");
    } else {
        link.click();
    }
}

/// A hit was pressed: the message that it leads to, if it is one, or nothing if it opens in another
/// tab. The palette goes.
pub(crate) fn pressed_hit(event: &MouseEvent) -> Option<String> {
    let link = closest(event, "#palette .result")?;
    if opens_tab(event) {
        return None;
    }
    close_palette();
    link.get_attribute("data-message")
}

/// Marks a message for a moment: it was looked for.
pub(crate) fn mark_found(message: &Element) {
    for marked in all(".message.found") {
        // Fails only for names that are no classes.
        let _ = marked.class_list().remove_1("found");
    }
    // Measured in between, one that was marked before begins anew.
    let _height = message.client_height();
    let _ = message.class_list().add_1("found");
}

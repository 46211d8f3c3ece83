//! Who has the focus, who should have it, and what is open above the page.

use leptos::prelude::{document, window};
use web_sys::{Event, FocusOptions, HtmlElement, KeyboardEvent, MouseEvent, wasm_bindgen::JsCast};

use super::{
    elements::{closest, target},
    focus, focus_if_lost, is_composing, is_focus_lost,
    shortcuts::has_single_keys,
};

/// What takes keys itself.
const FIELDS: &str = "input, textarea, select, [contenteditable], dialog, [popover], [role=menu]";

/// The keyboard is on the screen, so it appears with the focus and hides half of the page.
pub(crate) fn is_touch_screen() -> bool {
    let found = window().match_media("(pointer: coarse)").ok().flatten();
    found.is_some_and(|media| media.matches())
}

/// Moves the focus to a text box, unless that would bring up a keyboard that nobody asked for.
pub(crate) fn focus_text(id: &str) {
    if !is_touch_screen() && !is_something_open() {
        focus(id);
    }
}

/// The same at first, when somebody may have gone elsewhere already.
pub(crate) fn focus_text_if_lost(id: &str) {
    if !is_touch_screen() && !is_something_open() {
        focus_if_lost(id);
    }
}

/// What the button is called that has the focus, if one sees that it has: somebody with a mouse
/// does not miss it.
pub(crate) fn focused_name() -> Option<String> {
    let focused = document().active_element()?;
    // A browser that does not know the selector shows no focus.
    let is_seen = focused.matches(":focus-visible").unwrap_or(false);
    is_seen.then(|| focused.get_attribute("aria-label"))?
}

/// Moves the focus to the first that a selector finds, if what had it is gone.
pub(crate) fn focus_found_if_lost(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    let found = found.and_then(|it| it.dyn_into::<HtmlElement>().ok());
    if let Some(found) = found.filter(|_| is_focus_lost()) {
        let options = FocusOptions::new();
        // What Tab does not stop at may be longer than the screen: it stays where it is.
        options.set_prevent_scroll(found.tab_index() < 0);
        // Fails only for elements that left the document meanwhile.
        let _ = found.focus_with_options(&options);
    }
}

/// The pointer is over what a selector finds, or the focus is in it.
pub(crate) fn is_attended(selector: &str) -> bool {
    let found = document().query_selector(&format!("{selector}:is(:hover, :focus-within)"));
    found.is_ok_and(|it| it.is_some())
}

/// A dialog or a menu lies above the page.
pub(crate) fn is_something_open() -> bool {
    // A browser that does not know a selector has nothing of that kind.
    ["dialog[open]", ":popover-open"]
        .into_iter()
        .any(|it| matches!(document().query_selector(it), Ok(Some(_))))
}

/// A person began to write, and nothing that takes letters has the focus.
pub(crate) fn is_lost_letter(event: &KeyboardEvent) -> bool {
    let key = event.key();
    let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    let is_letter = key.chars().count() == 1 && !has_modifier && has_single_keys();
    if !is_letter || event.default_prevented() || is_composing(event) || is_something_open() {
        return false;
    }
    let Some(target) = target(event) else {
        return true;
    };
    let lies_in = |selector: &str| matches!(target.closest(selector), Ok(Some(_)));
    // A page without a field in focus scrolls with the space bar.
    !lies_in(FIELDS) && key != " "
}

/// Escape, and nothing but the answer is there to be ended.
pub(crate) fn is_free_escape(event: &KeyboardEvent) -> bool {
    if event.key() != "Escape" || event.default_prevented() || is_composing(event) {
        return false;
    }
    let in_other_field = target(event)
        .is_some_and(|it| it.id() != "composer-text" && matches!(it.closest(FIELDS), Ok(Some(_))));
    !in_other_field && !is_something_open()
}

/// Control and Shift, or Command and Shift, with this letter.
pub(crate) fn is_chord(event: &KeyboardEvent, letter: &str) -> bool {
    !is_composing(event)
        && (event.ctrl_key() || event.meta_key())
        && event.shift_key()
        && !event.alt_key()
        && event.key().eq_ignore_ascii_case(letter)
}

/// With such a key a link opens in another tab or window.
pub(crate) fn opens_tab(event: &MouseEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.shift_key()
}

/// A press on something that opens a conversation, or a new one.
pub(crate) fn opens_chat(event: &Event) -> bool {
    closest(event, "#new-chat, .conversation-link").is_some()
}

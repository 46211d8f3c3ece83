//! Arrow keys in lists and menus: they are one Tab stop each, and these keys lead on inside.

use js_sys::JsString;
use leptos::prelude::document;
use web_sys::{Element, HtmlElement, KeyboardEvent, wasm_bindgen::JsCast};

use super::{
    elements::{all_in, around},
    is_composing,
};

/// Arrow keys, Home and End in a list: they move the focus along its links.
pub(crate) fn walk_list(event: &KeyboardEvent) {
    walk(event, ".conversation-list", ".conversation-link", false);
}

/// The same in a menu; a letter leads to the next entry that begins with it.
pub(crate) fn walk_menu(event: &KeyboardEvent) {
    if around(event, "input").is_none() {
        walk(event, ".menu", ".menu-entry", true);
    }
}

fn walk(event: &KeyboardEvent, place: &str, stops: &str, has_letters: bool) -> Option<()> {
    let has_modifier = event.alt_key() || event.ctrl_key() || event.meta_key();
    if event.default_prevented() || has_modifier || is_composing(event) {
        return None;
    }
    let place = around(event, place)?;
    let stops = shown(&place, stops);
    let focused: Option<HtmlElement> = document().active_element()?.dyn_into().ok();
    let now = stops.iter().position(|it| Some(it) == focused.as_ref());
    let last = stops.len().checked_sub(1)?;
    let next = match event.key().as_str() {
        "ArrowDown" => now.map_or(0, |now| (now + 1).min(last)),
        "ArrowUp" => now.map_or(last, |now| now.saturating_sub(1)),
        "Home" => 0,
        "End" => last,
        letter if has_letters => beginning_with(&stops, letter, now)?,
        _ => return None,
    };
    event.prevent_default();
    // Fails only for elements that left the document meanwhile.
    stops.get(next)?.focus().ok()
}

/// What a selector finds there and a person sees.
fn shown(place: &Element, selector: &str) -> Vec<HtmlElement> {
    all_in(place, selector)
        .into_iter()
        .filter_map(|it| it.dyn_into::<HtmlElement>().ok())
        .filter(|it| it.offset_width() > 0)
        .collect()
}

/// The next one whose words begin with a letter, around the end.
fn beginning_with(stops: &[HtmlElement], letter: &str, now: Option<usize>) -> Option<usize> {
    if letter.chars().count() != 1 || letter == " " {
        return None;
    }
    let letter = small(letter);
    let from = now.map_or(0, |now| now + 1);
    (from..stops.len()).chain(0..from).find(|&index| {
        let words = stops.get(index).and_then(|it| it.text_content());
        words.is_some_and(|words| small(words.trim_start()).starts_with(&letter))
    })
}

/// In small letters. The browser knows them all; Rust's own tables are 6 kB of every visit.
fn small(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

//! Finding elements: around what an event happened to, and in the page or a part of it.

use leptos::prelude::document;
use web_sys::{
    Element, Event, HtmlElement, NodeList,
    wasm_bindgen::{JsCast, JsValue},
};

/// What an event happened to.
pub(super) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The element that a selector finds around what an event happened to.
pub(super) fn closest(event: &Event, selector: &str) -> Option<Element> {
    target(event)?.closest(selector).ok()?
}

/// The same, for those who want it as an element of a page, with all that such a one can do.
pub(crate) fn around(event: &Event, selector: &str) -> Option<HtmlElement> {
    closest(event, selector)?.dyn_into().ok()
}

/// What a selector finds in the page.
pub(super) fn all(selector: &str) -> Vec<Element> {
    listed(document().query_selector_all(selector))
}

/// What a selector finds in a part of the page.
pub(super) fn all_in(place: &Element, selector: &str) -> Vec<Element> {
    listed(place.query_selector_all(selector))
}

/// Gives an element an attribute, if it is there.
pub(super) fn set(element: Option<&Element>, name: &str, value: &str) {
    if let Some(element) = element {
        // Fails only for a name that is no attribute's.
        let _ = element.set_attribute(name, value);
    }
}

fn listed(found: Result<NodeList, JsValue>) -> Vec<Element> {
    // A browser that does not know a selector finds nothing.
    let Ok(found) = found else { return Vec::new() };
    (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into().ok())
        .collect()
}

//! What the document says about its looks, changed while it is shown.

use leptos::prelude::document;
use web_sys::{Document, Element, wasm_bindgen::JsCast};

use super::elements::all;
use crate::{
    model::{SingleKeys, Theme, preferences::ZONE_COOKIE},
    shell::frame_colors,
    sub_path::use_sub_path,
};

/// Shows the page in a theme; the next page comes in it from the server.
pub(crate) fn show_theme(theme: Theme) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Both fail only for names that no attribute has.
    let _ = match theme.as_attribute() {
        Some(name) => root.set_attribute("data-theme", name),
        None => root.remove_attribute("data-theme"),
    };
    set_content("meta[name=color-scheme]", &[theme.color_scheme()]);
    set_content("meta[name=theme-color]", &frame_colors(theme));
}

/// Holds from now on what another page says of single keys.
pub(super) fn show_single_keys_of(page: &Document) {
    let is_off = |root: &Element| root.has_attribute("data-single-keys");
    let is_off = page.document_element().as_ref().is_some_and(is_off);
    let Some(root) = document().document_element() else {
        return;
    };
    // Both fail only for names that no attribute has.
    let _ = if is_off {
        root.set_attribute("data-single-keys", SingleKeys::Off.as_str())
    } else {
        root.remove_attribute("data-single-keys")
    };
}

/// Gives the elements that a selector finds their contents, in order.
fn set_content(selector: &str, contents: &[&str]) {
    for (element, content) in all(selector).iter().zip(contents) {
        // Fails only for a name that is no attribute's.
        let _ = element.set_attribute("content", content);
    }
}

/// Tells the server which clock the reader has, for the pages from the next one on.
pub(crate) fn remember_time_zone() {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new())
        .resolved_options();
    let zone = js_sys::Reflect::get(&options, &"timeZone".into());
    let Some(zone) = zone.ok().and_then(|zone| zone.as_string()) else {
        return;
    };
    // A browser that keeps no cookies shows times in UTC.
    remember(ZONE_COOKIE, &zone);
}

/// Tells the server something about this browser, for the pages from the next one on.
pub(crate) fn remember(name: &str, value: &str) {
    let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() else {
        return;
    };
    let path = use_sub_path().cookie_path();
    let cookie = format!("{name}={value}; Path={path}; Max-Age=31536000; SameSite=Lax");
    // Fails only for documents that have no address.
    let _ = document.set_cookie(&cookie);
}

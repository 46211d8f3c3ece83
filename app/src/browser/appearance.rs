//! What the document says about its looks, changed while it is shown.

use leptos::prelude::document;
use web_sys::{Document, wasm_bindgen::JsCast};

use super::elements::all;
use crate::{
    model::{Theme, preferences::ZONE_COOKIE},
    shell::frame_colors,
    sub_path::use_sub_path,
};

/// Shows the page in a theme; the next page comes in it from the server.
pub(crate) fn show_theme(theme: Theme) {
    say("data-theme", theme.as_attribute());
    set_content("meta[name=color-scheme]", &[theme.color_scheme()]);
    set_content("meta[name=theme-color]", &frame_colors(theme));
}

/// What a page of the server says was chosen in this browser.
#[derive(Debug)]
pub(crate) struct PageChoices {
    theme: Theme,
    single_keys: Option<String>,
}

impl PageChoices {
    pub(super) fn of(page: &Document) -> Self {
        let said = |name: &str| page.document_element()?.get_attribute(name);
        Self {
            theme: said("data-theme")
                .unwrap_or_default()
                .parse()
                .unwrap_or_default(),
            single_keys: said("data-single-keys"),
        }
    }

    /// They hold in this page too.
    pub(crate) fn show(&self) {
        show_theme(self.theme);
        say("data-single-keys", self.single_keys.as_deref());
    }
}

/// The document says this of itself, or nothing.
fn say(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Both fail only for names that no attribute has.
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
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

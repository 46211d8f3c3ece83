//! What only a browser can do. Called from event handlers and effects, which never run on the
//! server.

mod appearance;
mod clipboard;
mod code_block;
mod drafts;
mod link_token;
mod random;
mod scroll;
mod timer;

use leptos::prelude::{document, window};
use web_sys::{HtmlElement, KeyboardEvent, wasm_bindgen::JsCast};

pub(crate) use appearance::{remember_time_zone, show_theme};
pub(crate) use clipboard::{copy_text, copy_when_fetched};
pub(crate) use code_block::{read_code, show_copied};
pub(crate) use drafts::{forget_draft, read_draft, save_draft};
pub(crate) use link_token::{forget_link_token, kept_link_token, take_link_token};
pub(crate) use random::idempotency_key;
pub(crate) use scroll::Follower;
pub(crate) use timer::sleep;

use crate::sub_path::address_of;

/// The script has taken the page over: what needs it may be shown (`utilities.css`).
pub(crate) fn mark_interactive() {
    if let Some(root) = document().document_element() {
        // Fails only for a name that is no attribute's.
        let _ = root.set_attribute("data-interactive", "");
    }
}

/// Leaves for another page of the product, which the server makes anew.
pub(crate) fn load(path: &str) {
    // Fails only for addresses that are none.
    let _ = window().location().set_href(&address_of(path));
}

/// Loads the page again, from the server.
pub(crate) fn reload() {
    // Fails only where a page may not do so.
    let _ = window().location().reload();
}

/// The name of the page's build.
pub(crate) fn page_build() -> Option<String> {
    document().document_element()?.get_attribute("data-build")
}

/// The reader's day of the month.
pub(crate) fn day() -> u32 {
    js_sys::Date::new_0().get_date()
}

/// Scheme and host of the page, as people would type it.
pub(crate) fn origin() -> String {
    // Fails only for documents that have none.
    window().location().origin().unwrap_or_default()
}

/// Nobody looks at the page now.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// The element with this id.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Moves the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id) {
        // Fails only for elements that left the document meanwhile.
        let _ = element.focus();
    }
}

/// Moves the focus to the element with this id if what had it is gone.
pub(crate) fn focus_if_lost(id: &str) {
    if document().active_element() == document().body().map(Into::into) {
        focus(id);
    }
}

/// The key is part of writing a character with an input method; it confirms a candidate and must
/// do nothing else. Safari reports the confirming Enter after the composition, as key code 229.
pub(crate) fn is_composing(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == 229
}

/// The page came by https or from this machine; only then the browser offers its clipboard.
pub(crate) fn has_secure_context() -> bool {
    window().is_secure_context()
}

//! The open drawer has an entry of its own in the history, with the address that opens it without
//! script: Back puts it away and leads nowhere else.

use leptos::prelude::window;
use web_sys::{MouseEvent, wasm_bindgen::JsValue};

use super::{around, opens_tab};

const ADDRESS: &str = "#sidebar";
/// By which an entry is known that was made here.
const OWN_ENTRY: &str = "drawer";

/// The address asks for the drawer.
pub(crate) fn is_at_drawer() -> bool {
    window().location().hash().is_ok_and(|it| it == ADDRESS)
}

/// The drawer was opened.
pub(crate) fn enter_drawer() {
    if let Ok(history) = window().history()
        && !is_at_drawer()
    {
        // Fails only where a page may not do so: then Back leads on, as it did before.
        let _ = history.push_state_with_url(&OWN_ENTRY.into(), "", Some(ADDRESS));
    }
}

/// The drawer was closed otherwise: its entry goes.
pub(crate) fn leave_drawer() {
    let Ok(history) = window().history() else {
        return;
    };
    if !is_at_drawer() {
        return;
    }
    let state = history.state().ok().and_then(|it| it.as_string());
    // Both fail only where a page may not do so.
    let _ = if state.as_deref() == Some(OWN_ENTRY) {
        history.back()
    } else {
        // Before this entry may be another page.
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address()))
    };
}

/// The shown page without the drawer.
fn address() -> String {
    let location = window().location();
    // Both fail for documents that have no address.
    let path = location.pathname().unwrap_or_default();
    path + &location.search().unwrap_or_default()
}

/// A press on a link of the drawer: if that is open, the page takes its place in the history. True
/// if the page is the one that is shown.
pub(crate) fn chooses_shown(event: &MouseEvent, is_open: bool) -> bool {
    let Some(link) = around(event, "a[href^='/']").filter(|_| !opens_tab(event)) else {
        return false;
    };
    // The router asks for it. Fails only for objects that take nothing.
    let _ = js_sys::Reflect::set(&link, &"replace".into(), &is_open.into());
    let leads_to = link.get_attribute("href").unwrap_or_default();
    let shown = window().location().pathname().unwrap_or_default();
    is_open && leads_to.trim_end_matches('/') == shown.trim_end_matches('/')
}

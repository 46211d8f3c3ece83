//! The token of a one-time link, in the address's fragment: a browser sends that to nobody, so it
//! stands in no server's and no proxy's log.

use leptos::prelude::window;
use web_sys::wasm_bindgen::JsValue;

use super::storage::tab_storage;
use crate::sub_path::address_of;

/// Before the token in the fragment.
const BEGINNING: &str = "#token=";

/// The token of the link that led to this page. It leaves the address: it is not shown again, nor
/// found in the history. The tab keeps it, since a form that is refused needs it once more.
pub(super) fn take_link_token(page: &str) -> Option<String> {
    let location = window().location();
    let fragment = location.hash().ok()?;
    let token = fragment.strip_prefix(BEGINNING)?;
    if let Some(storage) = tab_storage() {
        // Full storage: the link has to be opened again after a refusal.
        let _ = storage.set_item(&name(page), token);
    }
    let path = location.pathname().ok()?;
    let query = location.search().ok()?;
    if let Ok(history) = window().history() {
        // Fails only where a page may not change its own address.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{query}")));
    }
    Some(token.to_owned())
}

/// The token that a link brought to this page of this tab before.
pub(super) fn kept_link_token(page: &str) -> Option<String> {
    tab_storage()?.get_item(&name(page)).ok()?
}

/// The token is used up, or never was one: the tab forgets it.
pub(super) fn forget_link_token(page: &str) {
    if let Some(storage) = tab_storage() {
        // Fails only where nothing is kept.
        let _ = storage.remove_item(&name(page));
    }
}

/// Two servers below two paths of a host share the storage.
fn name(page: &str) -> String {
    format!("hearth-link:{}", address_of(page))
}

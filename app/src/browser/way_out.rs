//! Leaving the page for the door, and back to where one was.

use leptos::prelude::window;

use crate::{sub_path::use_sub_path, way_back::sign_in_again};

/// Nobody is signed in any more: the door leads back to this page. A full load, so that nothing of
/// this person stays.
pub(crate) fn leave_for_the_door() {
    let location = window().location();
    // Both fail only for documents that have no address.
    let path = location.pathname().unwrap_or_default();
    let query = location.search().unwrap_or_default();
    let here = use_sub_path().strip(&path).unwrap_or_default();
    super::load(&sign_in_again(&format!("{here}{query}"), true));
}

/// Leaves for an address as the server gave it.
pub(crate) fn leave_for(address: &str) {
    // Fails only for addresses that are none.
    let _ = window().location().set_href(address);
}

/// Loads this page again, without what its address says of a form.
pub(crate) fn leave_for_here() {
    leave_for(&window().location().pathname().unwrap_or_default());
}

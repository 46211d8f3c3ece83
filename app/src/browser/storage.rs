//! What a browser keeps for the page. It may be switched off.

use leptos::prelude::window;
use web_sys::Storage;

/// Outlives the tab, and is shared by all of them.
pub(super) fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Ends with the tab.
pub(super) fn tab_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

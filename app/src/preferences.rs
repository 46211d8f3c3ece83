//! What the server decided about a document, on both sides of the wire.
//!
//! The server decides once for each request; the document carries the decision in its root
//! element, and the browser takes it from there. So hydration cannot disagree.

use crate::model::Preferences;

/// The preferences of the page that is being made.
#[cfg(feature = "ssr")]
pub(crate) fn of_page() -> Preferences {
    leptos::prelude::use_context().unwrap_or_default()
}

/// The preferences of the page that is shown.
#[cfg(not(feature = "ssr"))]
pub(crate) fn of_page() -> Preferences {
    let Some(root) = leptos::prelude::document().document_element() else {
        return Preferences::default();
    };
    let attribute = |name: &str| root.get_attribute(name).unwrap_or_default();
    Preferences {
        language: attribute("lang").parse().unwrap_or_default(),
        chosen_language: attribute("data-language").parse().ok(),
        theme: attribute("data-theme").parse().unwrap_or_default(),
        sidebar: attribute("data-sidebar").parse().ok(),
        sidebar_width: attribute("data-side-width").parse().unwrap_or_default(),
        single_keys: attribute("data-single-keys").parse().unwrap_or_default(),
    }
}

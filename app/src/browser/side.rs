//! How the list of conversations stands beside the chat: with titles, as a rail, or as a drawer.

use leptos::prelude::document;

use super::{element, focus, remember};
use crate::model::{SidebarForm, preferences::SIDEBAR_COOKIE};

/// Below this width it is a rail (`sidebar.css`).
const RAIL_BELOW_PX: i32 = 100;

/// There is no room beside the chat: the list is a drawer, and the header has a button for it.
pub(crate) fn is_drawer() -> bool {
    element("open-sidebar").is_some_and(|button| button.offset_width() > 0)
}

/// Makes a rail of the list, or a list of the rail, and keeps the choice on this device.
pub(crate) fn toggle_rail() {
    let (Some(root), Some(sidebar)) = (document().document_element(), element("sidebar")) else {
        return;
    };
    let form = if sidebar.offset_width() < RAIL_BELOW_PX {
        SidebarForm::Open
    } else {
        SidebarForm::Rail
    };
    let focused = document().active_element();
    let is_inside = focused.is_some_and(|it| sidebar.contains(Some(&it)));
    // Fails only for a name that is no attribute's.
    let _ = root.set_attribute("data-sidebar", form.as_str());
    remember(SIDEBAR_COOKIE, form.as_str());
    if is_inside {
        // What had the focus may be hidden now.
        focus(match form {
            SidebarForm::Open => "collapse-sidebar",
            SidebarForm::Rail => "expand-sidebar",
        });
    }
}

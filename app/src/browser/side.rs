//! How the list of conversations stands beside the chat: with titles and as wide as somebody drew
//! it, as a rail, or as a drawer. The root element says it to the style sheet.

use leptos::prelude::document;
use web_sys::{Element, KeyboardEvent, PointerEvent};

use super::{element, elements::target, focus, remember};
use crate::model::{
    SidebarForm, SidebarWidth,
    preferences::{SIDEBAR_COOKIE, SIDEBAR_WIDTH_COOKIE},
};

/// Below this width it is a rail (`sidebar.css`).
const RAIL_BELOW_PX: i32 = 100;
const FORM: &str = "data-sidebar";
const WIDTH: &str = "data-side-width";

/// There is no room beside the chat: the list is a drawer, and the header has a button for it.
pub(crate) fn is_drawer() -> bool {
    element("open-sidebar").is_some_and(|button| button.offset_width() > 0)
}

/// Makes a rail of the list, or a list of the rail, and keeps the choice on this device.
pub(crate) fn toggle_rail() {
    let Some(sidebar) = element("sidebar") else {
        return;
    };
    let form = if sidebar.offset_width() < RAIL_BELOW_PX {
        SidebarForm::Open
    } else {
        SidebarForm::Rail
    };
    let focused = document().active_element();
    let is_inside = focused.is_some_and(|it| sidebar.contains(Some(&it)));
    show(form, shown_width());
    keep_edge();
    if is_inside {
        // What had the focus may be hidden now.
        focus(match form {
            SidebarForm::Open => "collapse-sidebar",
            SidebarForm::Rail => "expand-sidebar",
        });
    }
}

/// A pointer takes hold of the edge: how far beside the edge itself, outwards.
pub(crate) fn grab_edge(event: &PointerEvent) -> Option<i32> {
    if event.button() != 0 {
        return None;
    }
    // From now on the edge hears of the pointer wherever it goes.
    target(event)?
        .set_pointer_capture(event.pointer_id())
        .ok()?;
    Some(reach(event)? - element("sidebar")?.offset_width())
}

/// The edge follows the pointer that holds it.
pub(crate) fn draw_edge(event: &PointerEvent, beside: i32) {
    if let Some(reach) = reach(event) {
        match SidebarWidth::drawn_to(reach - beside) {
            Some(width) => show(SidebarForm::Open, width.min(widest())),
            None => show(SidebarForm::Rail, shown_width()),
        }
    }
}

/// Keeps on this device what is shown, as far as somebody chose it.
pub(crate) fn keep_edge() {
    if let Some(form) = said(FORM) {
        remember(SIDEBAR_COOKIE, &form);
    }
    remember(SIDEBAR_WIDTH_COOKIE, &shown_width().px().to_string());
}

/// The list is as wide as where nobody chose.
pub(crate) fn reset_edge() {
    show(SidebarForm::Open, SidebarWidth::USUAL);
    keep_edge();
}

/// Keys on the edge.
pub(crate) fn press_edge(event: &KeyboardEvent) {
    if event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let (key, widest) = (event.key(), widest());
    if key == "Enter" {
        event.prevent_default();
        return toggle_rail();
    }
    let width = shown_width().min(widest);
    let Some(wanted) = width.after_key(&key, is_mirrored()) else {
        return;
    };
    event.prevent_default();
    if !is_rail() {
        show(SidebarForm::Open, wanted.min(widest));
    } else if wanted > width || wanted == SidebarWidth::MOST {
        // Outwards: at first it is a list again, as wide as it was.
        show(SidebarForm::Open, shown_width());
    }
    keep_edge();
}

/// The edge says what the page shows: without a choice only the style sheet knows.
pub(crate) fn tell_edge() {
    let Some(edge) = element("sidebar-edge") else {
        return;
    };
    let (width, widest) = (shown_width(), widest());
    set(&edge, "aria-valuemax", &widest.px().to_string());
    set(&edge, "aria-valuenow", &width.min(widest).px().to_string());
    let words = edge.get_attribute("data-collapsed");
    match words.filter(|_| is_rail()) {
        Some(words) => set(&edge, "aria-valuetext", &words),
        // Fails only for a name that is no attribute's.
        None => drop(edge.remove_attribute("aria-valuetext")),
    }
}

fn show(form: SidebarForm, width: SidebarWidth) {
    let Some(root) = document().document_element() else {
        return;
    };
    set(&root, FORM, form.as_str());
    match width.as_attribute() {
        Some(px) => set(&root, WIDTH, &px),
        // Fails only for a name that is no attribute's.
        None => drop(root.remove_attribute(WIDTH)),
    }
    tell_edge();
}

fn set(element: &Element, name: &str, value: &str) {
    // Fails only for a name that is no attribute's.
    let _ = element.set_attribute(name, value);
}

fn said(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
}

/// How wide the list is, or was before it became a rail.
fn shown_width() -> SidebarWidth {
    let px = said(WIDTH).and_then(|px| px.parse().ok());
    px.unwrap_or_default()
}

/// What the style sheet lets it be in this window (`chat-page.css`).
fn widest() -> SidebarWidth {
    let room = document().document_element().map(|it| it.client_width());
    let most = room.and_then(|room| SidebarWidth::drawn_to(room * 45 / 100));
    most.unwrap_or(SidebarWidth::MOST)
}

fn is_rail() -> bool {
    element("sidebar").is_some_and(|it| it.offset_width() < RAIL_BELOW_PX)
}

/// The list stands at the right.
fn is_mirrored() -> bool {
    document().dir() == "rtl"
}

/// From the list's outer edge, which is that of the window, to the pointer.
fn reach(event: &PointerEvent) -> Option<i32> {
    if is_mirrored() {
        Some(document().document_element()?.client_width() - event.client_x())
    } else {
        Some(event.client_x())
    }
}

//! Menus and dialogs: what lies above the page for a while.

use leptos::prelude::document;
use web_sys::{Event, HtmlDialogElement, wasm_bindgen::JsCast};

use super::{
    element,
    elements::{all, target},
    focus_found_if_lost,
};

/// Closes the menu with this id. The focus goes back to where it was before.
pub(crate) fn close_menu(id: &str) {
    if let Some(menu) = element(id) {
        // Fails only for one that is closed already.
        let _ = menu.hide_popover();
    }
}

/// Closes whatever menu is open.
pub(crate) fn close_menus() {
    for menu in all(".menu:popover-open") {
        close_menu(&menu.id());
    }
}

/// The menu with this id is open.
pub(crate) fn is_menu_open(id: &str) -> bool {
    element(id).is_some_and(|menu| menu.matches(":popover-open").unwrap_or(false))
}

/// Any menu is open: Escape closes it and nothing else.
pub(crate) fn has_menu() -> bool {
    let open = document().query_selector(".menu:popover-open");
    open.is_ok_and(|menu| menu.is_some())
}

/// Opens the menu with this id.
pub(crate) fn open_menu(id: &str) {
    if let Some(menu) = element(id) {
        // Fails only for one that is open already.
        let _ = menu.show_popover();
    }
}

/// Opens the menu with this id beside the one element that a selector finds: the style sheet puts
/// it where `aria-expanded` stands.
pub(crate) fn open_menu_beside(id: &str, selector: &str) {
    forget_expanded();
    let button = document().query_selector(selector).ok().flatten();
    if let Some(button) = button {
        // Fails only for a name that is no attribute's.
        let _ = button.set_attribute("aria-expanded", "true");
        open_menu(id);
    }
}

/// The menu of a row was closed.
pub(crate) fn forget_expanded() {
    for button in all(".row-more[aria-expanded]") {
        // Fails only for a name that is no attribute's.
        let _ = button.remove_attribute("aria-expanded");
    }
}

/// A menu was closed. A press beside it may have left nobody with the focus: then the button that
/// opened it has it again. Toggles are heard around all menus, before each hears its own.
pub(crate) fn return_focus(event: &Event) {
    let Some(menu) = target(event).filter(|it| it.has_attribute("popover")) else {
        return;
    };
    if !has_menu() {
        let id = menu.id();
        let opener = format!("[popovertarget=\"{id}\"]");
        focus_found_if_lost(&format!("{opener}, .row-more[aria-expanded]"));
    }
}

/// Opens the dialog with this id above the page.
pub(crate) fn open_dialog(id: &str) {
    let dialog = element(id).and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
    if let Some(dialog) = dialog {
        // Fails only for one that is open already.
        let _ = dialog.show_modal();
    }
}

/// A dialog is open.
pub(crate) fn has_dialog() -> bool {
    let open = document().query_selector("dialog[open]");
    open.is_ok_and(|dialog| dialog.is_some())
}

/// The dialog beside which a press landed: a press on the backdrop is one on the dialog itself.
pub(crate) fn pressed_backdrop(event: &Event) -> Option<HtmlDialogElement> {
    event.target()?.dyn_into().ok()
}

//! What only a browser can do. Called from event handlers and effects, which never run on the
//! server.

mod appearance;
mod attachments;
mod changes;
mod clipboard;
mod code_block;
mod connection;
#[cfg(feature = "hydrate")]
mod door;
mod drafts;
mod drawer;
mod elements;
mod files;
mod floating;
mod focus;
mod form_post;
#[cfg(feature = "hydrate")]
mod link_token;
mod long_press;
mod palette;
mod password;
mod question;
mod queue;
mod random;
mod reading_place;
mod scroll;
mod section;
mod selection;
mod shortcuts;
mod side;
mod speech;
mod storage;
mod timer;
mod unsaved;
mod walking;
mod way_out;

use leptos::prelude::{document, window};
use web_sys::{HtmlElement, KeyboardEvent, wasm_bindgen::JsCast};

pub(crate) use appearance::{remember, remember_time_zone, show_theme};
pub(crate) use attachments::{
    CHIPS, attached_files, forget_files, is_sending_files, move_chips, num_attached,
    remove_pressed, send_files, show_chips,
};
pub(crate) use changes::{follow_tail, listen_for_changes};
pub(crate) use clipboard::{copy_text, copy_when_fetched};
pub(crate) use code_block::{read_code, show_copied};
pub(crate) use connection::{tell_connection, watch_connection};
#[cfg(feature = "hydrate")]
pub(crate) use door::open_door;
pub(crate) use drafts::{count_sent, forget_draft, num_sent, read_draft, save_draft};
pub(crate) use drawer::{chooses_shown, enter_drawer, is_at_drawer, leave_drawer};
pub(crate) use elements::around;
pub(crate) use files::{brings_only_files, chosen_files, files_of, text_file};
pub(crate) use floating::{
    close_menu, close_menus, forget_expanded, has_dialog, has_menu, is_menu_open, open_dialog,
    open_menu, open_menu_beside, pressed_backdrop, return_focus,
};
pub(crate) use focus::{
    focus_found_if_lost, focus_text, focus_text_if_lost, focused_name, is_attended, is_chord,
    is_free_escape, is_lost_letter, is_touch_screen, opens_chat, opens_tab,
};
pub(crate) use form_post::{Posted, form_of, post, send_at_once};
pub(crate) use long_press::{begin_press, ends_rest, watch_finger};
pub(crate) use palette::{
    PALETTE, PALETTE_FIELD, PALETTE_RESULTS, PALETTE_TOLD, await_found, close_palette, mark_found,
    open_palette, palette_key, pressed_hit, show_found, show_not_found,
};
pub(crate) use password::{hide_passwords, password_pressed};
pub(crate) use question::{asks_to_edit, forget_edit, question_text, read_edit, save_edit};
pub(crate) use queue::{
    Queued, changes_queued, forget_queued, forget_sent_queued, join_texts, read_queued, save_queued,
};
pub(crate) use random::idempotency_key;
pub(crate) use reading_place::{
    ReadingPlace, forget_reading_place, read_reading_place, save_reading_place,
};
pub(crate) use scroll::{Distance, Follower};
pub(crate) use section::{complete_addresses, copy_pressed, redraw, show_current, walk_chart};
pub(crate) use selection::{begin_selecting, end_selecting, is_selecting, select, selected};
pub(crate) use shortcuts::{Shortcut, shortcut};
pub(crate) use side::{
    draw_edge, grab_edge, is_drawer, keep_edge, press_edge, reset_edge, tell_edge, toggle_rail,
};
pub(crate) use speech::{await_voices, hush, sentences_in};
pub(crate) use timer::{UNNOTICED, noticing, sleep, within};
pub(crate) use unsaved::{
    count_unsaved, discard_pressed, forget_unsaved, is_unsaved, keep_unsaved, show_ranges,
    unsaved_besides,
};
pub(crate) use walking::{walk_list, walk_menu};
pub(crate) use way_out::{leave_for, leave_for_the_door};

use crate::sub_path::address_of;

/// The script has taken the page over: what needs it may be shown (`utilities.css`).
pub(crate) fn mark_interactive() {
    if let Some(root) = document().document_element() {
        // Both fail only for a name that is no attribute's.
        let _ = root.toggle_attribute_with_force("data-speech", has_speech());
        let _ = root.set_attribute("data-interactive", "");
    }
}

/// The browser can read aloud.
fn has_speech() -> bool {
    let speech = js_sys::Reflect::get(&window(), &"speechSynthesis".into());
    speech.is_ok_and(|it| it.is_truthy())
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

/// The reader's hour, 0 to 23.
pub(crate) fn hour() -> u32 {
    js_sys::Date::new_0().get_hours()
}

/// Marks an element as just copied for a moment: its drawing becomes a tick.
pub(crate) async fn show_tick(selector: &str) {
    let Ok(Some(element)) = document().query_selector(selector) else {
        return;
    };
    // Both fail only for a name that is no attribute's.
    let _ = element.set_attribute("data-copied", "");
    sleep(std::time::Duration::from_millis(1500)).await;
    let _ = element.remove_attribute("data-copied");
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

/// Presses the element with this id, as a person does.
pub(crate) fn press(id: &str) {
    if let Some(element) = element(id) {
        element.click();
    }
}

/// Opens the print dialog.
pub(crate) fn print() {
    // It fails in no browser; where there is no printer the window says so itself.
    let _ = window().print();
}

/// Moves the focus to the element with this id if what had it is gone.
pub(crate) fn focus_if_lost(id: &str) {
    if is_focus_lost() {
        focus(id);
    }
}

/// What had the focus is gone.
fn is_focus_lost() -> bool {
    document().active_element() == document().body().map(Into::into)
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

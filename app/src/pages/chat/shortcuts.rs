//! Keys of the whole page.

use leptos::{ev, prelude::*};

use super::{commands::Navigate, state::ChatState};
use crate::{
    browser::{self, Shortcut},
    components::SHORTCUTS,
};

/// Follows the shortcuts for as long as the page is shown.
pub(super) fn listen(state: ChatState, navigate: Navigate) {
    Effect::new(move || {
        let listener = window_event_listener(ev::keydown, move |event| {
            if let Some(shortcut) = browser::shortcut(&event) {
                event.prevent_default();
                follow(shortcut, state, navigate);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

fn follow(shortcut: Shortcut, state: ChatState, navigate: Navigate) {
    match shortcut {
        Shortcut::NewChat => browser::press("new-chat"),
        Shortcut::Settings => browser::press("settings-link"),
        Shortcut::Sidebar => state.toggle_sidebar(),
        Shortcut::Previous => state.step(false, navigate),
        Shortcut::Next => state.step(true, navigate),
        Shortcut::Help => browser::open_dialog(SHORTCUTS),
    }
}

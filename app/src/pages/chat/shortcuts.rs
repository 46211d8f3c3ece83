//! Keys of the whole page.

use std::time::Duration;

use leptos::{ev, prelude::*};

use super::{commands::Navigate, state::ChatState};
use crate::browser::{self, Shortcut};

/// By then another page stands there, and its address.
const SETTLED: Duration = Duration::from_millis(200);

/// Follows the shortcuts for as long as the page is shown.
pub(super) fn listen(state: ChatState, navigate: Navigate) {
    Effect::new(move || {
        let listener = window_event_listener(ev::keydown, move |event| {
            if let Some(shortcut) = browser::shortcut(&event) {
                event.prevent_default();
                follow(shortcut, state, navigate);
            }
        });
        on_cleanup(move || {
            listener.remove();
            // Who went to a page of sections by key is at the entry of the one that is shown.
            let focus = || browser::focus_found_if_lost(".settings-sections [aria-current]");
            set_timeout(focus, SETTLED);
        });
    });
}

fn follow(shortcut: Shortcut, state: ChatState, navigate: Navigate) {
    match shortcut {
        Shortcut::NewChat => browser::press("new-chat"),
        Shortcut::Search => browser::press("open-search"),
        Shortcut::Settings => browser::press("settings-link"),
        Shortcut::Sidebar => state.toggle_sidebar(),
        Shortcut::Previous => state.step(false, navigate),
        Shortcut::Next => state.step(true, navigate),
        Shortcut::Help => state.show_shortcuts(),
    }
}

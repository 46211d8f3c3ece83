//! What is pressed anywhere on the chat page, and what the browser tells all its tabs.

use leptos::{ev, prelude::*};
use web_sys::{KeyboardEvent, MouseEvent, StorageEvent};

use super::state::ChatState;
use crate::{
    browser,
    components::{MessageCommand, TEXT_ID},
};

/// Listens as long as the page stands.
pub(super) fn listen(state: ChatState) {
    Effect::new(move || {
        let keys = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
            pressed(state, &event);
        });
        let presses = window_event_listener(ev::click, |event: MouseEvent| opened(&event));
        let back = window_event_listener(ev::online, move |_| reconnect(state));
        state.follow_drawer();
        let history = window_event_listener(ev::popstate, move |_| state.follow_drawer());
        let size = window_event_listener(ev::resize, move |_| resized(state));
        let tabs = window_event_listener(ev::storage, move |event: StorageEvent| {
            queue_changed(state, &event);
        });
        on_cleanup(move || {
            keys.remove();
            presses.remove();
            back.remove();
            history.remove();
            size.remove();
            tabs.remove();
        });
    });
}

fn pressed(state: ChatState, event: &KeyboardEvent) {
    if state.is_drawer_open().get_untracked() {
        return;
    }
    if browser::is_lost_letter(event) {
        // The letter goes where the focus is when the key has been told of.
        browser::focus(TEXT_ID);
    } else if state.is_waiting().get_untracked() {
        // The conversation that is covered is not the one that is meant.
    } else if browser::is_free_escape(event) {
        if state.stop_reading().is_some() {
            event.prevent_default();
        } else if let Some(running) = untrack(|| state.running()) {
            event.prevent_default();
            state.stop(running.id);
        }
    } else if browser::is_chord(event, "c")
        && let Some(id) = state.last_answer()
    {
        event.prevent_default();
        state.on_message(MessageCommand::Copy(id));
    } else if browser::asks_to_edit(event) && state.edit_last() {
        event.prevent_default();
    }
}

/// Whoever opens a conversation, or a new one, wants to write in it; also in the shown one.
fn opened(event: &MouseEvent) {
    if !browser::opens_tab(event) && !browser::is_selecting() && browser::opens_chat(event) {
        request_animation_frame(|| browser::focus_text(TEXT_ID));
    }
}

/// A phone that was turned to its side may have room for the list: then nothing is a drawer.
fn resized(state: ChatState) {
    if !browser::is_drawer() {
        state.close_drawer();
    }
}

/// The network is there again: nobody has to wait for the next attempt.
fn reconnect(state: ChatState) {
    let running = untrack(|| state.running());
    if running.is_some_and(|it| it.message.read_untracked().is_lost) {
        state.follow_running();
    }
}

/// Another tab queued, sent, changed or dropped what waits for the end of the answer. Where none is
/// being written, nothing can begin to wait.
fn queue_changed(state: ChatState, event: &StorageEvent) {
    let user = state.user();
    let Some(id) = state.shown_id() else {
        return;
    };
    let waits = state.queued.with_untracked(Option::is_some);
    let can_wait = waits || untrack(|| state.running()).is_some();
    if can_wait && browser::changes_queued(event, user, id) {
        state.queued.set(browser::read_queued(user, id));
    }
}

//! Files that are dropped anywhere on the page. The browser would leave the page and show them.

use leptos::{ev, prelude::*, task::spawn_local};
use web_sys::{DataTransfer, DragEvent, File};

use super::{ComposerState, FileNote, Icon, IconName, TEXT_ID};
use crate::{
    browser,
    model::UserId,
    words::{use_locale, words},
};

/// A frame over the column while files hang above the page.
#[component]
pub(crate) fn DropZone(user: UserId, state: ComposerState) -> impl IntoView {
    let locale = use_locale();
    let is_over = RwSignal::new(false);
    Effect::new(move || {
        let over = window_event_listener(ev::dragover, move |event: DragEvent| {
            if browser::brings_only_files(event.data_transfer().as_ref()) {
                event.prevent_default();
                is_over.set(true);
            }
        });
        let leave = window_event_listener(ev::dragleave, move |event: DragEvent| {
            // From one element to the next it leaves too, but for that one.
            if event.related_target().is_none() {
                is_over.set(false);
            }
        });
        let drop = window_event_listener(ev::drop, move |event: DragEvent| {
            is_over.set(false);
            if take_files(user, state, event.data_transfer().as_ref()) {
                event.prevent_default();
            }
        });
        on_cleanup(move || {
            over.remove();
            leave.remove();
            drop.remove();
        });
    });
    let zone = move || {
        view! {
            <div class="drop-zone">
                <Icon name=IconName::Upload/>
                <strong>{words!(locale, chat.drop_files)}</strong>
                <small>{words!(locale, chat.drop_files_hint)}</small>
            </div>
        }
    };
    move || is_over.get().then(zone)
}

/// Sends files that go with the next message; false if no files are brought.
pub(super) fn take_files(
    user: UserId,
    state: ComposerState,
    brought: Option<&DataTransfer>,
) -> bool {
    if !browser::brings_only_files(brought) {
        return false;
    }
    add_files(user, state, browser::files_of(brought));
    true
}

/// Sends files that go with the next message: what becomes of each stands in its chip.
pub(super) fn add_files(user: UserId, state: ComposerState, files: Vec<File>) {
    let place = state.conversation.get_untracked();
    state.note.set(None);
    browser::focus_text(TEXT_ID);
    spawn_local(async move {
        if browser::send_files(user, place, files).await.is_err() {
            state.note.try_set(Some(FileNote::Unreached));
        }
    });
}

//! The palette: what is typed is looked for a moment later, and the last question is the one that
//! is answered.

use std::time::Duration;

use leptos::prelude::*;

use super::state::ChatState;
use crate::{
    api::search::draw_search,
    browser::{self, PALETTE, PALETTE_FIELD, PALETTE_RESULTS, PALETTE_TOLD},
    components::{Icon, IconName},
    model::{ChatError, MessageId},
    preferences,
    words::{self, use_locale, words},
};

/// Who types fast asks once.
const PAUSE: Duration = Duration::from_millis(80);

/// A field above what the server finds.
#[component]
pub(super) fn SearchPalette(state: ChatState) -> impl IntoView {
    let locale = use_locale();
    let on_input = move |event: web_sys::Event| ask(state, event_target_value(&event), PAUSE);
    let on_click = move |event: web_sys::MouseEvent| {
        if let Some(palette) = browser::pressed_backdrop(&event) {
            palette.close();
            return;
        }
        let message = browser::pressed_hit(&event);
        let message: Option<MessageId> = message.and_then(|id| id.parse().ok());
        // Where the address does not change, nothing else leads there.
        if let Some(message) = message.filter(|&id| state.message(id).is_some()) {
            state.sought().set(Some(message));
        }
    };
    view! {
        <dialog
            id=PALETTE
            class="dialog palette"
            aria-label=words!(locale, frame.search)
            on:click=on_click
        >
            <div class="palette-field">
                <Icon name=IconName::Search/>
                <input
                    id=PALETTE_FIELD
                    type="text"
                    inputmode="search"
                    enterkeyhint="search"
                    role="combobox"
                    aria-expanded="false"
                    aria-controls="results"
                    aria-autocomplete="list"
                    aria-label=words!(locale, frame.search)
                    placeholder=words!(locale, frame.search_placeholder)
                    autocomplete="off"
                    on:input=on_input
                    on:keydown=|event| browser::palette_key(&event)
                />
                <kbd aria-hidden="true">"Esc"</kbd>
                <button
                    type="button"
                    class="icon-button"
                    title=words!(locale, frame.close)
                    aria-label=words!(locale, frame.close)
                    on:click=|_| browser::close_palette()
                >
                    <Icon name=IconName::Close/>
                </button>
            </div>
            <div id=PALETTE_RESULTS class="palette-results"></div>
            <div class="palette-foot">
                <span aria-hidden="true">
                    <kbd>"↑"</kbd>
                    <kbd>"↓"</kbd>
                    {words!(locale, frame.choose)}
                </span>
                <span aria-hidden="true"><kbd>"↵"</kbd>{words!(locale, frame.open_there)}</span>
                <span id=PALETTE_TOLD role="status"></span>
            </div>
        </dialog>
    }
}

/// Opens the palette once it is loaded.
pub(super) fn open(state: ChatState) {
    state.error.set(None);
    state.spawn(async move {
        match state.parts().await {
            // By then it is in the page.
            Ok(parts) => request_animation_frame(move || (parts.search)(state)),
            Err(error) => state.fail(error),
        }
    });
}

/// Shows the palette, with what may have changed since.
pub(super) fn show(state: ChatState) {
    let typed = browser::open_palette();
    ask(state, typed, Duration::ZERO);
}

fn ask(state: ChatState, typed: String, pause: Duration) {
    let number = state.unseen.try_update_value(|it| {
        it.num_searches += 1;
        it.num_searches
    });
    let is_last = move || state.unseen.try_with_value(|it| it.num_searches) == number;
    browser::await_found();
    state.spawn(async move {
        browser::sleep(pause).await;
        if !is_last() {
            return;
        }
        let found = draw_search(typed, false).await;
        if !is_last() {
            return;
        }
        match found {
            Ok(drawing) => browser::show_found(&drawing.html),
            Err(ChatError::Unauthorized) => state.fail(ChatError::Unauthorized),
            Err(error) => {
                // No component is being made: the document itself says its language.
                let locale = words::locale_of(preferences::of_page().language);
                browser::show_not_found(&words::sentence(locale, error));
            }
        }
    });
}

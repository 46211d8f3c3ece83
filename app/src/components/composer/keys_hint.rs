//! What Enter does, told until somebody has done it a few times.

use leptos::prelude::*;

use crate::{
    browser,
    model::UserId,
    words::{use_locale, words},
};

/// What describes the text box.
pub(super) const KEYS_ID: &str = "composer-keys";
/// Whoever sent that many messages knows it.
const KNOWN_AFTER: u32 = 3;

/// The line has its place also when nothing stands in it. Without script Enter does not send.
#[component]
pub(super) fn KeysHint(user: UserId, is_sending: Signal<bool>) -> impl IntoView {
    let locale = use_locale();
    let is_known = RwSignal::new(false);
    Effect::new(move || {
        if !is_sending.get() {
            is_known.set(browser::num_sent(user) >= KNOWN_AFTER);
        }
    });
    let hint = move || (!is_known.get()).then_some(words!(locale, chat.keys));
    view! { <p class="composer-foot needs-script" id=KEYS_ID>{hint}</p> }
}

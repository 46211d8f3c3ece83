//! What the model thought before it answered: open while it thinks, folded afterwards.

use leptos::prelude::*;

use crate::{
    transcript::ShownMessage,
    words::{use_locale, words},
};

/// Nothing for models that do not reason.
///
/// Hydration writes nothing here: as in the answer, the text that the server rendered stays.
#[component]
pub(crate) fn ReasoningView(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let is_there = Memo::new(move |_| message.read().reasoning.is_some());
    let is_thinking = Memo::new(move |_| {
        let message = message.read();
        message.is_running() && !message.has_text()
    });
    let duration_ms = Memo::new(move |_| {
        let message = message.read();
        message.reasoning.as_ref().map_or(0, |it| it.duration_ms)
    });
    let text = Memo::new(move |_| {
        let message = message.read();
        message.reasoning.as_ref().map(|it| it.text.clone())
    });
    let summary = move || {
        // A person counts from one.
        let seconds = duration_ms.get().div_ceil(1000).max(1);
        if is_thinking.get() {
            words!(locale, chat.reasoning, seconds = seconds)
        } else {
            words!(locale, chat.reasoned, seconds = seconds)
        }
    };
    move || {
        is_there.get().then(|| {
            view! {
                <details class="reasoning" open=move || is_thinking.get()>
                    <summary>{summary}</summary>
                    <div class="reasoning-text" dir="auto">
                        {move || text.get().unwrap_or_default()}
                    </div>
                </details>
            }
        })
    }
}

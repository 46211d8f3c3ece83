//! One line about the model, if there is something to know.

use leptos::prelude::*;

use crate::{
    model::{ModelState, ModelStatus},
    words::{self, use_locale, words},
};

/// Loading, failed, or a demonstration model.
#[component]
pub(crate) fn ModelLine(status: RwSignal<ModelStatus>) -> impl IntoView {
    let locale = use_locale();
    let state_words = move || {
        let status = status.read();
        let is_failed = status.state == ModelState::Failed;
        let class = if is_failed {
            "model-line failed"
        } else {
            "model-line"
        };
        words::model(locale, &status).map(|words| view! { <p class=class>{words}</p> })
    };
    let is_demonstration = Memo::new(move |_| status.read().is_demonstration);
    let demonstration = move || {
        is_demonstration.get().then(|| {
            view! {
                <p class="model-line">
                    {words!(locale, chat.demonstration)} <code>{words::DEMONSTRATION_COMMAND}</code>
                    {words!(locale, chat.demonstration_more)}
                </p>
            }
        })
    };
    view! {
        <div class="model-lines">
            {state_words}
            {demonstration}
        </div>
    }
}

//! One line about the model, if there is something to know.

use leptos::prelude::*;

use crate::{
    model::{ModelState, ModelStatus},
    words,
};

/// Loading, failed, or a demonstration model.
#[component]
pub(crate) fn ModelLine(status: RwSignal<ModelStatus>) -> impl IntoView {
    let state_words = move || {
        let status = status.read();
        let is_failed = matches!(status.state, ModelState::Failed(_));
        let class = if is_failed {
            "model-line failed"
        } else {
            "model-line"
        };
        words::model(&status).map(|words| view! { <p class=class>{words}</p> })
    };
    let is_demonstration = Memo::new(move |_| status.read().is_demonstration);
    let demonstration = move || {
        is_demonstration.get().then(|| {
            view! {
                <p class="model-line">
                    {words::DEMONSTRATION} <code>{words::DEMONSTRATION_COMMAND}</code>
                    {words::DEMONSTRATION_MORE}
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

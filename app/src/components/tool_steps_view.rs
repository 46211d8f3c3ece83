//! What tools did for an answer: each call folded, with its result inside.

use leptos::prelude::*;

use crate::{
    model::ToolStep,
    transcript::ShownMessage,
    words::{Locale, tool_step, use_locale},
};

/// Nothing for answers without tools. Steps are only added, so each is drawn once.
#[component]
pub(crate) fn ToolStepsView(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let extent = Memo::new(move |_| message.with(|it| (it.revision, it.steps.len())));
    let keys = move || {
        let (revision, count) = extent.get();
        let keys = (0..count).map(|index| (revision, index));
        keys.collect::<Vec<_>>()
    };
    let step = move |(_, index): (u32, usize)| {
        let step = message.with_untracked(|it| it.steps.get(index).cloned());
        step.map(|step| view_step(locale, &step))
    };
    view! { <For each=keys key=|key| *key children=step/> }
}

fn view_step(locale: Locale, step: &ToolStep) -> impl IntoView + use<> {
    let summary = tool_step(locale, step);
    let input = step.input.clone();
    let output = step.output.clone();
    view! {
        <details class="tool-step" data-failed=step.has_failed.then_some("")>
            <summary>{summary}</summary>
            <div class="tool-step-text" dir="auto">
                <code>{input}</code>
                <output>{output}</output>
            </div>
        </details>
    }
}

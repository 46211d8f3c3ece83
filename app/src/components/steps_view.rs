//! What happened before an answer: what the model thought and what tools did for it. Open while it
//! thinks, folded to one line afterwards.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    model::ToolStep,
    transcript::ShownMessage,
    words::{Locale, steps_summary, tool_step, use_locale, words},
};

/// Nothing for answers that came at once.
///
/// Hydration writes nothing here: as in the answer, the text that the server rendered stays.
#[component]
pub(crate) fn StepsView(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let is_there = Memo::new(move |_| {
        let message = message.read();
        message.reasoning.is_some() || !message.steps.is_empty()
    });
    let is_thinking = Memo::new(move |_| {
        let message = message.read();
        message.is_running() && !message.has_text()
    });
    let summary = Memo::new(move |_| {
        let message = message.read();
        let thought_ms = message.reasoning.as_ref().map(|it| it.duration_ms);
        if is_thinking.get() {
            let seconds = whole_seconds(thought_ms.unwrap_or(0));
            words!(locale, chat.reasoning, seconds = seconds)
        } else {
            let seconds = thought_ms.map(whole_seconds);
            steps_summary(locale, seconds, &message.steps)
        }
    });
    move || {
        is_there.get().then(|| {
            view! {
                <details
                    class="steps"
                    data-thinking=move || is_thinking.get().then_some("")
                    open=move || is_thinking.get()
                >
                    <summary>
                        <Icon name=IconName::Think/>
                        <span>{move || summary.get()}</span>
                        <Icon name=IconName::ChevronRight class="icon mini chevron mirrored"/>
                    </summary>
                    <ol>
                        <Thought message is_thinking/>
                        <ToolSteps message/>
                    </ol>
                </details>
            }
        })
    }
}

/// A person counts from one.
fn whole_seconds(milliseconds: u32) -> u32 {
    milliseconds.div_ceil(1000).max(1)
}

/// All that was thought, as one text: where in it a tool was called is not known.
#[component]
fn Thought(message: RwSignal<ShownMessage>, is_thinking: Memo<bool>) -> impl IntoView {
    let is_there = Memo::new(move |_| message.read().reasoning.is_some());
    let text = Memo::new(move |_| {
        let message = message.read();
        message.reasoning.as_ref().map(|it| it.text.clone())
    });
    let knot = move || {
        if is_thinking.get() {
            "dot burning"
        } else {
            "knot"
        }
    };
    move || {
        is_there.get().then(|| {
            view! {
                <li class="step">
                    <span class=knot></span>
                    <div class="step-thought" dir="auto">
                        <p>{move || text.get().unwrap_or_default()}</p>
                    </div>
                </li>
            }
        })
    }
}

/// Steps are only added, so each is drawn once.
#[component]
fn ToolSteps(message: RwSignal<ShownMessage>) -> impl IntoView {
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
    let name = tool_step(locale, step);
    let input = step.input.clone();
    let output = step.output.clone();
    let icon = if step.tool == ToolStep::CALCULATOR {
        IconName::Calculator
    } else {
        IconName::Tools
    };
    view! {
        <li class="step step-tool" data-failed=step.has_failed.then_some("")>
            <Icon name=icon/>
            <strong>{name}</strong>
            <div class="step-box">
                <code>{input}</code>
                <output>{output}</output>
            </div>
        </li>
    }
}

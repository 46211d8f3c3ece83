//! What happened before an answer: what the model thought and what tools did for it. Open while it
//! thinks, folded to one line afterwards.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    model::{Phase, ToolStep},
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
                        <Thread message is_thinking/>
                    </ol>
                </details>
            }
        })
    }
}

/// A person counts from one.
pub(crate) fn whole_seconds(milliseconds: u32) -> u32 {
    milliseconds.div_ceil(1000).max(1)
}

/// What a row of the thread is; in one revision rows are only added.
type RowKey = (u32, usize, Option<usize>);

/// Of a revision of the message: the place in the thread, and which step it is if it is one.
fn rows(message: &ShownMessage) -> Vec<RowKey> {
    let mut num_steps = 0;
    let row = |(index, phase): (usize, Phase<'_>)| {
        let step = matches!(phase, Phase::Step(_)).then(|| {
            num_steps += 1;
            num_steps - 1
        });
        (message.revision, index, step)
    };
    message.phases().into_iter().enumerate().map(row).collect()
}

/// Thoughts and steps as they came. A step is drawn once, a thought grows.
#[component]
fn Thread(message: RwSignal<ShownMessage>, is_thinking: Memo<bool>) -> impl IntoView {
    let locale = use_locale();
    let keys = Memo::new(move |_| message.with(rows));
    let row = move |(_, index, step): RowKey| match step {
        Some(number) => {
            let step = message.with_untracked(|it| it.steps.get(number).cloned());
            step.map(|step| view_step(locale, &step)).into_any()
        }
        None => view! { <Thought message index is_thinking/> }.into_any(),
    };
    view! { <For each=move || keys.get() key=|key| *key children=row/> }
}

#[component]
fn Thought(
    message: RwSignal<ShownMessage>,
    /// Its place in the thread.
    index: usize,
    is_thinking: Memo<bool>,
) -> impl IntoView {
    // It only grows, so its length tells whether it is another one: no copy for every frame.
    let length = Memo::new(move |_| message.with(|it| thought(it, index).len()));
    let text = move || {
        // Read, since nobody else does: a memo that is only tracked is never computed.
        let _ = length.get();
        message.with_untracked(|it| thought(it, index).to_owned())
    };
    let is_last = Memo::new(move |_| message.with(|it| it.phases().len() == index + 1));
    let knot = move || {
        if is_thinking.get() && is_last.get() {
            "dot burning"
        } else {
            "knot"
        }
    };
    view! {
        <li class="step">
            <span class=knot></span>
            <div class="step-thought" dir="auto">
                <p>{text}</p>
            </div>
        </li>
    }
}

fn thought(message: &ShownMessage, index: usize) -> &str {
    match message.phases().get(index) {
        Some(&Phase::Thought(text)) => text,
        _ => "",
    }
}

/// A tool that was called.
pub(crate) fn view_step(locale: Locale, step: &ToolStep) -> impl IntoView + use<> {
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

//! Messages of a copy, as the transcript has them, without anything that can be pressed but what
//! stands in answers.

use leptos::prelude::*;

use crate::{
    components::{Icon, IconName, view_step, whole_seconds},
    model::{MessageStatus, Phase, Role, phases},
    service::sharing::SharedLine,
    words::{self, Locale, steps_summary, words},
};

/// A question or an answer. `owner`: who asked.
pub(super) fn view_line(locale: Locale, owner: &str, line: SharedLine) -> AnyView {
    let (role, status) = (line.role, line.status);
    let time = words::full_moment(locale, line.time);
    let speaker = match role {
        Role::User => owner.to_owned(),
        Role::Assistant => {
            let unknown = || words!(locale, chat.assistant).to_owned();
            line.model.clone().unwrap_or_else(unknown)
        }
    };
    // On paper it stands above the message.
    let name = speaker.clone();
    let body = match role {
        Role::User => question(locale, line),
        Role::Assistant => answer(locale, line),
    };
    let is_cut_off = status != MessageStatus::Finished;
    let note = is_cut_off.then(|| {
        view! { <p class="shared-note">{words!(locale, sharing.cut_off)}</p> }
    });
    let byline = (role == Role::Assistant).then(|| {
        view! {
            <p class="shared-byline">
                <span dir="auto">{speaker.clone()}</span>
                <time>{time}</time>
            </p>
        }
    });
    view! {
        <article class="message" data-role=role.as_str() data-name=name>
            <h2 class="visually-hidden">{speaker}</h2>
            {body}
            {note}
            {byline}
        </article>
    }
    .into_any()
}

fn question(locale: Locale, line: SharedLine) -> AnyView {
    let language = words::foreign(locale, [&line.text]);
    view! {
        <div class="user-line">
            <div class="user-text" dir="auto" lang=language>{line.text}</div>
        </div>
    }
    .into_any()
}

fn answer(locale: Locale, line: SharedLine) -> AnyView {
    let steps = steps(locale, &line);
    let language = words::foreign(locale, &line.blocks);
    let blocks: Vec<_> = line
        .blocks
        .into_iter()
        .map(|html| {
            let html = words::in_language(locale, html);
            view! { <div class="block" inner_html=html></div> }
        })
        .collect();
    view! {
        {steps}
        <div class="answer" dir="auto" lang=language>{blocks}</div>
    }
    .into_any()
}

/// What happened before an answer, folded.
fn steps(locale: Locale, line: &SharedLine) -> Option<AnyView> {
    let thought = line.reasoning.as_ref();
    let text = thought.map_or("", |it| it.text.as_str());
    let phases = phases(text, &line.steps);
    if phases.is_empty() {
        return None;
    }
    let seconds = thought.map(|it| whole_seconds(it.duration_ms));
    let summary = steps_summary(locale, seconds, &line.steps);
    let row = |phase: Phase<'_>| match phase {
        Phase::Step(step) => view_step(locale, step).into_any(),
        Phase::Thought(text) => view! {
            <li class="step">
                <span class="knot"></span>
                <div class="step-thought" dir="auto">
                    <p>{text.to_owned()}</p>
                </div>
            </li>
        }
        .into_any(),
    };
    let rows: Vec<_> = phases.into_iter().map(row).collect();
    Some(
        view! {
            <details class="steps">
                <summary>
                    <Icon name=IconName::Think/>
                    <span>{summary}</span>
                    <Icon name=IconName::ChevronRight class="icon mini chevron mirrored"/>
                </summary>
                <ol>{rows}</ol>
            </details>
        }
        .into_any(),
    )
}

//! One message. Changes when its own text or status changes, not when others do.

use leptos::prelude::*;

use super::{MessageActions, MessageCommand, ReasoningView, ToolStepsView};
use crate::{
    model::{MessageStatus, Role},
    transcript::ShownMessage,
    words::{self, Locale, use_locale, words},
};

/// One message with its actions. `is_busy`: a turn of this conversation is running.
#[component]
pub(crate) fn MessageView(
    message: RwSignal<ShownMessage>,
    #[prop(into)] is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (id, role, time) = message.with_untracked(|it| (it.id, it.role, it.time));
    let speaker = match role {
        Role::User => words!(locale, chat.you),
        Role::Assistant => words!(locale, chat.assistant),
    };
    let is_running = Memo::new(move |_| message.read().is_running());
    let body = match role {
        Role::User => {
            let text = message.with_untracked(|it| it.text.clone());
            view! { <div class="user-text" dir="auto">{text}</div> }.into_any()
        }
        Role::Assistant => view! {
            <ReasoningView message/>
            <ToolStepsView message/>
            <Answer message/>
            <AnswerNote message/>
        }
        .into_any(),
    };
    view! {
        <article
            class="message"
            id=format!("message-{id}")
            data-role=role.as_str()
            data-running=move || is_running.get().then_some("")
            aria-busy=move || is_running.get().to_string()
            tabindex="-1"
        >
            <h2 class="visually-hidden">{speaker}</h2>
            {body}
            <footer class="message-footer">
                <MessageActions message is_busy on_command/>
                <AnswerUsage message/>
                <time class="message-time">{words::moment(locale, time)}</time>
            </footer>
        </article>
    }
}

/// Committed blocks, appended once and never touched again, and the block that still grows.
///
/// Hydration writes nothing here: the HTML that the server rendered stays as it is, and the values
/// on the browser's side are empty until a snapshot begins a new revision.
#[component]
fn Answer(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let revision = Memo::new(move |_| message.read().revision);
    let extent = Memo::new(move |_| message.with(|it| (it.revision, it.blocks.len())));
    let pending = Memo::new(move |_| message.read().pending.clone());
    let keys = move || {
        let (revision, count) = extent.get();
        (0..count)
            .map(|index| (revision, index))
            .collect::<Vec<_>>()
    };
    let block = move |(_, index): (u32, usize)| {
        let html = message.with_untracked(|it| it.blocks.get(index).cloned());
        let html = html.map(|html| words::in_language(locale, html));
        view! { <div class="block" inner_html=html.unwrap_or_default()></div> }
    };
    let pending = move || words::in_language(locale, pending.get());
    let growing = move |_| view! { <div class="pending" inner_html=pending></div> };
    view! {
        <div class="answer" dir="auto">
            <For each=keys key=|key| *key children=block/>
            <For each=move || [revision.get()] key=|revision| *revision children=growing/>
        </div>
    }
}

/// What happens, or what went wrong, in words.
#[component]
fn AnswerNote(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let note = Memo::new(move |_| message.with(|message| note_of(locale, message)));
    move || {
        let (class, words) = note.get()?;
        Some(view! { <p class=class>{words}</p> })
    }
}

fn note_of(locale: Locale, message: &ShownMessage) -> Option<(&'static str, String)> {
    let plain = |words: &str| Some(("message-note", words.to_owned()));
    match message.status {
        MessageStatus::Running if message.has_text() => None,
        // What the model thinks is shown as it comes.
        MessageStatus::Running if message.reasoning.is_some() && message.waiting.is_none() => None,
        MessageStatus::Finished if message.reasoning.is_some() && !message.has_text() => {
            plain(words!(locale, chat.only_reasoning))
        }
        MessageStatus::Running => {
            let words = match message.waiting {
                Some(state) => words::waiting(locale, state),
                None => words!(locale, chat.thinking).to_owned(),
            };
            Some(("message-note waiting", words))
        }
        MessageStatus::Stopped => plain(words!(locale, chat.stopped)),
        MessageStatus::Interrupted => plain(words!(locale, chat.interrupted)),
        MessageStatus::Finished => plain(words::finish(locale, message.finish_reason)?),
        MessageStatus::Failed => {
            let failed = words!(locale, chat.failed);
            let words = match message.error.clone() {
                Some(error) => {
                    let reason = words::turn_error(locale, error);
                    words!(
                        locale,
                        chat.failed_because,
                        failed = failed,
                        reason = reason
                    )
                }
                None => failed.to_owned(),
            };
            Some(("message-note failed", words))
        }
    }
}

#[component]
fn AnswerUsage(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let usage = Memo::new(move |_| {
        let message = message.read();
        message.usage.as_ref().map(|it| words::usage(locale, it))
    });
    move || {
        let words = usage.get()?;
        Some(view! { <span class="message-usage">{words}</span> })
    }
}

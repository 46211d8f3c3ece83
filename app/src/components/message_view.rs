//! One message. Changes when its own text or status changes, not when others do.

use leptos::prelude::*;

use super::{
    AnswerNote, Editing, MessageActions, MessageCommand, QuestionActions, QuestionEditor,
    StepsView, VersionSwitch,
};
use crate::{
    model::Role,
    transcript::ShownMessage,
    words::{self, use_locale, words},
};

/// One message with its actions. `is_busy`: a turn of this conversation is running.
#[component]
pub(crate) fn MessageView(
    message: RwSignal<ShownMessage>,
    #[prop(into)] is_busy: Signal<bool>,
    editing: Editing,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (id, role) = message.with_untracked(|it| (it.id, it.role));
    let speaker = match role {
        Role::User => words!(locale, chat.you),
        Role::Assistant => words!(locale, chat.assistant),
    };
    // On paper an answer is its model's.
    let name = Memo::new(move |_| {
        let model = message.with(|it| it.provenance.as_ref()?.model.clone());
        model.unwrap_or_else(|| speaker.to_owned())
    });
    let is_running = Memo::new(move |_| message.read().is_running());
    let is_lost = Memo::new(move |_| message.read().is_lost);
    let body = match role {
        Role::User => view! { <Question message is_busy editing on_command/> }.into_any(),
        Role::Assistant => view! {
            <StepsView message/>
            <Answer message/>
            <AnswerNote message is_busy on_command/>
            <AnswerFooter message is_busy on_command/>
        }
        .into_any(),
    };
    view! {
        <article
            class="message"
            id=format!("message-{id}")
            data-role=role.as_str()
            data-name=move || name.get()
            data-running=move || is_running.get().then_some("")
            data-lost=move || is_lost.get().then_some("")
            aria-busy=move || is_running.get().to_string()
            tabindex="-1"
        >
            <h2 class="visually-hidden">{speaker}</h2>
            {body}
        </article>
    }
}

/// What a person wrote, with its tools beside it and its versions below. While it is edited, the
/// bubble is out of sight and keeps its text.
#[component]
fn Question(
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    editing: Editing,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let (id, text) = message.with_untracked(|it| (it.id, it.text.clone()));
    let files = message.with_untracked(|it| it.files.clone());
    let files =
        (!files.is_empty()).then(|| view! { <div class="question-files" inner_html=files></div> });
    let is_edited = Memo::new(move |_| editing.question.get() == Some(id));
    let editor = move || view! { <QuestionEditor message editing on_command/> };
    // Hydration leaves what the server found out, as it leaves the text.
    let language = words::foreign(use_locale(), [&text]);
    view! {
        {files}
        <div class="user-line" hidden=move || is_edited.get()>
            <QuestionActions message on_command/>
            <div class="user-text" dir="auto" lang=language>{text}</div>
        </div>
        {move || is_edited.get().then(editor)}
        <VersionSwitch message is_busy on_command/>
    }
}

/// It lies in the room between an answer and the next question and takes none of its own.
#[component]
fn AnswerFooter(
    message: RwSignal<ShownMessage>,
    is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let time = message.with_untracked(|it| it.time);
    view! {
        <footer class="message-footer">
            <MessageActions message is_busy on_command/>
            <VersionSwitch message is_busy on_command/>
            <time class="message-time" title=words::full_moment(locale, time)>
                {words::clock(time)}
            </time>
        </footer>
    }
}

/// Committed blocks, appended once, and the block that still grows. While it grows no committed one
/// is touched; its end, or a later reading, may replace some, each alone: what a person reads, has
/// marked or has focused elsewhere stays as it is.
///
/// Hydration writes nothing here: the HTML that the server rendered stays as it is, and the values
/// on the browser's side are empty until a snapshot begins a new revision.
#[component]
fn Answer(message: RwSignal<ShownMessage>) -> impl IntoView {
    let locale = use_locale();
    let revision = Memo::new(move |_| message.read().revision);
    let extent =
        Memo::new(move |_| message.with(|it| (it.revision, it.blocks.len(), it.settled.clone())));
    let pending = Memo::new(move |_| message.read().pending.clone());
    let keys = move || {
        let (revision, count, settled) = extent.get();
        (0..count)
            .map(|index| {
                let changes = settled.iter().filter(|&&other| other == index);
                (revision, index, changes.count())
            })
            .collect::<Vec<_>>()
    };
    let block = move |(_, index, _): (u32, usize, usize)| {
        let html = message.with_untracked(|it| it.blocks.get(index).cloned());
        let html = html.map(|html| words::in_language(locale, html));
        view! { <div class="block" inner_html=html.unwrap_or_default()></div> }
    };
    let pending = move || words::in_language(locale, pending.get());
    let growing = move |_| view! { <div class="pending" inner_html=pending></div> };
    let language =
        move || message.with(|it| words::foreign(locale, it.blocks.iter().chain([&it.pending])));
    view! {
        <div class="answer" dir="auto" lang=language>
            <For each=keys key=|key| *key children=block/>
            <For each=move || [revision.get()] key=|revision| *revision children=growing/>
        </div>
    }
}

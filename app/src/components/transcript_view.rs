//! The messages of a conversation: the only part of the page that scrolls.

mod following;

use following::Following;
use leptos::{html, prelude::*};

use super::{Editing, Icon, IconName, MessageCommand, MessageView, PressedQuestion, QuestionMenu};
use crate::{
    browser,
    model::{ConversationId, LocalDate, MessageId},
    transcript::ShownMessage,
    words::{self, Locale, use_locale, words},
};

/// What stands above and below the shown messages: addresses, if there is anything.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours {
    pub(crate) earlier: Signal<Option<String>>,
    pub(crate) later: Signal<Option<String>>,
    /// Shows the earlier messages above the others.
    pub(crate) on_earlier: Callback<()>,
}

/// The shown messages. `message_of` finds the state of one by its id.
#[component]
pub(crate) fn TranscriptView(
    #[prop(into)] conversation: Signal<Option<ConversationId>>,
    #[prop(into)] ids: Signal<Vec<MessageId>>,
    /// Messages that are the first of their day.
    #[prop(into)]
    days: Signal<Vec<(MessageId, LocalDate)>>,
    #[prop(into)] today: Signal<LocalDate>,
    neighbours: Neighbours,
    /// The message that somebody looked for: it is shown and marked for a moment.
    #[prop(into)]
    sought: Signal<Option<MessageId>>,
    message_of: Callback<MessageId, Option<RwSignal<ShownMessage>>>,
    #[prop(into)] is_busy: Signal<bool>,
    /// Those of another conversation are on their way.
    #[prop(into)]
    is_waiting: Signal<bool>,
    editing: Editing,
    on_command: Callback<MessageCommand>,
    /// A code block was copied, or not.
    on_copied: Callback<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let container = NodeRef::<html::Div>::new();
    let content = NodeRef::<html::Div>::new();
    let following = Following::new(container, content, conversation, ids, neighbours);
    following.seek(sought);
    let pressed = PressedQuestion::new();
    let row = move |id| {
        let message = message_of.run(id)?;
        Some(view! {
            <DayLine id days today/>
            <MessageView message is_busy editing on_command/>
        })
    };
    view! {
        <div class="transcript" node_ref=container on:scroll=move |_| following.scrolled()>
            <div
                class="transcript-content"
                role="log"
                aria-live="off"
                aria-busy=move || is_waiting.get().then_some("true")
                aria-label=words!(locale, chat.messages)
                node_ref=content
                on:click=move |event| copy_code(locale, &event, on_copied)
                on:pointerdown=move |event| pressed.watch(&event)
            >
                <EarlierLink neighbours/>
                <For each=move || ids.get() key=|id| *id children=row/>
                <LaterLink neighbours/>
            </div>
        </div>
        <ToBottom following/>
        <QuestionMenu pressed on_command/>
    }
}

/// A link, so that it leads there without script too.
#[component]
fn EarlierLink(neighbours: Neighbours) -> impl IntoView {
    let locale = use_locale();
    let is_there = Memo::new(move |_| neighbours.earlier.read().is_some());
    let press = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        neighbours.on_earlier.run(());
    };
    view! {
        <Show when=move || is_there.get()>
            <p class="transcript-neighbour">
                <a
                    id="earlier-messages"
                    class="quiet-button"
                    href=move || neighbours.earlier.get()
                    on:click=press
                >
                    {words!(locale, chat.earlier_messages)}
                </a>
            </p>
        </Show>
    }
}

/// Loads the page again: what lies between is not there.
#[component]
fn LaterLink(neighbours: Neighbours) -> impl IntoView {
    let locale = use_locale();
    let is_there = Memo::new(move |_| neighbours.later.read().is_some());
    view! {
        <Show when=move || is_there.get()>
            <p class="transcript-neighbour">
                <a class="quiet-button" rel="external" href=move || neighbours.later.get()>
                    {words!(locale, chat.newest_messages)}
                </a>
            </p>
        </Show>
    }
}

/// Which day begins above a message, if one does. Paper says its date, on whatever day it is read.
#[component]
pub(crate) fn DayLine(
    id: MessageId,
    days: Signal<Vec<(MessageId, LocalDate)>>,
    today: Signal<LocalDate>,
) -> impl IntoView {
    let locale = use_locale();
    let day = Memo::new(move |_| {
        let days = days.read();
        days.iter().find(|it| it.0 == id).map(|it| it.1)
    });
    move || {
        let day = day.get()?;
        Some(view! {
            <p class="day">
                <span>{words::day_seen_from(locale, day, today.get())}</span>
                <span class="on-paper">{words::day(locale, day)}</span>
            </p>
        })
    }
}

/// The way back for a reader who scrolled up, and what came meanwhile.
#[component]
fn ToBottom(following: Following) -> impl IntoView {
    let locale = use_locale();
    let is_away = Memo::new(move |_| following.distance.get().is_away);
    let label = move || match following.distance.get().new_lines {
        ..=0 => words!(locale, chat.to_bottom).to_owned(),
        1 => words!(locale, chat.one_new_line).to_owned(),
        number => words!(locale, chat.new_lines, number = number),
    };
    let button = move || {
        view! {
            <button
                type="button"
                class="quiet-button floating"
                on:click=move |_| following.pin()
            >
                <Icon name=IconName::Down class="icon small"/>
                <span>{label}</span>
            </button>
        }
    };
    view! { <div class="to-bottom">{move || is_away.get().then(button)}</div> }
}

/// Copy buttons of code blocks come with the server's HTML; one listener serves them all.
fn copy_code(locale: Locale, event: &web_sys::Event, on_copied: Callback<bool>) {
    let Some((button, code)) = browser::read_code(event) else {
        return;
    };
    let copying = browser::copy_text(&code);
    leptos::task::spawn_local(async move {
        let is_copied = copying.await;
        if !is_copied {
            on_copied.run(false);
        }
        let words = if is_copied {
            words!(locale, chat.copied)
        } else {
            words!(locale, chat.not_copied)
        };
        browser::show_copied(button, words, is_copied).await;
    });
}

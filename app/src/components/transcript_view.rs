//! The messages of a conversation: the only part of the page that scrolls.

use leptos::{html, prelude::*};

use super::{Icon, IconName, MessageCommand, MessageView};
use crate::{
    browser::{self, Follower},
    model::MessageId,
    transcript::ShownMessage,
    words::{Locale, use_locale, words},
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
    #[prop(into)] ids: Signal<Vec<MessageId>>,
    neighbours: Neighbours,
    message_of: Callback<MessageId, Option<RwSignal<ShownMessage>>>,
    #[prop(into)] is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
    /// A code block was copied, or not.
    on_copied: Callback<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let container = NodeRef::<html::Div>::new();
    let content = NodeRef::<html::Div>::new();
    let following = Following::new(container, content, ids);
    let row = move |id| {
        let message = message_of.run(id)?;
        Some(view! { <MessageView message is_busy on_command/> })
    };
    view! {
        <div class="transcript" node_ref=container on:scroll=move |_| following.scrolled()>
            <div
                class="transcript-content"
                role="log"
                aria-live="off"
                aria-label=words!(locale, chat.messages)
                node_ref=content
                on:click=move |event| copy_code(locale, &event, on_copied)
            >
                <EarlierLink neighbours/>
                <For each=move || ids.get() key=|id| *id children=row/>
                <LaterLink neighbours/>
            </div>
        </div>
        <ToBottom following/>
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

/// The way back for a reader who scrolled up.
#[component]
fn ToBottom(following: Following) -> impl IntoView {
    let locale = use_locale();
    let button = move || {
        view! {
            <button
                type="button"
                class="icon-button raised"
                title=words!(locale, chat.to_bottom)
                aria-label=words!(locale, chat.to_bottom)
                on:click=move |_| following.pin()
            >
                <Icon name=IconName::Down/>
            </button>
        }
    };
    view! { <div class="to-bottom">{move || following.is_away.get().then(button)}</div> }
}

/// The list stays at its end unless the reader scrolled up.
#[derive(Clone, Copy)]
struct Following {
    /// Made in the browser only: a value bound to a thread must not be dropped by the server.
    follower: StoredValue<Option<StoredValue<Follower, LocalStorage>>>,
    /// Far enough from the end to need a button.
    is_away: RwSignal<bool>,
}

impl Following {
    fn new(
        container: NodeRef<html::Div>,
        content: NodeRef<html::Div>,
        ids: Signal<Vec<MessageId>>,
    ) -> Self {
        let following = Self {
            follower: StoredValue::new(None),
            is_away: RwSignal::new(false),
        };
        Effect::new(move || {
            if let (Some(container), Some(content)) = (container.get(), content.get()) {
                let made = Follower::new(container.into(), &content);
                following
                    .follower
                    .set_value(Some(StoredValue::new_local(made)));
            }
        });
        // A new last message is one's own, a new answer or another conversation: show it. Only
        // another first one came above what is being read.
        Effect::new(
            move |ends: Option<(Option<MessageId>, Option<MessageId>)>| {
                let ids = ids.read();
                let (first, last) = (ids.first().copied(), ids.last().copied());
                match ends {
                    Some((_, old)) if old != last => following.pin(),
                    Some((old, _)) if old != first => following.hold(),
                    _ => {}
                }
                (first, last)
            },
        );
        following
    }

    fn pin(self) {
        if let Some(follower) = self.follower.get_value() {
            follower.with_value(Follower::pin);
        }
    }

    fn hold(self) {
        if let Some(follower) = self.follower.get_value() {
            follower.with_value(Follower::hold);
        }
    }

    fn scrolled(self) {
        let was_away = self.is_away.get_untracked();
        let follower = self.follower.get_value();
        let is_away = follower.is_some_and(|it| it.with_value(|it| it.scrolled(was_away)));
        if is_away != was_away {
            self.is_away.set(is_away);
        }
    }
}

/// Copy buttons of code blocks come with the server's HTML; one listener serves them all.
fn copy_code(locale: Locale, event: &web_sys::Event, on_copied: Callback<bool>) {
    let Some((button, code)) = browser::read_code(event) else {
        return;
    };
    let copying = browser::copy_text(&code);
    leptos::task::spawn_local(async move {
        let is_copied = copying.await;
        on_copied.run(is_copied);
        let words = if is_copied {
            words!(locale, chat.copied)
        } else {
            words!(locale, chat.not_copied)
        };
        browser::show_copied(button, words, is_copied).await;
    });
}

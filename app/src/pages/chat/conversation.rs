//! What is said in the shown conversation, and the box below it.

use leptos::prelude::*;

use super::{
    address::{self, before},
    commands::Navigate,
    keys,
    state::ChatState,
};
use crate::{
    browser,
    components::{
        Composer, ComposerState, DropZone, Greeting, Icon, IconName, MissingConversation,
        Neighbours, Privacy, Skeleton, Skeletons, Starters, TranscriptView, begin_text,
    },
    model::{ConversationId, MessageId},
    words::{use_locale, words},
};

/// By then other tabs know what the first one did with the message that waits.
const PRECEDENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// Greeting or messages, notices, composer. The box is one and the same on an empty page and in a
/// conversation: what is typed in it stays.
#[component]
pub(super) fn Conversation(state: ChatState, navigate: Navigate) -> impl IntoView {
    state.unseen.update_value(|it| it.navigate = Some(navigate));
    let ids = Memo::new(move |_| {
        let entries = state.entries.read();
        entries.iter().map(|it| it.id).collect::<Vec<_>>()
    });
    let days = Memo::new(move |_| state.days());
    let today = RwSignal::from(state.list.today());
    let running = Memo::new(move |_| state.running().map(|it| it.id));
    let is_waiting = state.is_waiting();
    // What is sent while another conversation is on its way would go to the one before.
    let is_held = Memo::new(move |_| state.is_sending.get() || is_waiting.get());
    let is_busy = Memo::new(move |_| running.read().is_some() || is_held.get());
    let shown_id = Memo::new(move |_| state.shown.read().as_ref().map(|it| it.id));
    // Nobody stops what is covered.
    let stoppable = Memo::new(move |_| running.get().filter(|_| !is_waiting.get()));
    let leaf = Memo::new(move |_| state.around.get().later_leaf.or(ids.read().last().copied()));
    let is_empty = Memo::new(move |_| ids.read().is_empty() && !is_waiting.get());
    let composer = ComposerState {
        conversation: written(state, shown_id).into(),
        leaf: leaf.into(),
        running: stoppable.into(),
        is_sending: is_held.into(),
        is_waiting: is_waiting.into(),
        is_empty: is_empty.into(),
        choices: Signal::derive(move || state.own.get().within(state.model.read().usual)),
        queued: state.queued,
        error: state.error.into(),
        note: RwSignal::new(None),
        pasted: RwSignal::new(None),
    };
    keys::listen(state);
    send_when_ended(state, shown_id, running);
    let neighbours = neighbours(state, ids, shown_id);
    let message_of = Callback::new(move |id| state.message(id));
    let on_message = Callback::new(move |command| state.on_message(command));
    let on_copied = Callback::new(move |is_copied| state.flash_copied(is_copied));
    let on_composer = Callback::new(move |command| state.on_composer(command));
    view! {
        <div class=move || stage(state, is_empty)>
            {move || is_empty.get().then(|| view! { <EmptyHead state/> })}
            <TranscriptView
                conversation=shown_id
                ids
                days
                today
                neighbours
                message_of
                sought=state.sought()
                is_busy
                is_waiting
                editing=state.editing()
                on_command=on_message
                on_copied
            />
            <Skeletons of=Skeleton::Messages is_shown=is_waiting/>
            <OutdatedNotice is_outdated=state.is_outdated()/>
            <NotOpened state/>
            <Composer user=state.user() state=composer on_command=on_composer/>
            {move || is_empty.get().then(|| view! { <EmptyFoot state/> })}
            <DropZone user=state.user() state=composer/>
        </div>
    }
}

/// Whose draft is written: the box is that of the conversation which is on its way already.
fn written(state: ChatState, shown: Memo<Option<ConversationId>>) -> Memo<Option<ConversationId>> {
    Memo::new(move |_| match state.address.get().conversation() {
        Some(awaited) if state.is_waiting().get() => Some(awaited),
        _ => shown.get(),
    })
}

/// How the column is laid out.
fn stage(state: ChatState, is_empty: Memo<bool>) -> &'static str {
    match (is_empty.get(), state.is_missing.get()) {
        _ if state.is_waiting().get() => "chat-stage waiting-stage",
        (true, true) => "chat-stage missing-stage",
        (true, false) => "chat-stage empty-stage",
        _ if state.has_begun.get() => "chat-stage begun",
        _ => "chat-stage",
    }
}

/// The message that waits goes when the answer is over that it waits for. One that is wanted now
/// goes also if it was stopped while nobody was here to see it: the page was loaded again.
fn send_when_ended(
    state: ChatState,
    shown: Memo<Option<ConversationId>>,
    running: Memo<Option<MessageId>>,
) {
    Effect::new(
        move |old: Option<(Option<ConversationId>, Option<MessageId>)>| {
            let now = (shown.get(), running.get());
            let is_wanted = state.queued.read().as_ref().is_some_and(|it| it.is_wanted);
            let ended = match old {
                Some((old_shown, Some(answer))) if old_shown == now.0 => Some(answer),
                _ if is_wanted && !state.is_sending.get_untracked() => state.last_answer(),
                _ => None,
            };
            if let (Some(answer), None) = (ended, now.1) {
                end_waiting(state, answer);
            }
            now
        },
    );
}

/// Of several tabs the one that is looked at goes first: what is put back belongs into its box.
fn end_waiting(state: ChatState, answer: MessageId) {
    if browser::is_hidden() {
        state.spawn(async move {
            browser::sleep(PRECEDENCE).await;
            if !state.is_sending.get_untracked() && untrack(|| state.running()).is_none() {
                state.answer_ended(answer);
            }
        });
    } else {
        state.answer_ended(answer);
    }
}

/// What stands above and below the shown messages.
fn neighbours(
    state: ChatState,
    ids: Memo<Vec<MessageId>>,
    shown: Memo<Option<ConversationId>>,
) -> Neighbours {
    let earlier = Memo::new(move |_| {
        let first = ids.read().first().copied()?;
        let is_there = state.around.get().has_earlier;
        shown.get().filter(|_| is_there).map(|id| before(id, first))
    });
    let later = Memo::new(move |_| {
        let is_there = state.around.get().later_leaf.is_some();
        is_there.then(|| address::address(shown.get()))
    });
    Neighbours {
        earlier: earlier.into(),
        later: later.into(),
        on_earlier: Callback::new(move |()| state.show_earlier()),
    }
}

/// Above the box of an empty page.
#[component]
fn EmptyHead(state: ChatState) -> impl IntoView {
    move || {
        if state.is_missing.get() {
            view! { <MissingConversation/> }.into_any()
        } else {
            view! { <Greeting name=state.user_name()/> }.into_any()
        }
    }
}

/// Below the box of an empty page.
#[component]
fn EmptyFoot(state: ChatState) -> impl IntoView {
    let on_choose = Callback::new(move |text: String| {
        begin_text(state.user(), state.shown_id(), &text);
    });
    move || {
        (!state.is_missing.get()).then(|| {
            view! {
                <Starters own=state.starters() on_choose/>
                <Privacy status=state.model/>
            }
        })
    }
}

/// The server was replaced; what is written stays, as a draft.
#[component]
fn OutdatedNotice(is_outdated: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let notice = move || {
        view! {
            <p class="notice" role="alert">
                {words!(locale, chat.outdated)}
                <button type="button" class="quiet-button" on:click=|_| browser::reload()>
                    {words!(locale, chat.reload)}
                </button>
            </p>
        }
    };
    move || is_outdated.get().then(notice)
}

/// Another conversation was asked for, and this one is shown still.
#[component]
fn NotOpened(state: ChatState) -> impl IntoView {
    let locale = use_locale();
    let notice = move || {
        view! {
            <div class="message-note failed not-opened" role="alert">
                <Icon name=IconName::Offline/>
                <span>{words!(locale, chat.not_opened)}</span>
                <button type="button" class="button" on:click=move |_| state.open_again()>
                    {words!(locale, chat.try_again)}
                </button>
            </div>
        }
    };
    let is_there = Memo::new(move |_| state.unopened.read().is_some());
    move || is_there.get().then(notice)
}

//! What is said in the shown conversation, and the box below it.

use leptos::prelude::*;

use super::{
    address::{self, before},
    commands::Navigate,
    state::ChatState,
};
use crate::{
    browser,
    components::{Composer, Neighbours, TranscriptView},
    words::{self, use_locale, words},
};

/// Greeting or messages, notices, composer.
#[component]
pub(super) fn Conversation(state: ChatState, navigate: Navigate) -> impl IntoView {
    let locale = use_locale();
    let ids = Memo::new(move |_| {
        state
            .entries
            .read()
            .iter()
            .map(|it| it.id)
            .collect::<Vec<_>>()
    });
    let running = Memo::new(move |_| state.running().map(|it| it.id));
    let is_busy = Memo::new(move |_| running.read().is_some() || state.is_sending.get());
    let shown_id = Memo::new(move |_| state.shown.read().as_ref().map(|it| it.id));
    let message_of = Callback::new(move |id| state.message(id));
    let on_command = Callback::new(move |command| state.on_message(command));
    let on_copied = Callback::new(move |is_copied| state.flash_copied(is_copied));
    let on_send = Callback::new(move |text| state.send(text, navigate));
    let on_stop = Callback::new(move |id| state.stop(id));
    let leaf = Memo::new(move |_| state.around.get().later_leaf.or(ids.read().last().copied()));
    let is_empty = Memo::new(move |_| ids.read().is_empty());
    let earlier = Memo::new(move |_| {
        let first = ids.read().first().copied()?;
        let is_there = state.around.get().has_earlier;
        shown_id
            .get()
            .filter(|_| is_there)
            .map(|id| before(id, first))
    });
    let later = Memo::new(move |_| {
        let is_there = state.around.get().later_leaf.is_some();
        is_there.then(|| address::address(shown_id.get()))
    });
    let neighbours = Neighbours {
        earlier: earlier.into(),
        later: later.into(),
        on_earlier: Callback::new(move |()| state.show_earlier()),
    };
    view! {
        {move || is_empty.get().then(|| view! { <Greeting is_missing=state.is_missing/> })}
        <TranscriptView ids neighbours message_of is_busy on_command on_copied/>
        <OutdatedNotice is_outdated=state.is_outdated/>
        {move || state.notice.get().map(|notice| view! {
            <p class="notice">{words::notice(locale, notice)}</p>
        })}
        <Composer
            user=state.user()
            conversation=shown_id
            leaf
            running
            is_sending=state.is_sending
            error=state.error
            on_send
            on_stop
        />
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

/// What stands in an empty page.
#[component]
fn Greeting(is_missing: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let heading = move || {
        if is_missing.get() {
            words!(locale, door.not_found)
        } else {
            words!(locale, chat.greeting)
        }
    };
    let lead = move || {
        if is_missing.get() {
            words!(locale, door.not_found_lead)
        } else {
            words!(locale, chat.privacy)
        }
    };
    view! {
        <div class="greeting">
            <p class="greeting-heading">{heading}</p>
            <p class="greeting-lead">{lead}</p>
        </div>
    }
}

//! What stands above the conversation: the model, the title, and what can be done with it.

use leptos::prelude::*;

use super::{commands::Navigate, settings::Dialog, state::ChatState};
use crate::{
    browser,
    components::{
        ChatCommand, ChatMenu, Icon, IconName, ModelChip, OfflineChip, PageLink, SidebarCommand,
        TitleInput,
    },
    words::{self, use_locale, words},
};

/// Once the input is gone.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(50);

const TITLE: &str = "title-button";

#[component]
pub(super) fn Header(
    state: ChatState,
    title: Memo<Option<String>>,
    dialog: Dialog,
    is_administrator: bool,
    navigate: Navigate,
) -> impl IntoView {
    let locale = use_locale();
    let open = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        state.open_drawer();
    };
    // What is covered is not what somebody wants to rename or to delete.
    let is_waiting = state.is_waiting();
    let shown_id = Memo::new(move |_| {
        let shown = state.shown.read().as_ref().map(|it| it.id);
        shown.filter(|_| !is_waiting.get())
    });
    let has_title = Memo::new(move |_| title.read().is_some() && !is_waiting.get());
    let has_branches = Memo::new(move |_| state.has_branches());
    let is_renamed = RwSignal::new(false);
    // What is written is the title of the conversation that was shown when it was begun.
    Effect::new(move || {
        shown_id.track();
        is_renamed.set(false);
    });
    let on_settings = Callback::new(move |()| state.open_settings(dialog));
    let on_command = Callback::new(move |command| match command {
        ChatCommand::Settings => state.open_settings(dialog),
        ChatCommand::Rename => is_renamed.set(true),
        ChatCommand::Delete(id) => state.on_sidebar(SidebarCommand::Delete(id), navigate),
    });
    view! {
        <header class="chat-header">
            <a
                id="open-sidebar"
                class="icon-button burger"
                href="#sidebar"
                title=words!(locale, chat.open_sidebar)
                aria-label=words!(locale, chat.open_sidebar)
                on:click=open
            >
                <Icon name=IconName::Menu/>
            </a>
            <div class="chat-heading">
                <ModelChip status=state.model is_administrator on_settings/>
                <Show when=move || has_title.get()>
                    <ChatTitle state title is_renamed navigate/>
                </Show>
            </div>
            <div class="chat-header-end">
                <OfflineChip is_offline=state.is_offline()/>
                <PageLink
                    to="/"
                    attr:class="icon-button header-new"
                    attr:title=words!(locale, chat.new_chat)
                    attr:aria-label=words!(locale, chat.new_chat)
                >
                    <Icon name=IconName::NewChat/>
                </PageLink>
                <ChatMenu conversation=shown_id has_title has_branches on_command/>
            </div>
        </header>
    }
}

/// A press on the title makes an input of it. Without script it asks for the page with the forms
/// of its row.
#[component]
fn ChatTitle(
    state: ChatState,
    title: Memo<Option<String>>,
    is_renamed: RwSignal<bool>,
    navigate: Navigate,
) -> impl IntoView {
    let locale = use_locale();
    let text = move || title.get().unwrap_or_default();
    let language = move || title.with(|it| words::foreign(locale, [it.as_ref()?]));
    let id = move || state.shown.read().as_ref().map(|it| it.id.to_string());
    let on_done = Callback::new(move |written: Option<String>| {
        is_renamed.set(false);
        if let (Some(title), Some(id)) = (written, state.shown_id()) {
            state.on_sidebar(SidebarCommand::Rename { id, title }, navigate);
        }
        set_timeout(|| browser::focus_if_lost(TITLE), SETTLED);
    });
    let on_click = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        is_renamed.set(true);
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "F2" {
            event.prevent_default();
            is_renamed.set(true);
        }
    };
    let button = move || {
        view! {
            <button
                type="submit"
                id=TITLE
                form="conversations"
                name="menu"
                value=id
                title=words!(locale, chat.rename)
                dir="auto"
                lang=language
                on:click=on_click
                on:keydown=on_key
            >
                {text}
            </button>
        }
    };
    let shown = move || {
        if is_renamed.get() {
            view! { <TitleInput title=title.get_untracked().unwrap_or_default() on_done/> }
                .into_any()
        } else {
            button().into_any()
        }
    };
    view! { <h1 class="chat-title">{shown}</h1> }
}

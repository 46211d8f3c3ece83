//! The list of conversations; a drawer over the page on narrow screens.
//!
//! Without script the drawer opens by its address (`#sidebar`, CSS `:target`).

use leptos::prelude::*;
use leptos_router::components::A;
use server_fn::ServerFn;

use super::{ConversationRow, Icon, IconName};
use crate::{
    api::accounts::SignOut,
    model::{ConversationId, ConversationSummary},
    words,
};

/// What a person asked of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SidebarCommand {
    Rename { id: ConversationId, title: String },
    Delete(ConversationId),
    Close,
}

/// New chat, conversations, account.
#[component]
pub(crate) fn Sidebar(
    list: RwSignal<Vec<ConversationSummary>>,
    user_name: String,
    #[prop(into)] is_open: Signal<bool>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let close = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(SidebarCommand::Close);
    };
    view! {
        <nav
            id="sidebar"
            class="sidebar"
            class:open=is_open
            aria-label=words::CONVERSATIONS
            on:keydown=move |event| if event.key() == "Escape" {
                on_command.run(SidebarCommand::Close);
            }
        >
            <div class="sidebar-top">
                <A href="/" attr:class="new-chat" attr:id="new-chat">
                    <Icon name=IconName::Plus/>
                    {words::NEW_CHAT}
                </A>
                <a
                    href="#"
                    class="icon-button sidebar-close"
                    aria-label=words::CLOSE_SIDEBAR
                    on:click=close
                >
                    <Icon name=IconName::Close/>
                </a>
            </div>
            <ConversationList list on_command/>
            <div class="sidebar-account">
                <span class="account-name" dir="auto">{user_name}</span>
                // A plain post: the next page starts without anything of this person.
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="quiet-button">{words::SIGN_OUT}</button>
                </form>
            </div>
        </nav>
        <a
            href="#"
            class="scrim"
            class:open=is_open
            tabindex="-1"
            aria-hidden="true"
            on:click=close
        ></a>
    }
}

#[component]
fn ConversationList(
    list: RwSignal<Vec<ConversationSummary>>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let ids = Memo::new(move |_| list.read().iter().map(|it| it.id).collect::<Vec<_>>());
    let row = move |id: ConversationId| {
        let summary = Memo::new(move |_| list.read().iter().find(|it| it.id == id).cloned());
        view! { <ConversationRow id summary on_command/> }
    };
    let is_empty = Memo::new(move |_| list.read().is_empty());
    view! {
        <ul class="conversation-list">
            <For each=move || ids.get() key=|id| *id children=row/>
        </ul>
        {move || is_empty.get().then(|| view! {
            <p class="sidebar-hint">{words::NO_CONVERSATIONS}</p>
        })}
    }
}

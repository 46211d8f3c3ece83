//! What stands beside a chat; a drawer over the page on narrow screens.
//!
//! Without script the drawer opens by its address (`#sidebar`, CSS `:target`).

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{ConversationListView, Icon, IconName, ListedConversations, PageLink};
use crate::{
    api::accounts::SignOut,
    model::ConversationId,
    sub_path::address_of,
    words::{use_locale, words},
};

/// What a person asked of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SidebarCommand {
    Rename { id: ConversationId, title: String },
    Delete(ConversationId),
    ShowMore,
    Close,
}

/// New chat, conversations, account.
#[component]
pub(crate) fn Sidebar(
    list: ListedConversations,
    user_name: String,
    /// Shows the way to the administration.
    is_administrator: bool,
    #[prop(into)] is_open: Signal<bool>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let close = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(SidebarCommand::Close);
    };
    view! {
        <nav
            id="sidebar"
            class="sidebar"
            class:open=is_open
            aria-label=words!(locale, chat.conversations)
            on:keydown=move |event| if event.key() == "Escape" {
                on_command.run(SidebarCommand::Close);
            }
        >
            <div class="sidebar-top">
                <PageLink to="/" attr:class="new-chat" attr:id="new-chat">
                    <Icon name=IconName::NewChat/>
                    {words!(locale, chat.new_chat)}
                </PageLink>
                <a
                    href="#"
                    class="icon-button sidebar-close"
                    aria-label=words!(locale, chat.close_sidebar)
                    on:click=close
                >
                    <Icon name=IconName::Close/>
                </a>
            </div>
            <ConversationListView list on_command/>
            <AccountArea user_name is_administrator/>
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

/// Who is signed in, and the ways to settings and out.
#[component]
fn AccountArea(user_name: String, is_administrator: bool) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="sidebar-account">
            <span class="account-name" dir="auto">{user_name}</span>
            {is_administrator.then(|| view! {
                <PageLink
                    to="/admin"
                    attr:class="icon-button"
                    attr:title=words!(locale, admin.administration)
                    attr:aria-label=words!(locale, admin.administration)
                >
                    <Icon name=IconName::Shield/>
                </PageLink>
            })}
            <PageLink
                to="/settings"
                attr:class="icon-button"
                attr:title=words!(locale, settings.settings)
                attr:aria-label=words!(locale, settings.settings)
            >
                <Icon name=IconName::Settings/>
            </PageLink>
            // A plain post: the next page starts without anything of this person.
            <form method="post" action=address_of(SignOut::url())>
                <button type="submit" class="quiet-button">{words!(locale, door.sign_out)}</button>
            </form>
        </div>
    }
}

//! What can be done with the shown conversation: the menu at the end of the header.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, export_menu::ExportEntries, menu::Menu};
use crate::{
    api::conversations::DeleteConversation,
    browser,
    model::ConversationId,
    sub_path::address_of,
    words::{use_locale, words},
};

const MENU: &str = "more-menu";

/// What a person asked of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChatCommand {
    Settings,
    Rename,
    Delete(ConversationId),
}

/// Settings of the chat; once it is a conversation also its title, its files and its end.
#[component]
pub(crate) fn ChatMenu(
    #[prop(into)] conversation: Signal<Option<ConversationId>>,
    /// The conversation has a title to change.
    #[prop(into)]
    has_title: Signal<bool>,
    /// A message has more than one version.
    #[prop(into)]
    has_branches: Signal<bool>,
    on_command: Callback<ChatCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let ask = move |command: ChatCommand| {
        browser::close_menu(MENU);
        on_command.run(command);
    };
    let on_ask = Callback::new(ask);
    let entries = move |id| view! { <ConversationEntries id has_title has_branches on_ask/> };
    view! {
        <button
            type="button"
            class="icon-button chat-more"
            popovertarget=MENU
            title=words!(locale, frame.more)
            aria-label=words!(locale, frame.more)
        >
            <Icon name=IconName::More/>
        </button>
        <Menu id=MENU label=words!(locale, frame.more)>
            <button
                type="button"
                class="menu-entry needs-script"
                autofocus
                on:click=move |_| ask(ChatCommand::Settings)
            >
                <Icon name=IconName::Sliders/>
                <span>{words!(locale, frame.chat_settings)}</span>
            </button>
            {move || conversation.get().map(entries)}
        </Menu>
    }
}

/// What can be done with a conversation.
#[component]
fn ConversationEntries(
    id: ConversationId,
    has_title: Signal<bool>,
    has_branches: Signal<bool>,
    on_ask: Callback<ChatCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let rename = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_ask.run(ChatCommand::Rename);
    };
    let delete = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_ask.run(ChatCommand::Delete(id));
    };
    view! {
        <Show when=move || has_title.get()>
            <button
                type="submit"
                class="menu-entry"
                form="conversations"
                name="menu"
                value=id.to_string()
                on:click=rename
            >
                <Icon name=IconName::Edit/>
                <span>{words!(locale, chat.rename)}</span>
            </button>
        </Show>
        <Show when=move || has_branches.get()>
            <a class="menu-entry" rel="external" href=address_of(&format!("/c/{id}/branches"))>
                <Icon name=IconName::Branch/>
                <span>{words!(locale, chat.branches)}</span>
            </a>
        </Show>
        <a class="menu-entry" rel="external" href=address_of(&format!("/c/{id}/share"))>
            <Icon name=IconName::Link/>
            <span>{words!(locale, sharing.share)}</span>
        </a>
        <hr/>
        <ExportEntries conversation=id menu=MENU has_branches/>
        <hr/>
        <form method="post" action=address_of(DeleteConversation::url()) on:submit=delete>
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" class="menu-entry danger">
                <Icon name=IconName::Trash/>
                <span>{words!(locale, chat.delete)}</span>
            </button>
        </form>
    }
}

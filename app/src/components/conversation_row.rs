//! One line of the sidebar: link, running dot, and a menu that needs no script.

use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{Icon, IconName, PageLink, SidebarCommand};
use crate::{
    api::conversations::{DeleteConversation, RenameConversation},
    model::{ConversationId, ConversationSummary},
    sub_path::address_of,
    words::{self, use_locale, words},
};

/// Id of the link to a conversation.
pub(crate) fn link_id(id: ConversationId) -> String {
    format!("chat-{id}")
}

/// One conversation. `summary` follows its title and its running turn.
#[component]
pub(crate) fn ConversationRow(
    id: ConversationId,
    summary: RwSignal<ConversationSummary>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let title = Memo::new(move |_| summary.read().title.clone());
    // A conversation that has settings and no message yet has no title.
    let title = Signal::derive(move || {
        let title = Some(title.get()).filter(|title| !title.is_empty());
        title.unwrap_or_else(|| words!(locale, chat.new_chat).to_owned())
    });
    let is_running = Memo::new(move |_| summary.read().running);
    let menu = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let on_close = Callback::new(move |()| close());
    view! {
        <li class="conversation-row">
            <PageLink
                to=format!("/c/{id}")
                attr:class="conversation-link"
                attr:id=link_id(id)
                attr:title=title
                attr:dir="auto"
            >
                <span class="conversation-title">{title}</span>
                {move || is_running.get().then(|| view! {
                    <span class="running-dot" title=words!(locale, chat.answering)></span>
                    <span class="visually-hidden">{words!(locale, chat.answering)}</span>
                })}
            </PageLink>
            <details
                class="row-menu"
                name="row-menu" // opening one closes the other
                node_ref=menu
                on:keydown=move |event| if event.key() == "Escape" {
                    event.stop_propagation();
                    close();
                }
            >
                <summary
                    aria-label=move || words::menu(locale, title.get())
                    title=words!(locale, chat.rename)
                >
                    <Icon name=IconName::More/>
                </summary>
                <div class="row-menu-panel">
                    <RenameForm id title on_command on_close/>
                    <DeleteForm id on_command/>
                </div>
            </details>
        </li>
    }
}

#[component]
fn RenameForm(
    id: ConversationId,
    title: Signal<String>,
    on_command: Callback<SidebarCommand>,
    on_close: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let input = NodeRef::<html::Input>::new();
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else {
            return;
        };
        on_command.run(SidebarCommand::Rename {
            id,
            title: input.value(),
        });
        on_close.run(());
    };
    let input_id = format!("title-{id}");
    view! {
        <form
            class="rename-form"
            method="post"
            action=address_of(RenameConversation::url())
            on:submit=on_submit
        >
            <input type="hidden" name="id" value=id.to_string()/>
            <label for=input_id.clone()>{words!(locale, chat.title)}</label>
            <input
                id=input_id
                name="title"
                value=title
                dir="auto"
                autocomplete="off"
                required
                node_ref=input
            />
            <button type="submit" class="quiet-button">{words!(locale, chat.rename)}</button>
        </form>
    }
}

#[component]
fn DeleteForm(id: ConversationId, on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_command.run(SidebarCommand::Delete(id));
    };
    view! {
        <form method="post" action=address_of(DeleteConversation::url()) on:submit=on_submit>
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" class="quiet-button danger">{words!(locale, chat.delete)}</button>
        </form>
    }
}

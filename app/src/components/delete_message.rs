//! Deleting a message: a button that first says what goes, and needs no script.

use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{Icon, IconName, MessageCommand, PostForm};
use crate::{
    api::deletion::DeleteMessage,
    model::Role,
    sub_path::address_of,
    transcript::ShownMessage,
    words::{use_locale, words},
};

/// A small menu with one entry.
#[component]
pub(crate) fn DeleteMessageMenu(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (id, role) = message.with_untracked(|it| (it.id, it.role));
    let menu = NodeRef::<html::Details>::new();
    let is_only = Memo::new(move |_| message.read().version().1 == 1);
    let lead = move || match (role, is_only.get()) {
        (Role::User, _) => words!(locale, chat.delete_question),
        (Role::Assistant, true) => words!(locale, chat.delete_last_answer),
        (Role::Assistant, false) => words!(locale, chat.delete_version),
    };
    let on_press = Callback::new(move |()| on_command.run(MessageCommand::Delete(id)));
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(menu) = menu.get_untracked()
        {
            // The key closes the menu and nothing else.
            event.prevent_default();
            menu.set_open(false);
        }
    };
    view! {
        <details class="message-delete" name="message-delete" node_ref=menu on:keydown=on_key>
            <summary
                class="icon-button"
                title=words!(locale, chat.delete)
                aria-label=words!(locale, chat.delete)
            >
                <Icon name=IconName::Trash/>
            </summary>
            <div class="message-delete-panel">
                <p>{lead}</p>
                <PostForm
                    action=address_of(DeleteMessage::url())
                    name="message"
                    value=id.to_string()
                    label=words!(locale, chat.delete)
                    class="quiet-button danger"
                    on_press
                >
                    {words!(locale, chat.delete)}
                </PostForm>
            </div>
        </details>
    }
}

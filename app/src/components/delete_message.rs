//! Deleting a message: a button that first says what goes, and needs no script.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, MessageCommand, PostForm};
use crate::{
    api::deletion::DeleteMessage,
    browser,
    model::Role,
    sub_path::address_of,
    transcript::ShownMessage,
    words::{use_locale, words},
};

/// A small menu with one entry; the focus stays at its button until somebody goes on.
#[component]
pub(crate) fn DeleteMessageMenu(
    message: RwSignal<ShownMessage>,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (id, role) = message.with_untracked(|it| (it.id, it.role));
    let is_only = Memo::new(move |_| message.read().version().1 == 1);
    let lead = move || match (role, is_only.get()) {
        (Role::User, _) => words!(locale, chat.delete_question),
        (Role::Assistant, true) => words!(locale, chat.delete_last_answer),
        (Role::Assistant, false) => words!(locale, chat.delete_version),
    };
    let place = format!("delete-{id}");
    let menu = place.clone();
    let on_press = Callback::new(move |()| {
        browser::close_menu(&menu);
        on_command.run(MessageCommand::Delete(id));
    });
    let label = words!(locale, chat.delete);
    view! {
        <div class="message-delete">
            <button
                type="button"
                class="icon-button"
                title=label
                aria-label=label
                popovertarget=place.clone()
            >
                <Icon name=IconName::Trash/>
            </button>
            <div
                id=place
                class="menu sheet message-delete-panel"
                popover="auto"
                role="group"
                aria-label=lead
                on:keydown=move |event| browser::walk_menu(&event)
            >
                <div class="handle"></div>
                <p class="menu-note">{lead}</p>
                <hr/>
                <PostForm
                    action=address_of(DeleteMessage::url())
                    name="message"
                    value=id.to_string()
                    label
                    class="menu-entry danger"
                    on_press
                >
                    <Icon name=IconName::Trash/>
                    <span>{label}</span>
                </PostForm>
            </div>
        </div>
    }
}

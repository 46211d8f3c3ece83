//! What can be done with a question on which a finger rests: one menu for all of them.
//!
//! Everybody else finds the same beside the question.

use leptos::prelude::*;

use super::{Icon, IconName, MessageCommand, menu::Menu};
use crate::{
    browser,
    model::MessageId,
    words::{use_locale, words},
};

const MENU: &str = "question-menu";

/// The question whose menu was opened last.
#[derive(Clone, Copy)]
pub(crate) struct PressedQuestion(RwSignal<Option<MessageId>>);

impl PressedQuestion {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Something was pressed among the messages: opens the menu if it is a question, and a finger
    /// that rests there.
    pub(super) fn watch(self, event: &web_sys::PointerEvent) {
        if let Some(id) = question_of(event) {
            browser::watch_finger(event, MENU, move || {
                self.0.set(Some(id));
                browser::open_menu(MENU);
            });
        }
    }
}

fn question_of(event: &web_sys::Event) -> Option<MessageId> {
    let text = browser::around(event, ".user-text")?;
    let message = text.closest("article.message").ok()??;
    message.id().strip_prefix("message-")?.parse().ok()
}

/// Copy, Edit, Fork, and Delete, which says beforehand what goes.
#[component]
pub(crate) fn QuestionMenu(
    pressed: PressedQuestion,
    on_command: Callback<MessageCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let choose = move |command: fn(MessageId) -> MessageCommand| {
        browser::close_menu(MENU);
        if let Some(id) = pressed.0.get_untracked() {
            // Its tools come with the focus, and tell whether it was copied.
            browser::focus(&format!("message-{id}"));
            on_command.run(command(id));
        }
    };
    view! {
        <Menu id=MENU label=words!(locale, chat.actions)>
            <button
                type="button"
                class="menu-entry"
                autofocus
                on:click=move |_| choose(MessageCommand::Copy)
            >
                <Icon name=IconName::Copy/>
                <span>{words!(locale, chat.copy)}</span>
            </button>
            <button
                type="button"
                class="menu-entry"
                on:click=move |_| choose(MessageCommand::Edit)
            >
                <Icon name=IconName::Edit/>
                <span>{words!(locale, chat.edit_question)}</span>
            </button>
            <button
                type="button"
                class="menu-entry"
                on:click=move |_| choose(MessageCommand::Fork)
            >
                <Icon name=IconName::Branch/>
                <span>{words!(locale, chat.fork)}</span>
            </button>
            <hr/>
            <p class="group-label">{words!(locale, chat.delete_question)}</p>
            <button
                type="button"
                class="menu-entry danger"
                on:click=move |_| choose(MessageCommand::Delete)
            >
                <Icon name=IconName::Trash/>
                <span>{words!(locale, chat.delete)}</span>
            </button>
        </Menu>
    }
}

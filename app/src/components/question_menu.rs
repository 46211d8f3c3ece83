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

/// What is asked of a question.
type Command = fn(MessageId) -> MessageCommand;

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
    let choose = move |command: Command| {
        browser::close_menu(MENU);
        if let Some(id) = pressed.0.get_untracked() {
            // Its tools come with the focus, and tell whether it was copied.
            browser::focus(&format!("message-{id}"));
            on_command.run(command(id));
        }
    };
    let entry =
        move |class: &'static str, icon: IconName, words: &'static str, command: Command| {
            view! {
                <button type="button" class=class on:click=move |_| choose(command)>
                    <Icon name=icon/>
                    <span>{words}</span>
                </button>
            }
        };
    let (edit, fork) = (
        words!(locale, chat.edit_question),
        words!(locale, chat.fork),
    );
    let delete = words!(locale, chat.delete);
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
            {entry("menu-entry", IconName::Edit, edit, MessageCommand::Edit)}
            {entry("menu-entry", IconName::Branch, fork, MessageCommand::Fork)}
            <hr/>
            <p class="group-label">{words!(locale, chat.delete_question)}</p>
            {entry("menu-entry danger", IconName::Trash, delete, MessageCommand::Delete)}
        </Menu>
    }
}

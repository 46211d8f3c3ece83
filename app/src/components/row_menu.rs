//! What can be done with one conversation of the list: one menu for all rows, and the same as
//! forms for browsers without script.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, SidebarCommand, conversation_row::link_id, menu::Menu};
use crate::{
    api::conversations::{DeleteConversation, RenameConversation},
    browser,
    model::{ConversationId, ConversationSummary},
    sub_path::address_of,
    words::{use_locale, words},
};

const MENU: &str = "row-menu";

/// Whose menu is open.
#[derive(Clone, Copy)]
pub(super) struct OpenedRow(RwSignal<Option<ConversationId>>);

impl OpenedRow {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Opens the menu beside the button of a row.
    pub(super) fn open(self, id: ConversationId) {
        browser::close_menu(MENU);
        self.0.set(Some(id));
        browser::open_menu_beside(MENU, &format!("li:has(> #{}) > .row-more", link_id(id)));
    }

    /// Opens the menu if what was pressed is a finger that rests.
    pub(super) fn watch(self, event: &web_sys::PointerEvent, id: ConversationId) {
        browser::watch_finger(event, MENU, move || self.open(id));
    }

    /// A menu is open, or was until this key or press.
    pub(super) fn is_open(self) -> bool {
        self.0.with_untracked(Option::is_some)
    }

    /// The menu is closed; gives whose it was.
    fn close(self) -> Option<ConversationId> {
        let id = self.0.get_untracked();
        browser::close_menu(MENU);
        id
    }

    fn forget_if_closed(self) {
        if !browser::is_menu_open(MENU) {
            browser::forget_expanded();
            self.0.set(None);
        }
    }
}

/// The menu of whichever row it was opened for.
#[component]
pub(super) fn RowMenu(
    opened: OpenedRow,
    renamed: RwSignal<Option<ConversationId>>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let rename = move |_| renamed.set(opened.close());
    let delete = move |_| {
        if let Some(id) = opened.close() {
            on_command.run(SidebarCommand::Delete(id));
        }
    };
    let on_toggle = Callback::new(move |()| opened.forget_if_closed());
    view! {
        <Menu id=MENU label=words!(locale, frame.menu) on_toggle>
            <button type="button" class="menu-entry" autofocus on:click=rename>
                <Icon name=IconName::Edit/>
                <span>{words!(locale, chat.rename)}</span>
                <kbd aria-hidden="true">"F2"</kbd>
            </button>
            <hr/>
            <button type="button" class="menu-entry danger" on:click=delete>
                <Icon name=IconName::Trash/>
                <span>{words!(locale, chat.delete)}</span>
                <kbd aria-hidden="true">"Del"</kbd>
            </button>
        </Menu>
    }
}

/// The same without script, for the one row that the address asks for.
#[component]
pub(super) fn RowForms(summary: ConversationSummary) -> impl IntoView {
    let locale = use_locale();
    let ConversationSummary { id, title, .. } = summary;
    view! {
        <section class="row-forms">
            <form method="post" action=address_of(RenameConversation::url())>
                <input type="hidden" name="id" value=id.to_string()/>
                <label for="row-title">{words!(locale, chat.title)}</label>
                <input
                    id="row-title"
                    class="input"
                    name="title"
                    value=title
                    dir="auto"
                    autocomplete="off"
                    required
                />
                <button type="submit" class="button">{words!(locale, chat.rename)}</button>
            </form>
            <form method="post" action=address_of(DeleteConversation::url())>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="quiet-button danger">
                    {words!(locale, chat.delete)}
                </button>
            </form>
        </section>
    }
}

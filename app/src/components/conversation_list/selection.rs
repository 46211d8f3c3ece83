//! Many rows at once: they are chosen by presses or Space, and what is done with them stands in a
//! bar below the list.

use leptos::prelude::*;

use super::{Icon, IconName, ListedConversations, row_of};
use crate::{
    browser,
    components::{SidebarCommand, conversation_row::LINK},
    model::{Arrangement, ConversationId, Folder},
    words::{use_locale, words},
};

/// In place of a folder: out of it.
const NO_FOLDER: &str = "none";

/// How many rows are chosen, while any can be.
#[derive(Clone, Copy)]
pub(in crate::components) struct Selection(RwSignal<Option<usize>>);

impl Selection {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Begins with one row.
    pub(in crate::components) fn begin(self, id: ConversationId) {
        browser::begin_selecting();
        if let Some(row) = browser::element(&format!("{LINK}{id}")) {
            browser::select(&row, false);
            // Fails only for elements that left the document meanwhile.
            let _ = row.focus();
        }
        self.count();
    }

    pub(super) fn end(self) {
        browser::end_selecting();
        self.0.set(None);
    }

    fn count(self) {
        self.0.set(Some(browser::selected().len()));
    }

    /// A press on a row chooses it. False: it means something else.
    pub(super) fn press(self, event: &web_sys::MouseEvent) -> bool {
        let row = browser::around(event, ".conversation-link");
        let Some(row) = row.filter(|_| self.is_on()) else {
            return false;
        };
        event.prevent_default();
        browser::select(&row, event.shift_key());
        self.count();
        true
    }

    /// Space chooses a row, Escape ends it. False: the key means something else.
    pub(super) fn press_key(self, event: &web_sys::KeyboardEvent) -> bool {
        if !self.is_on() {
            return false;
        }
        match event.key().as_str() {
            " " if row_of(event).is_some() => {
                if let Some(row) = browser::around(event, ".conversation-link") {
                    browser::select(&row, event.shift_key());
                }
                self.count();
            }
            "Escape" => self.end(),
            _ => return false,
        }
        event.prevent_default();
        event.stop_propagation();
        true
    }

    fn is_on(self) -> bool {
        self.0.with_untracked(Option::is_some)
    }

    /// What is chosen; nothing is any more.
    fn take(self) -> Vec<ConversationId> {
        let ids = browser::selected();
        self.end();
        let ids = ids
            .iter()
            .filter_map(|id| id.strip_prefix(LINK)?.parse().ok());
        ids.collect()
    }
}

/// What can be done with the rows that are chosen.
#[component]
pub(super) fn SelectionBar(
    selection: Selection,
    list: ListedConversations,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let arrange = move |arrangement, folder| {
        let ids = selection.take();
        if !ids.is_empty() {
            on_command.run(SidebarCommand::Arrange {
                ids,
                arrangement,
                folder,
                folder_name: String::new(),
            });
        }
    };
    let button = move |icon: IconName, name: &'static str, arrangement: Arrangement| {
        view! {
            <button
                type="button"
                class="icon-button"
                title=name
                aria-label=name
                on:click=move |_| arrange(arrangement, None)
            >
                <Icon name=icon class="icon small"/>
            </button>
        }
    };
    let moved = move |event: web_sys::Event| match event_target_value(&event).as_str() {
        NO_FOLDER => arrange(Arrangement::Move, None),
        id => arrange(Arrangement::Move, id.parse().ok()),
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        selection.press_key(&event);
    };
    let folders = list.folders();
    let option = |folder: &Folder| {
        view! { <option value=folder.id.to_string()>{folder.name.clone()}</option> }
    };
    let number = move || {
        let number = selection.0.get().unwrap_or_default();
        words!(locale, chat.selected, number = number)
    };
    let bar = move || {
        let folders = folders.read().iter().map(option).collect_view();
        view! {
            <div
                class="selection-bar"
                role="group"
                aria-label=words!(locale, chat.select)
                on:keydown=on_key
            >
                <span role="status">{number}</span>
                <select
                    class="select"
                    aria-label=words!(locale, chat.move_to_folder)
                    on:change=moved
                >
                    <option value="" selected disabled>
                        {words!(locale, chat.move_to_folder)}
                    </option>
                    <option value=NO_FOLDER>{words!(locale, chat.no_folder)}</option>
                    {folders}
                </select>
                {button(IconName::Pin, words!(locale, chat.pin), Arrangement::Pin)}
                {button(IconName::Archive, words!(locale, chat.archive), Arrangement::Archive)}
                {button(IconName::Trash, words!(locale, chat.delete), Arrangement::Delete)}
                <button
                    type="button"
                    class="icon-button"
                    title=words!(locale, frame.close)
                    aria-label=words!(locale, frame.close)
                    on:click=move |_| selection.end()
                >
                    <Icon name=IconName::Close class="icon small"/>
                </button>
            </div>
        }
    };
    let is_on = Memo::new(move |_| selection.0.read().is_some());
    move || is_on.get().then(&bar)
}

//! Many rows at once: they are chosen by presses or Space, and what is done with them stands in a
//! bar below the list.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::{Group, Icon, IconName, ListedConversations, row_of};
use crate::{
    browser,
    components::{SidebarCommand, Wish, conversation_row::LINK},
    model::{Arrangement, ConversationId, Folder, FolderId},
    words::{use_locale, words},
};

/// In place of a folder: out of it.
const NO_FOLDER: &str = "none";

/// Once the bar is gone.
const SETTLED: Duration = Duration::from_millis(50);

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

    /// What had the focus in the bar goes with it: then the row that was pressed last has it.
    pub(super) fn end(self) {
        let last = browser::end_selecting();
        self.0.set(None);
        if let Some(last) = last {
            set_timeout(move || browser::focus_if_lost(&last), SETTLED);
        }
    }

    /// Rows come and go meanwhile: new ones can be chosen, and only those that are there count.
    pub(super) fn follow(self, groups: ArcRwSignal<Vec<Group>>) {
        Effect::new(move || {
            groups.track();
            if self.is_on() {
                // By then they are in the page.
                request_animation_frame(move || {
                    if self.is_on() {
                        browser::begin_selecting();
                        self.count();
                    }
                });
            }
        });
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

    /// What the key for it deletes: all that is chosen, or else the row that it was pressed on.
    pub(super) fn deletes(self, id: ConversationId) -> SidebarCommand {
        let ids = if self.is_on() {
            self.take()
        } else {
            Vec::new()
        };
        if ids.is_empty() {
            return SidebarCommand::Delete(id);
        }
        SidebarCommand::Arrange(Wish::new(ids, Arrangement::Delete, None))
    }

    /// Also false when the page was left.
    fn is_on(self) -> bool {
        self.0.try_with_untracked(Option::is_some) == Some(true)
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
            let wish = Wish::new(ids, arrangement, folder);
            on_command.run(SidebarCommand::Arrange(wish));
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        selection.press_key(&event);
    };
    let number = move || {
        let number = selection.0.get().unwrap_or_default();
        words!(locale, chat.selected, number = number)
    };
    let button = move |icon: IconName, name: &'static str, arrangement: Arrangement| {
        let press = move || arrange(arrangement, None);
        bar_button(icon, name, press)
    };
    let on_move = Callback::new(move |folder| arrange(Arrangement::Move, folder));
    let bar = move || {
        view! {
            <div
                class="selection-bar"
                role="group"
                aria-label=words!(locale, chat.select)
                on:keydown=on_key
            >
                <span role="status">{number}</span>
                {bar_button(IconName::Close, words!(locale, frame.close), move || selection.end())}
                <Mover list on_move/>
                {button(IconName::Pin, words!(locale, chat.pin), Arrangement::Pin)}
                {button(IconName::Archive, words!(locale, chat.archive), Arrangement::Archive)}
                {button(IconName::Trash, words!(locale, chat.delete), Arrangement::Delete)}
            </div>
        }
    };
    let is_on = Memo::new(move |_| selection.0.read().is_some());
    move || is_on.get().then(bar)
}

fn bar_button(icon: IconName, name: &'static str, press: impl Fn() + 'static) -> AnyView {
    view! {
        <button
            type="button"
            class="icon-button"
            title=name
            aria-label=name
            on:click=move |_| press()
        >
            <Icon name=icon class="icon small"/>
        </button>
    }
    .into_any()
}

/// Where they go, and the button that moves them: arrow keys choose a folder and do nothing yet.
#[component]
fn Mover(list: ListedConversations, on_move: Callback<Option<FolderId>>) -> impl IntoView {
    let locale = use_locale();
    let select = NodeRef::<html::Select>::new();
    let folders = list.folders();
    let option = |folder: &Folder| {
        view! { <option value=folder.id.to_string()>{folder.name.clone()}</option> }
    };
    let press = move || {
        if let Some(select) = select.get_untracked() {
            on_move.run(select.value().parse().ok());
        }
    };
    view! {
        <select class="input" aria-label=words!(locale, chat.folder) node_ref=select>
            {move || folders.read().iter().map(option).collect_view()}
            <option value=NO_FOLDER>{words!(locale, chat.no_folder)}</option>
        </select>
        {bar_button(IconName::Folder, words!(locale, chat.move_to_folder), press)}
    }
}

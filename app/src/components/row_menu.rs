//! What can be done with one conversation of the list: one menu for all rows, and the same as
//! forms for browsers without script.

use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{
    Icon, IconName, ListedConversations, SidebarCommand, Wish, conversation_list::Selection,
    conversation_row::link_id, menu::Menu,
};
use crate::{
    api::{
        conversations::{DeleteConversation, RenameConversation},
        order::ArrangeConversations,
    },
    browser,
    model::{Arrangement, ConversationId, ConversationSummary, Folder},
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
    /// Whose title is being written, and what is chosen.
    states: (RwSignal<Option<ConversationId>>, Selection),
    list: ListedConversations,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let (renamed, selection) = states;
    let rename = move |_| renamed.set(opened.close());
    let select = move |_| {
        if let Some(id) = opened.close() {
            selection.begin(id);
        }
    };
    let delete = move |_| {
        if let Some(id) = opened.close() {
            on_command.run(SidebarCommand::Delete(id));
        }
    };
    let arrange = move |event: web_sys::MouseEvent| press(&event, opened, on_command);
    let on_toggle = Callback::new(move |()| opened.forget_if_closed());
    let is_pinned = move || {
        let id = opened.0.get();
        id.is_some_and(|id| list.with(|list| list.find(id)?.pinned_at).is_some())
    };
    view! {
        <Menu id=MENU label=words!(locale, frame.menu) on_toggle>
            <button type="button" class="menu-entry" autofocus on:click=rename>
                <Icon name=IconName::Edit/>
                <span>{words!(locale, chat.rename)}</span>
                <kbd aria-hidden="true">"F2"</kbd>
            </button>
            <button type="button" class="menu-entry" on:click=select>
                <Icon name=IconName::Check/>
                <span>{words!(locale, chat.select)}</span>
            </button>
            // What is pressed in here says itself what is done.
            <div on:click=arrange>
                <button
                    type="button"
                    class="menu-entry"
                    data-arrange=move || if is_pinned() { "unpin" } else { "pin" }
                >
                    <Icon name=IconName::Pin/>
                    <span>
                        {move || if is_pinned() {
                            words!(locale, chat.unpin)
                        } else {
                            words!(locale, chat.pin)
                        }}
                    </span>
                </button>
                <button type="button" class="menu-entry" data-arrange="archive">
                    <Icon name=IconName::Archive/>
                    <span>{words!(locale, chat.archive)}</span>
                </button>
                <hr/>
                <Folders opened list on_command/>
            </div>
            <hr/>
            <button type="button" class="menu-entry danger" on:click=delete>
                <Icon name=IconName::Trash/>
                <span>{words!(locale, chat.delete)}</span>
                <kbd aria-hidden="true">"Del"</kbd>
            </button>
        </Menu>
    }
}

/// What an entry says that it does to the row of the menu.
fn press(event: &web_sys::MouseEvent, opened: OpenedRow, on_command: Callback<SidebarCommand>) {
    let Some(entry) = browser::around(event, "[data-arrange]") else {
        return;
    };
    let told = |name: &str| entry.get_attribute(name).unwrap_or_default();
    let Ok(arrangement) = told("data-arrange").parse() else {
        return;
    };
    if let Some(id) = opened.close() {
        let folder = told("data-folder").parse().ok();
        let wish = Wish::new(vec![id], arrangement, folder);
        on_command.run(SidebarCommand::Arrange(wish));
    }
}

/// Where the row can be moved: each folder, a new one, and out of its own.
#[component]
fn Folders(
    opened: OpenedRow,
    list: ListedConversations,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let folders = list.folders();
    let entries = move || {
        let folder = |folder: &Folder| {
            view! {
                <button
                    type="button"
                    class="menu-entry"
                    data-arrange="move"
                    data-folder=folder.id.to_string()
                >
                    <Icon name=IconName::Folder/>
                    <span dir="auto">{folder.name.clone()}</span>
                </button>
            }
        };
        folders.read().iter().map(folder).collect_view()
    };
    let is_in_folder = move || {
        let id = opened.0.get();
        id.is_some_and(|id| list.with(|list| list.find(id)?.folder).is_some())
    };
    view! {
        <div class="menu-folders">{entries}</div>
        <Show when=is_in_folder>
            <button type="button" class="menu-entry" data-arrange="move">
                <Icon name=IconName::Close/>
                <span>{words!(locale, chat.no_folder)}</span>
            </button>
        </Show>
        <NewFolder opened on_command/>
    }
}

/// Moves the row into a folder of this name, which is made if there is none.
#[component]
fn NewFolder(opened: OpenedRow, on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let input = NodeRef::<html::Input>::new();
    let make = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else {
            return;
        };
        let folder_name = input.value().trim().to_owned();
        if folder_name.is_empty() {
            return;
        }
        input.set_value("");
        if let Some(id) = opened.close() {
            on_command.run(SidebarCommand::Arrange(Wish {
                folder_name,
                ..Wish::new(vec![id], Arrangement::Move, None)
            }));
        }
    };
    view! {
        <form class="menu-line" on:submit=make>
            <input
                class="input"
                type="text"
                aria-label=words!(locale, chat.new_folder)
                placeholder=words!(locale, chat.new_folder)
                dir="auto"
                autocomplete="off"
                required
                node_ref=input
            />
        </form>
    }
}

/// The same without script, for the one row that the address asks for.
#[component]
pub(super) fn RowForms(summary: ConversationSummary) -> impl IntoView {
    let locale = use_locale();
    let ConversationSummary {
        id,
        title,
        pinned_at,
        ..
    } = summary;
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
            <ArrangeForm id is_pinned=pinned_at.is_some()/>
            <form method="post" action=address_of(DeleteConversation::url())>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="quiet-button danger">
                    {words!(locale, chat.delete)}
                </button>
            </form>
        </section>
    }
}

/// Where the row is put: into a folder, which is made if there is none of the name, or out of it.
#[component]
fn ArrangeForm(id: ConversationId, is_pinned: bool) -> impl IntoView {
    let locale = use_locale();
    let (pin, pin_words) = if is_pinned {
        (Arrangement::Unpin, words!(locale, chat.unpin))
    } else {
        (Arrangement::Pin, words!(locale, chat.pin))
    };
    view! {
        <form method="post" action=address_of(ArrangeConversations::url())>
            <input type="hidden" name="ids[0]" value=id.to_string()/>
            <label for="row-folder">{words!(locale, chat.folder)}</label>
            <input
                id="row-folder"
                class="input"
                name="folder_name"
                dir="auto"
                autocomplete="off"
            />
            <button
                type="submit"
                class="button"
                name="arrangement"
                value=Arrangement::Move.as_str()
            >
                {words!(locale, chat.move_to_folder)}
            </button>
            <button
                type="submit"
                class="quiet-button"
                name="arrangement"
                value=pin.as_str()
            >
                {pin_words}
            </button>
            <button
                type="submit"
                class="quiet-button"
                name="arrangement"
                value=Arrangement::Archive.as_str()
            >
                {words!(locale, chat.archive)}
            </button>
        </form>
    }
}

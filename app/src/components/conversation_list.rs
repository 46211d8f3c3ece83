//! The list of conversations: the top, folders, groups of days, and the ways to older ones.
//!
//! Every row has a signal of its own: what changes in one touches no other.

mod folder;
mod keys;
mod selection;

use std::collections::HashMap;

use leptos::prelude::*;

use super::{
    Icon, IconName, SidebarCommand, Skeleton, Skeletons,
    conversation_row::{ConversationRow, RowStates},
    row_menu::{OpenedRow, RowMenu},
};
use crate::{
    conversation_list::{ConversationList, ListSection},
    model::{
        ConversationId, ConversationPage, ConversationSummary, Folder, FolderId, ListPlace,
        LocalDate,
    },
    words::{self, use_locale, words},
};
use folder::{FolderHeading, OlderInFolder};
use keys::{drag_over, drop_row, press, press_key, put_down, row_of, row_states};
pub(super) use selection::Selection;
use selection::SelectionBar;

/// A conversation of the list.
#[derive(Clone)]
struct Row {
    id: ConversationId,
    /// Reference-counted: it is made outside any component.
    summary: ArcRwSignal<ConversationSummary>,
}

/// The rows below a heading.
type Group = (ListSection, Vec<Row>);

/// The folder that is open, and where its next page begins.
type Opened = Option<(FolderId, Option<ListPlace>)>;

/// The list and the signals that show it. A copy is a handle to the same list.
#[derive(Clone, Copy)]
pub(crate) struct ListedConversations(StoredValue<Listed>);

struct Listed {
    list: ConversationList,
    groups: ArcRwSignal<Vec<Group>>,
    folders: ArcRwSignal<Vec<Folder>>,
    opened: ArcRwSignal<Opened>,
    /// Where the next page begins.
    end: ArcRwSignal<Option<ListPlace>>,
    /// The reader's day, which the groups are named after.
    today: ArcRwSignal<LocalDate>,
    /// That page is on its way, and somebody waits for it.
    is_late: ArcRwSignal<bool>,
}

impl ListedConversations {
    pub(crate) fn new(page: ConversationPage) -> Self {
        let listed = Listed {
            list: ConversationList::new(page),
            groups: ArcRwSignal::new(Vec::new()),
            folders: ArcRwSignal::new(Vec::new()),
            opened: ArcRwSignal::new(None),
            end: ArcRwSignal::new(None),
            today: ArcRwSignal::new(LocalDate::default()),
            is_late: ArcRwSignal::new(false),
        };
        listed.show();
        Self(StoredValue::new(listed))
    }

    /// Changes the list and shows the difference; nothing if the page was left.
    pub(crate) fn change<T>(self, change: impl FnOnce(&mut ConversationList) -> T) -> Option<T> {
        self.0.try_update_value(|listed| {
            let changed = change(&mut listed.list);
            listed.show();
            changed
        })
    }

    /// Looks at the list without following it.
    pub(crate) fn with<T>(self, look: impl FnOnce(&ConversationList) -> T) -> T {
        self.0.with_value(|listed| look(&listed.list))
    }

    /// The reader's day, as the server knows it.
    pub(crate) fn today(self) -> ArcRwSignal<LocalDate> {
        self.0.with_value(|listed| listed.today.clone())
    }

    /// Says whether somebody waits for the next page; nothing if the list was left.
    pub(crate) fn say_late(self, is_late: bool) {
        if let Some(said) = self.0.try_with_value(|listed| listed.is_late.clone()) {
            said.set(is_late);
        }
    }

    /// All folders, by name.
    pub(super) fn folders(self) -> ArcRwSignal<Vec<Folder>> {
        self.0.with_value(|listed| listed.folders.clone())
    }

    fn opened(self) -> ArcRwSignal<Opened> {
        self.0.with_value(|listed| listed.opened.clone())
    }

    fn groups(self) -> ArcRwSignal<Vec<Group>> {
        self.0.with_value(|listed| listed.groups.clone())
    }

    fn is_late(self) -> ArcRwSignal<bool> {
        self.0.with_value(|listed| listed.is_late.clone())
    }

    fn end(self) -> ArcRwSignal<Option<ListPlace>> {
        self.0.with_value(|listed| listed.end.clone())
    }
}

impl Listed {
    fn show(&self) {
        let known: HashMap<_, _> = self
            .groups
            .read_untracked()
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| (row.id, row.clone()))
            .collect();
        let row = |summary: &ConversationSummary| match known.get(&summary.id) {
            Some(row) => {
                if *row.summary.read_untracked() != *summary {
                    row.summary.set(summary.clone());
                }
                row.clone()
            }
            None => Row {
                id: summary.id,
                summary: ArcRwSignal::new(summary.clone()),
            },
        };
        let sections = self.list.sections().into_iter();
        let groups = sections.map(|(section, rows)| (section, rows.into_iter().map(row).collect()));
        let groups: Vec<Group> = groups.collect();
        if *self.folders.read_untracked() != self.list.folders() {
            self.folders.set(self.list.folders().to_vec());
        }
        let opened = self.list.opened();
        if opened != self.opened.get_untracked() {
            self.opened.set(opened);
        }
        if !has_same_rows(&groups, &self.groups.read_untracked()) {
            self.groups.set(groups);
        }
        let end = self.list.end();
        if end != self.end.get_untracked() {
            self.end.set(end);
        }
        let today = self.list.today();
        if today != self.today.get_untracked() {
            self.today.set(today);
        }
    }
}

fn has_same_rows(left: &[Group], right: &[Group]) -> bool {
    let ids = |(group, rows): &Group| (*group, rows.iter().map(|row| row.id).collect::<Vec<_>>());
    left.iter().map(ids).eq(right.iter().map(ids))
}

/// The conversations, and the one menu of their rows.
///
/// All of it is one form for browsers without script: the button of a row asks for its forms.
#[component]
pub(crate) fn ConversationListView(
    list: ListedConversations,
    /// The conversation that is shown beside the list.
    #[prop(into)]
    shown: Signal<Option<ConversationId>>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let listed = list.groups();
    let groups = move || {
        let groups = listed.read();
        groups.iter().map(|group| group.0).collect::<Vec<_>>()
    };
    let opened = OpenedRow::new();
    let selection = Selection::new();
    let (states, focused) = row_states(list, shown);
    let renamed = states.renamed;
    let group = move |group| view! { <ConversationGroup group list states on_command/> };
    let listed = list.groups();
    let is_empty = Memo::new(move |_| listed.read().is_empty());
    let on_click = move |event: web_sys::MouseEvent| {
        if !selection.press(&event) {
            press(&event, opened, on_command);
        }
    };
    selection.follow(list.groups());
    let on_key = move |event: web_sys::KeyboardEvent| {
        press_key(&event, opened, (renamed, selection), on_command);
    };
    let on_menu = move |event: web_sys::MouseEvent| {
        // The key that opened this menu asks for the browser's own too.
        if opened.is_open() {
            event.prevent_default();
        }
    };
    view! {
        <form
            id="conversations"
            class="conversation-list"
            method="get"
            action="#sidebar"
            on:click=on_click
            on:keydown=on_key
            on:pointerdown=move |event| put_down(&event, opened)
            on:contextmenu=on_menu
            on:dragover=|event| drag_over(&event)
            on:drop=move |event| drop_row(&event, on_command)
            on:focusin=move |event| if let Some(id) = row_of(&event) {
                focused.set(Some(id));
            }
        >
            <For each=groups key=|group| *group children=group/>
            <OlderConversations list on_command/>
            {move || is_empty.get().then(|| view! {
                <p class="sidebar-hint">
                    <Icon name=IconName::Message/>
                    {words!(locale, chat.no_conversations)}
                </p>
            })}
        </form>
        <SelectionBar selection list on_command/>
        <RowMenu opened states=(renamed, selection) list on_command/>
    }
}

#[component]
fn ConversationGroup(
    group: ListSection,
    list: ListedConversations,
    states: RowStates,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let listed = list.groups();
    let rows = move || {
        let groups = listed.read();
        let found = groups.iter().find(|it| it.0 == group);
        found.map(|it| it.1.clone()).unwrap_or_default()
    };
    let row = move |row: Row| {
        let summary = RwSignal::from(row.summary);
        view! { <ConversationRow id=row.id summary states on_command/> }
    };
    let (heading, end) = match group {
        ListSection::Folder(id) => (
            view! { <FolderHeading id list/> }.into_any(),
            Some(view! { <OlderInFolder id list/> }),
        ),
        ListSection::Pinned => (heading(words!(locale, chat.pinned).to_owned()), None),
        ListSection::Days(days) => (heading(words::group_heading(locale, days)), None),
    };
    view! {
        <section class="conversation-group">
            {heading}
            <ul>
                <For each=rows key=|row| row.id children=row/>
            </ul>
            {end}
        </section>
    }
}

fn heading(words: String) -> AnyView {
    view! { <h2 class="group-heading">{words}</h2> }.into_any()
}

/// A link, so that it leads on without script too: to a page that begins there.
#[component]
fn OlderConversations(
    list: ListedConversations,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let end = RwSignal::from(list.end());
    let has_more = Memo::new(move |_| end.read().is_some());
    let is_late = RwSignal::from(list.is_late());
    let href = move || end.get().map(|end| format!("?older={end}#sidebar"));
    let press = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(SidebarCommand::ShowMore);
    };
    view! {
        <div class="list-awaited"><Skeletons of=Skeleton::Rows is_shown=is_late/></div>
        <Show when=move || has_more.get()>
            <a id="more-conversations" class="quiet-button list-more" href=href on:click=press>
                {words!(locale, chat.more_conversations)}
            </a>
        </Show>
    }
}

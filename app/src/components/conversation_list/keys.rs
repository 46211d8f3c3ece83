//! The list by keyboard: one stop of Tab, arrow keys inside, and keys for what can be done with a
//! row; and the presses that do the same.

use leptos::prelude::*;

use super::{Group, ListedConversations, folder::FOLDER, selection::Selection};
use crate::{
    browser,
    components::{
        SidebarCommand, Wish,
        conversation_row::{LINK, RowStates},
        row_menu::OpenedRow,
    },
    model::{Arrangement, ConversationId, FolderId},
};

/// What rows follow, and where the focus was last.
pub(super) fn row_states(
    list: ListedConversations,
    shown: Signal<Option<ConversationId>>,
) -> (RowStates, RwSignal<Option<ConversationId>>) {
    let focused = RwSignal::new(None::<ConversationId>);
    let has_keys = RwSignal::new(false);
    Effect::new(move || has_keys.set(true));
    let listed = list.groups();
    let stop = Memo::new(move |_| {
        if !has_keys.get() {
            return None;
        }
        let (focused, shown) = (focused.get(), shown.get());
        let groups = listed.read();
        let is_there = |id: &ConversationId| has_row(&groups, *id);
        let wanted = focused.filter(is_there).or(shown.filter(is_there));
        // A folder that is closed has none.
        let first = || groups.iter().find_map(|it| it.1.first()).map(|row| row.id);
        wanted.or_else(first)
    });
    let states = RowStates {
        stop,
        has_keys,
        renamed: RwSignal::new(None),
    };
    (states, focused)
}

fn has_row(groups: &[Group], id: ConversationId) -> bool {
    let mut rows = groups.iter().flat_map(|(_, rows)| rows);
    rows.any(|row| row.id == id)
}

/// The conversation of the row that an event happened in.
pub(super) fn row_of(event: &web_sys::Event) -> Option<ConversationId> {
    let row = browser::around(event, ".conversation-row")?;
    let link = row.query_selector(".conversation-link").ok()??;
    link.id().strip_prefix(LINK)?.parse().ok()
}

/// The folder whose name an event happened to.
fn folder_of(event: &web_sys::Event) -> Option<FolderId> {
    let link = browser::around(event, ".folder-link")?;
    link.get_attribute(FOLDER)?.parse().ok()
}

/// A folder takes what is dragged over it.
pub(super) fn drag_over(event: &web_sys::DragEvent) {
    if folder_of(event).is_some() {
        event.prevent_default();
    }
}

/// A row that is dropped on a folder goes into it: a link that is dragged brings its address.
pub(super) fn drop_row(event: &web_sys::DragEvent, on_command: Callback<SidebarCommand>) {
    let dropped = || {
        let folder = folder_of(event)?;
        let address = event.data_transfer()?.get_data("text/uri-list").ok()?;
        let (_, id) = address.trim().rsplit_once("/c/")?;
        Some((id.parse::<ConversationId>().ok()?, folder))
    };
    if let Some((id, folder)) = dropped() {
        event.prevent_default();
        let wish = Wish::new(vec![id], Arrangement::Move, Some(folder));
        on_command.run(SidebarCommand::Arrange(wish));
    }
}

/// A finger that rests on a row opens its menu; in a title that is being written it selects text.
pub(super) fn put_down(event: &web_sys::PointerEvent, opened: OpenedRow) {
    let is_writing = browser::around(event, "input").is_some();
    if let Some(id) = row_of(event).filter(|_| !is_writing) {
        opened.watch(event, id);
    }
}

/// The button of a row opens its menu, and closes it; the name of a folder opens that.
pub(super) fn press(
    event: &web_sys::MouseEvent,
    opened: OpenedRow,
    on_command: Callback<SidebarCommand>,
) {
    if !browser::opens_tab(event) {
        if browser::around(event, ".folder-older").is_some() {
            event.prevent_default();
            return on_command.run(SidebarCommand::ShowMoreOfFolder);
        }
        if let Some(id) = folder_of(event) {
            event.prevent_default();
            return on_command.run(SidebarCommand::OpenFolder(id));
        }
    }
    let Some(button) = browser::around(event, ".row-more") else {
        return;
    };
    event.prevent_default();
    // A menu that was open here is closed by this very press, and says so a moment later.
    let was_open = button.has_attribute("aria-expanded");
    if !was_open && let Some(id) = row_of(event) {
        opened.open(id);
    }
}

/// Keys on the link of a row. `states`: whose title is being written, and what is chosen.
pub(super) fn press_key(
    event: &web_sys::KeyboardEvent,
    opened: OpenedRow,
    states: (RwSignal<Option<ConversationId>>, Selection),
    on_command: Callback<SidebarCommand>,
) {
    let is_writing = browser::around(event, "input").is_some();
    if event.default_prevented() || browser::is_composing(event) || is_writing {
        return;
    }
    let (renamed, selection) = states;
    if selection.press_key(event) {
        return;
    }
    let Some(id) = row_of(event) else { return };
    match event.key().as_str() {
        "F2" => renamed.set(Some(id)),
        "Delete" => on_command.run(selection.deletes(id)),
        "ContextMenu" => opened.open(id),
        "F10" if event.shift_key() => opened.open(id),
        _ => return browser::walk_list(event),
    }
    event.prevent_default();
}

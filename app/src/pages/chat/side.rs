//! What a person asks of the sidebar, and what the drawer does.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;

use super::{commands::Navigate, parts::Pressed, search, state::ChatState};
use crate::{
    api::order,
    browser,
    components::{SHORTCUTS, SidebarCommand, Wish, link_id},
    model::{Arrangement, ChatError, ConversationId, Language, LanguageChoice, Theme},
};

/// Until then the row is gone, and with it the focus.
const SETTLED: Duration = Duration::from_millis(100);

/// Where the focus goes if there is no row for it.
const NEW_CHAT: &str = "new-chat";

/// The focus that was on what is gone goes to the first of these rows that is there, or else to the
/// beginning of the list; a list that is put away takes none.
fn focus_when_settled(rows: [Option<ConversationId>; 2]) {
    let focus = move || {
        for row in rows.into_iter().flatten() {
            browser::focus_if_lost(&link_id(row));
        }
        browser::focus_if_lost(NEW_CHAT);
    };
    set_timeout(focus, SETTLED);
}

impl ChatState {
    /// Buttons, keys and menus of the sidebar.
    pub(super) fn on_sidebar(self, command: SidebarCommand, navigate: Navigate) {
        match command {
            SidebarCommand::Close => self.close_drawer(),
            SidebarCommand::ShowMore => self.show_more(),
            SidebarCommand::OpenFolder(id) => self.open_folder(id),
            SidebarCommand::ShowMoreOfFolder => self.show_more_of_folder(),
            SidebarCommand::ShowTheme(theme) => self.show_theme(theme),
            SidebarCommand::Speak(language) => self.speak(language),
            SidebarCommand::Search => {
                self.close_drawer();
                search::open(self);
            }
            SidebarCommand::ShowShortcuts => self.show_shortcuts(),
            SidebarCommand::Rename { id, title } => self.press(Pressed::Rename { id, title }),
            SidebarCommand::Arrange(wish) => self.press(Pressed::Arrange(wish, navigate)),
            SidebarCommand::Delete(id) => self.press(Pressed::Delete(id, navigate)),
        }
    }

    /// Opens the list of shortcuts.
    pub(super) fn show_shortcuts(self) {
        self.error.set(None);
        self.spawn(async move {
            match self.parts().await {
                // By then they stand in their dialog.
                Ok(_) => request_animation_frame(|| browser::open_dialog(SHORTCUTS)),
                Err(error) => self.fail(error),
            }
        });
    }

    /// Puts conversations elsewhere, and shows where they are.
    pub(super) async fn arrange(self, wish: Wish, navigate: Navigate) -> Result<(), ChatError> {
        let Wish {
            ids,
            arrangement,
            folder,
            folder_name,
        } = wish;
        let has_name = !folder_name.is_empty();
        let pinned = self.pinned_of(&ids);
        order::arrange_conversations(ids.clone(), arrangement, folder, folder_name).await?;
        if arrangement == Arrangement::Delete {
            self.many_deleted(ids, navigate).await;
            return Ok(());
        }
        if arrangement == Arrangement::Archive {
            self.offer_back(ids.clone(), Some(pinned));
        }
        self.arranged(&ids, has_name).await;
        Ok(())
    }

    /// Which of them stand at the top.
    fn pinned_of(self, ids: &[ConversationId]) -> Vec<ConversationId> {
        self.list.with(|list| {
            let is_pinned = |id: &ConversationId| list.find(*id)?.pinned_at;
            let pinned = ids.iter().filter(|id| is_pinned(id).is_some());
            pinned.copied().collect()
        })
    }

    /// All of them come back with one press. `archived`: they were, and these were pinned before.
    fn offer_back(self, mut ids: Vec<ConversationId>, archived: Option<Vec<ConversationId>>) {
        self.is_archived().set(archived.is_some());
        self.deleted.set(ids.pop());
        self.unseen.update_value(|it| {
            it.also_deleted = ids;
            it.were_pinned = archived.unwrap_or_default();
        });
    }

    /// They stand elsewhere by now, maybe in a folder that is new.
    async fn arranged(self, ids: &[ConversationId], has_new_folder: bool) {
        let first = ids.first().copied();
        let neighbour = first.and_then(|id| self.list.with(|list| list.neighbour(id)));
        match ids {
            [id] if !has_new_folder => self.look_at(*id).await,
            _ => self.read_lists().await,
        }
        focus_when_settled([first, neighbour]);
    }

    async fn many_deleted(self, ids: Vec<ConversationId>, navigate: Navigate) {
        let is_shown = self.shown_id().is_some_and(|shown| ids.contains(&shown));
        self.read_lists().await;
        self.offer_back(ids, None);
        if is_shown {
            navigate.run((None, NavigateOptions::default()));
        }
        focus_when_settled([None, None]);
    }

    /// Takes a conversation that is deleted out of the page.
    pub(super) fn conversation_deleted(self, id: ConversationId, navigate: Navigate) {
        let neighbour = self.list.with(|list| list.neighbour(id));
        self.list.change(|list| list.remove(id));
        if self.list.with(|list| list.conversations().is_empty()) {
            self.spawn(self.refresh_list()); // there may be older ones
        }
        self.offer_back(vec![id], None);
        if self.shown_id() == Some(id) {
            navigate.run((None, NavigateOptions::default()));
        }
        focus_when_settled([neighbour, None]);
    }

    /// Takes a deletion back and shows the conversation again; what was archived, or was not alone,
    /// only comes back.
    pub(super) fn restore(self, id: ConversationId, navigate: Navigate) {
        let others = self.unseen.with_value(|it| it.also_deleted.clone());
        if others.is_empty() && !self.is_archived().get_untracked() {
            self.press(Pressed::Restore(id, navigate));
        } else {
            self.press(Pressed::RestoreAll([others, vec![id]].concat()));
        }
    }

    /// All stand where they stood; what was pinned stands at the top again.
    pub(super) async fn restore_all(self, ids: Vec<ConversationId>) -> Result<(), ChatError> {
        let arrangement = if self.is_archived().get_untracked() {
            Arrangement::Unarchive
        } else {
            Arrangement::Restore
        };
        let pinned = self.unseen.with_value(|it| it.were_pinned.clone());
        let arrange =
            |ids, arrangement| order::arrange_conversations(ids, arrangement, None, String::new());
        let first = ids.first().copied();
        arrange(ids, arrangement).await?;
        if !pinned.is_empty() {
            arrange(pinned, Arrangement::Pin).await?;
        }
        self.deleted.set(None);
        self.read_lists().await;
        focus_when_settled([first, None]);
        Ok(())
    }

    /// What is said for a moment goes: the word first, which stands in front of the way back.
    pub(super) fn end_said(self) {
        let word = self.is_copied();
        if word.get_untracked().is_some() {
            word.set(None);
        } else {
            self.deleted.set(None);
        }
    }

    fn show_theme(self, theme: Theme) {
        browser::show_theme(theme);
        self.press(Pressed::KeepTheme(theme));
    }

    /// A page keeps its language: the new one begins with a new page.
    fn speak(self, language: Language) {
        let choice = match language {
            Language::English => LanguageChoice::English,
            Language::Chinese => LanguageChoice::Chinese,
        };
        self.press(Pressed::Speak(choice));
    }

    /// Shows the conversation above or below the shown one in the list.
    pub(super) fn step(self, is_forward: bool, navigate: Navigate) {
        // Where the person is on the way to: keys are quicker than the server.
        let here = self.address.get_untracked().conversation();
        let wanted = self.list.with(|list| list.beside(here, is_forward));
        if wanted.is_some() {
            navigate.run((wanted, NavigateOptions::default()));
        }
    }

    /// A rail, a list, or the drawer, as the screen has room.
    pub(super) fn toggle_sidebar(self) {
        if self.is_drawer_open().get_untracked() {
            self.close_drawer();
        } else if browser::is_drawer() {
            self.open_drawer();
        } else {
            browser::toggle_rail();
        }
    }

    /// Opens the drawer and moves the focus into it.
    pub(super) fn open_drawer(self) {
        browser::enter_drawer();
        self.show_drawer();
    }

    fn show_drawer(self) {
        self.is_drawer_open().set(true);
        // The drawer takes the focus only after it has become visible.
        request_animation_frame(|| browser::focus(NEW_CHAT));
    }

    /// Closes the drawer and gives the focus back to the button that opened it.
    pub(super) fn close_drawer(self) {
        if self.is_drawer_open().get_untracked() {
            browser::leave_drawer();
            self.hide_drawer();
        }
    }

    fn hide_drawer(self) {
        browser::close_menus();
        self.is_drawer_open().set(false);
        request_animation_frame(|| browser::focus("open-sidebar"));
    }

    /// Back puts the drawer away, Forward brings it again. Where its address stands from the
    /// beginning, it is open already.
    pub(super) fn follow_drawer(self) {
        let is_wanted = browser::is_at_drawer() && browser::is_drawer();
        match (self.is_drawer_open().get_untracked(), is_wanted) {
            (false, true) => self.show_drawer(),
            (true, false) => self.hide_drawer(),
            _ => {}
        }
    }
}

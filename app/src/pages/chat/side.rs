//! What a person asks of the sidebar, and what the drawer does.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;

use super::{commands::Navigate, parts::Pressed, state::ChatState};
use crate::{
    browser,
    components::{SHORTCUTS, SidebarCommand, link_id},
    model::{ConversationId, Language, LanguageChoice, Theme},
};

/// Until then the row is gone, and with it the focus.
const SETTLED: Duration = Duration::from_millis(100);

/// Where the focus goes if there is no row for it.
const NEW_CHAT: &str = "new-chat";

impl ChatState {
    /// Buttons, keys and menus of the sidebar.
    pub(super) fn on_sidebar(self, command: SidebarCommand, navigate: Navigate) {
        match command {
            SidebarCommand::Close => self.close_drawer(),
            SidebarCommand::ShowMore => self.show_more(),
            SidebarCommand::ShowTheme(theme) => self.show_theme(theme),
            SidebarCommand::Speak(language) => self.speak(language),
            SidebarCommand::ShowShortcuts => self.show_shortcuts(),
            SidebarCommand::Rename { id, title } => self.press(Pressed::Rename { id, title }),
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

    /// Takes a conversation that is deleted out of the page.
    pub(super) fn conversation_deleted(self, id: ConversationId, navigate: Navigate) {
        let neighbour = self.list.with(|list| list.neighbour(id));
        self.list.change(|list| list.remove(id));
        if self.list.with(|list| list.conversations().is_empty()) {
            self.spawn(self.refresh_list()); // there may be older ones
        }
        self.deleted.set(Some(id));
        if self.shown_id() == Some(id) {
            navigate.run((None, NavigateOptions::default()));
        }
        set_timeout(
            move || {
                browser::focus_if_lost(&neighbour.map_or_else(|| NEW_CHAT.to_owned(), link_id));
                // A list that is put away takes no focus.
                browser::focus_if_lost(NEW_CHAT);
            },
            SETTLED,
        );
    }

    /// Takes a deletion back and shows the conversation again.
    pub(super) fn restore(self, id: ConversationId, navigate: Navigate) {
        self.press(Pressed::Restore(id, navigate));
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

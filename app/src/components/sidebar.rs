//! What stands beside a chat: a list, a rail on narrower screens, a drawer on a phone.
//!
//! Without script the drawer opens by its address (`#sidebar`, CSS `:target`), and so does the
//! rail. With script the drawer has that address too, so that Back closes it.

use leptos::prelude::*;

use super::{
    AccountMenu, ConversationListView, Icon, IconName, ListedConversations, PageLink,
    row_menu::RowForms,
};
use crate::{
    browser,
    model::{Arrangement, ConversationId, ConversationSummary, FolderId, Language, Theme, User},
    sub_path::address_of,
    words::{PRODUCT, use_locale, words},
};

/// What a person asked of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SidebarCommand {
    Rename {
        id: ConversationId,
        title: String,
    },
    Delete(ConversationId),
    Arrange(Wish),
    /// Opens it, or closes it if it is open.
    OpenFolder(FolderId),
    ShowMoreOfFolder,
    ShowMore,
    /// Puts the drawer away.
    Close,
    ShowTheme(Theme),
    Speak(Language),
    ShowShortcuts,
    Search,
}

/// Where conversations are to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) ids: Vec<ConversationId>,
    pub(crate) arrangement: Arrangement,
    /// What is moved goes into a folder, or into the one of this name.
    pub(crate) folder: Option<FolderId>,
    pub(crate) folder_name: String,
}

impl Wish {
    /// A folder is one that is there.
    pub(crate) fn new(
        ids: Vec<ConversationId>,
        arrangement: Arrangement,
        folder: Option<FolderId>,
    ) -> Self {
        Self {
            ids,
            arrangement,
            folder,
            folder_name: String::new(),
        }
    }
}

/// Brand, new chat, conversations, account.
#[component]
pub(crate) fn Sidebar(
    list: ListedConversations,
    user: User,
    /// The conversation that is shown beside it.
    #[prop(into)]
    shown: Signal<Option<ConversationId>>,
    /// The row whose forms the address asks for.
    row_forms: Option<ConversationSummary>,
    #[prop(into)] is_open: Signal<bool>,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" && !browser::is_composing(&event) && !browser::has_menu() {
            on_command.run(SidebarCommand::Close);
        }
    };
    let on_choose = move |event: web_sys::MouseEvent| {
        let is_row = browser::around(&event, ".conversation-row").is_some();
        // It may have come to lie below the finger.
        let is_menu = browser::around(&event, "#row-menu").is_some();
        if is_row && browser::is_selecting() {
            // It is chosen, not opened.
        } else if (is_row || is_menu) && browser::ends_rest(&event) {
            // The row has been pressed for its menu, not to be opened.
            event.prevent_default();
            event.stop_propagation();
        } else if browser::chooses_shown(&event, is_open.get_untracked()) {
            event.prevent_default();
            on_command.run(SidebarCommand::Close);
        }
    };
    view! {
        <nav
            id="sidebar"
            class="sidebar"
            class:open=is_open
            aria-label=words!(locale, chat.conversations)
            on:keydown=on_key
            on:pointerdown:capture=|_| browser::begin_press()
            on:click:capture=on_choose
        >
            <Brand is_open on_command/>
            <Commands on_command/>
            {row_forms.map(|summary| view! { <RowForms summary/> })}
            <ConversationListView list shown on_command/>
            <AccountMenu user on_command/>
        </nav>
        <a
            href="#"
            class="scrim"
            class:open=is_open
            tabindex="-1"
            aria-hidden="true"
            on:click=move |event| close(&event, is_open, on_command)
        ></a>
    }
}

fn close(event: &web_sys::MouseEvent, is_open: Signal<bool>, on_command: Callback<SidebarCommand>) {
    // A drawer that its address opened is closed by another address.
    if is_open.get_untracked() {
        event.prevent_default();
        on_command.run(SidebarCommand::Close);
    }
}

/// The way home, and the ways to a rail or out of the drawer.
#[component]
fn Brand(is_open: Signal<bool>, on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="sidebar-brand">
            <PageLink to="/" attr:class="brand" attr:aria-label=PRODUCT>
                <Icon name=IconName::Flame class="flame"/>
                <span class="label">{PRODUCT}</span>
            </PageLink>
            <button
                type="button"
                id="collapse-sidebar"
                class="icon-button sidebar-collapse needs-script"
                title=words!(locale, frame.collapse)
                aria-label=words!(locale, frame.collapse)
                on:click=|_| browser::toggle_rail()
            >
                <Icon name=IconName::Sidebar class="icon mirrored"/>
            </button>
            <a
                href="#"
                class="icon-button sidebar-close"
                title=words!(locale, frame.close)
                aria-label=words!(locale, chat.close_sidebar)
                on:click=move |event| close(&event, is_open, on_command)
            >
                <Icon name=IconName::Close/>
            </a>
        </div>
    }
}

/// What stands above the list. The rail has a way to the list too.
#[component]
fn Commands(on_command: Callback<SidebarCommand>) -> impl IntoView {
    let locale = use_locale();
    let search = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        on_command.run(SidebarCommand::Search);
    };
    let expand = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        browser::toggle_rail();
    };
    view! {
        <div class="sidebar-top">
            <a
                id="expand-sidebar"
                class="row command only-rail"
                href="#sidebar"
                title=words!(locale, frame.expand)
                aria-label=words!(locale, frame.expand)
                on:click=expand
            >
                <Icon name=IconName::Sidebar class="icon mirrored"/>
            </a>
            <PageLink
                to="/"
                attr:class="row command accent"
                attr:id="new-chat"
                attr:title=words!(locale, chat.new_chat)
            >
                <Icon name=IconName::NewChat/>
                <span class="label">{words!(locale, chat.new_chat)}</span>
                <kbd aria-hidden="true">"Ctrl ⇧ O"</kbd>
            </PageLink>
            // Without script it leads to a page with the same field.
            <a
                id="open-search"
                class="row command field-like"
                href=address_of("/search")
                rel="external"
                title=words!(locale, frame.search)
                on:click=search
            >
                <Icon name=IconName::Search/>
                <span class="label">{words!(locale, frame.search)}</span>
                <kbd aria-hidden="true">"Ctrl K"</kbd>
            </a>
        </div>
    }
}

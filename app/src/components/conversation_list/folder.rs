//! A folder in the list: its name opens it, and the way to what it says to models stands beside it.
//!
//! Without script its name leads to a page on which it is open. What is pressed is heard by the
//! list.

use leptos::prelude::*;

use super::{Icon, IconName, ListedConversations};
use crate::{
    model::FolderId,
    sub_path::address_of,
    words::{use_locale, words},
};

/// What the link of a folder has its id in.
pub(super) const FOLDER: &str = "data-folder";

/// Its name, and the way to its settings.
#[component]
pub(super) fn FolderHeading(id: FolderId, list: ListedConversations) -> impl IntoView {
    let locale = use_locale();
    let folders = list.folders();
    let name = Memo::new(move |_| {
        let folders = folders.read();
        let folder = folders.iter().find(|it| it.id == id);
        folder.map(|it| it.name.clone()).unwrap_or_default()
    });
    let opened = list.opened();
    let is_open = Memo::new(move |_| opened.read().is_some_and(|it| it.0 == id));
    let settings = move || words!(locale, chat.folder_settings, name = name.get());
    // Of the page that is shown.
    let opening = format!("?folder={id}#sidebar");
    view! {
        <h2 class="folder-heading">
            <a
                class="row folder-link"
                href=opening
                data-folder=id.to_string()
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                title=name
                dir="auto"
            >
                <Icon name=IconName::Folder class="icon small"/>
                <span class="conversation-title">{name}</span>
            </a>
            // A full load: the section is drawn anew for each address.
            <a
                class="icon-button folder-more"
                href=address_of(&format!("/settings/folders?id={id}"))
                rel="external"
                title=settings
                aria-label=settings
            >
                <Icon name=IconName::More class="icon small"/>
            </a>
        </h2>
    }
}

/// The way to the older conversations of the folder that is open.
#[component]
pub(super) fn OlderInFolder(id: FolderId, list: ListedConversations) -> impl IntoView {
    let locale = use_locale();
    let opened = list.opened();
    let end = Memo::new(move |_| {
        let opened = *opened.read();
        opened.filter(|it| it.0 == id).and_then(|it| it.1)
    });
    move || {
        end.get().map(|end| {
            let older = format!("?folder={id}&within={end}#sidebar");
            view! {
                <a class="quiet-button list-more folder-older" href=older>
                    {words!(locale, chat.more_conversations)}
                </a>
            }
        })
    }
}

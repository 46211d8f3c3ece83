//! One line of the sidebar: a link with a dot for what runs or is new, and a button for its menu.
//!
//! What is done with a row is heard by the list around it, so that a row has no listener of its
//! own.

use leptos::prelude::*;

use super::{Icon, IconName, PageLink, SidebarCommand, TitleInput};
use crate::{
    browser,
    model::{ConversationId, ConversationSummary},
    words::{self, Locale, use_locale, words},
};

/// Beginning of the id of a link to a conversation.
pub(super) const LINK: &str = "chat-";

/// Once the opened menu or the input is gone.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(50);

/// Id of the link to a conversation.
pub(crate) fn link_id(id: ConversationId) -> String {
    format!("{LINK}{id}")
}

/// What rows follow, the same for all of them.
#[derive(Clone, Copy)]
pub(super) struct RowStates {
    /// The row that Tab leads to; absent before the page is interactive: Tab leads to each.
    pub(super) stop: Memo<Option<ConversationId>>,
    /// The page is interactive: keys lead to the menus of rows, and Tab does not.
    pub(super) has_keys: RwSignal<bool>,
    /// The row whose title is being written.
    pub(super) renamed: RwSignal<Option<ConversationId>>,
}

/// What a row says of answers: one is being written, or one has come that nobody has seen.
fn dot(locale: Locale, (is_running, is_unread): (bool, bool)) -> Option<impl IntoView> {
    let (class, words) = match (is_running, is_unread) {
        (true, _) => ("dot burning", words!(locale, chat.answering)),
        (false, true) => ("dot", words!(locale, chat.unread)),
        (false, false) => return None,
    };
    Some(view! {
        <span class=class></span>
        <span class="visually-hidden">{words}</span>
    })
}

/// One conversation. `summary` follows its title and its running turn.
#[component]
pub(super) fn ConversationRow(
    id: ConversationId,
    summary: RwSignal<ConversationSummary>,
    states: RowStates,
    on_command: Callback<SidebarCommand>,
) -> impl IntoView {
    let locale = use_locale();
    let title = Memo::new(move |_| summary.read().title.clone());
    let title = Signal::derive(move || words::titled(locale, title.get()));
    let mark = Memo::new(move |_| {
        let summary = summary.read();
        (summary.running, summary.unread)
    });
    let is_renamed = Memo::new(move |_| states.renamed.get() == Some(id));
    let is_skipped = move || {
        let stop = states.stop.get();
        stop.is_some_and(|stop| stop != id).then_some("-1")
    };
    let on_done = Callback::new(move |title: Option<String>| {
        states.renamed.set(None);
        if let Some(title) = title {
            on_command.run(SidebarCommand::Rename { id, title });
        }
        set_timeout(move || browser::focus_if_lost(&link_id(id)), SETTLED);
    });
    view! {
        <li class="conversation-row">
            <PageLink
                to=format!("/c/{id}")
                attr:class="row conversation-link"
                attr:id=link_id(id)
                attr:title=title
                attr:dir="auto"
                attr:tabindex=is_skipped
            >
                {move || dot(locale, mark.get())}
                <span
                    class="conversation-title"
                    lang=move || title.with(|it| words::foreign(locale, [it]))
                >
                    {title}
                </span>
            </PageLink>
            // Without script it asks for the page with the forms of this row.
            <button
                type="submit"
                class="icon-button row-more"
                name="menu"
                value=id.to_string()
                tabindex=move || states.has_keys.get().then_some("-1")
                title=words!(locale, frame.menu)
                aria-label=move || words::menu(locale, title.get())
            >
                <Icon name=IconName::More class="icon small"/>
            </button>
            {move || is_renamed.get().then(|| view! {
                <TitleInput title=title.get_untracked() on_done/>
            })}
        </li>
    }
}

//! Lists and conversations come in pieces: which are asked for, and how they are put together.

use std::{collections::HashMap, time::Duration};

use leptos::prelude::*;

use super::state::{Around, ChatState, Entry};
use crate::{
    api::{conversations, order},
    browser,
    components::link_id,
    conversation_list::ConversationList,
    model::{
        ChatError, Conversation, ConversationId, ConversationState, ConversationSummary, FolderId,
        Message,
    },
};

/// Until then the new messages are in the page and have their place.
const SETTLED: Duration = Duration::from_millis(100);
/// Pages that follow the first one when a list is read anew: a thousand conversations.
const MAX_READ_ANEW: usize = 20;

/// How many of these entries come before a piece of a branch that goes on from them.
pub(super) fn num_before(entries: &[Entry], piece: &[Message]) -> usize {
    let before = piece.first().and_then(|message| message.parent_id);
    let place = entries.iter().position(|it| Some(it.id) == before);
    place.map_or(0, |index| index + 1)
}

impl ChatState {
    /// Shows a conversation from the end of its branch. Rows of messages that were shown already
    /// stay, and so do earlier messages, if the new ones go on from them.
    pub(super) fn show(self, conversation: Conversation) {
        let mut around = Around::new(&conversation);
        let Conversation { state, messages } = conversation;
        let old = self.entries.get_untracked();
        let (kept, _) = old.split_at(num_before(&old, &messages));
        let known: HashMap<_, _> = old.iter().map(|it| (it.id, it)).collect();
        let entry = |message: Message| match known.get(&message.id) {
            Some(&entry) => {
                entry.message.update(|it| it.refresh(message));
                entry.clone()
            }
            None => Entry::new(message),
        };
        let new = messages.into_iter().map(entry);
        if !kept.is_empty() {
            around.has_earlier = self.around.get_untracked().has_earlier;
        }
        self.entries.set(kept.iter().cloned().chain(new).collect());
        self.around.set(around);
        self.list.change(|list| list.update(state.summary.clone()));
        self.shown.set(Some(state.summary.clone()));
        self.show_choices(&state);
        self.unseen.update_value(|it| it.read = Some(state));
        self.is_missing.set(false);
    }

    /// Shows the messages before the first one that is shown.
    pub(super) fn show_earlier(self) {
        let first = self.entries.with_untracked(|it| it.first().map(|it| it.id));
        let (Some(id), Some(first)) = (self.shown_id(), first) else {
            return;
        };
        if self.begin_reading() {
            self.spawn(async move {
                let answer = conversations::conversation(id, Some(first)).await;
                self.end_reading();
                match answer {
                    Ok(conversation) => self.prepend(conversation),
                    // Another tab deleted it.
                    Err(ChatError::NotFound) => self.refresh().await,
                    Err(error) => self.fail(error),
                }
            });
        }
    }

    fn prepend(self, conversation: Conversation) {
        let last = conversation.messages.last().map(|message| message.id);
        let has_earlier = conversation.has_earlier();
        let first = self.entries.with_untracked(|entries| {
            let first = entries.first()?;
            let is_next = first.message.read_untracked().parent_id == last;
            is_next.then_some(first.id)
        });
        let Some(first) = first else {
            return; // another branch or conversation is shown by now
        };
        self.entries.update(|entries| {
            let new = conversation.messages.into_iter().map(Entry::new);
            entries.splice(0..0, new);
        });
        self.around.update(|it| it.has_earlier = has_earlier);
        if !has_earlier {
            // The link is gone: who pressed it by keyboard goes on where they were.
            let focus = move || browser::focus_found_if_lost(&format!("#message-{first}"));
            set_timeout(focus, SETTLED);
        }
    }

    /// Appends the next page to the list of conversations.
    pub(super) fn show_more(self) {
        let Some(end) = self.list.with(ConversationList::end) else {
            return;
        };
        if self.begin_reading() {
            self.spawn(async move {
                let reading = conversations::conversations(Some(end));
                let answer = browser::noticing(reading, move || self.list.say_late(true)).await;
                self.list.say_late(false);
                self.end_reading();
                match answer {
                    Ok(page) => {
                        self.list.change(|list| list.extend(end, page));
                        let link = move || browser::focus_if_lost(&link_id(end.id));
                        set_timeout(link, SETTLED);
                    }
                    Err(error) => self.fail(error),
                }
            });
        }
    }

    /// One piece is read at a time: a second press asks for the same.
    fn begin_reading(self) -> bool {
        let was_reading = self
            .unseen
            .try_update_value(|it| std::mem::replace(&mut it.is_reading, true));
        was_reading == Some(false)
    }

    fn end_reading(self) {
        self.unseen.update_value(|it| it.is_reading = false);
    }

    /// Reads the first page of the list again; a failure leaves the old one.
    pub(super) async fn refresh_list(self) {
        let Ok(first) = conversations::conversations(None).await else {
            return;
        };
        let shown = self.shown_id();
        let summary = first.conversations.iter().find(|it| Some(it.id) == shown);
        let summary = summary.cloned();
        self.list.change(|list| list.refresh(first));
        if let Some(summary) = summary {
            self.show_summary(summary);
        }
    }

    /// Begins the list anew: the groups of all its days are others. False: the server did not
    /// answer, or it is behind the clock of the reader. After an hour it has another zone.
    pub(super) async fn begin_list_anew(self, day: u32) -> bool {
        let Some(new) = self.read_anew().await else {
            return false;
        };
        let is_new = u32::from(new.today().day) == day || browser::hour() > 0;
        if is_new {
            self.list.change(|list| *list = new);
        }
        is_new
    }

    /// Anything may stand elsewhere by now: all lists are read anew.
    pub(super) async fn read_lists(self) {
        if let Some(new) = self.read_anew().await {
            self.list.change(|list| *list = new);
        }
    }

    /// As much of the list as is shown, so that nobody loses their place, and the beginning of the
    /// folder that is open.
    async fn read_anew(self) -> Option<ConversationList> {
        let num_shown = self.list.with(|list| list.conversations().len());
        let first = conversations::conversations(None).await.ok()?;
        let mut new = ConversationList::new(first);
        for _ in 0..MAX_READ_ANEW {
            let is_less = new.conversations().len() < num_shown;
            let Some(end) = new.end().filter(|_| is_less) else {
                break;
            };
            let Ok(page) = conversations::conversations(Some(end)).await else {
                break;
            };
            new.extend(end, page);
        }
        if let Some((id, _)) = self.list.with(ConversationList::opened)
            && let Ok(page) = order::folder_conversations(id, None).await
        {
            new.open(id, page);
        }
        Some(new)
    }

    /// Shows the conversations of a folder, or puts them away.
    pub(super) fn open_folder(self, id: FolderId) {
        let opened = self.list.with(ConversationList::opened);
        if opened.is_some_and(|it| it.0 == id) {
            self.list.change(ConversationList::close);
            return;
        }
        self.spawn(async move {
            match order::folder_conversations(id, None).await {
                Ok(page) => {
                    self.list.change(|list| list.open(id, page));
                }
                // Another tab deleted it.
                Err(ChatError::NotFound) => self.read_lists().await,
                Err(error) => self.fail(error),
            }
        });
    }

    /// Appends the next page to the folder that is open.
    pub(super) fn show_more_of_folder(self) {
        let Some((id, Some(end))) = self.list.with(ConversationList::opened) else {
            return;
        };
        if self.begin_reading() {
            self.spawn(async move {
                let answer = order::folder_conversations(id, Some(end)).await;
                self.end_reading();
                match answer {
                    Ok(page) => {
                        self.list.change(|list| list.extend_opened(id, end, page));
                        let link = move || browser::focus_if_lost(&link_id(end.id));
                        set_timeout(link, SETTLED);
                    }
                    Err(error) => self.fail(error),
                }
            });
        }
    }

    /// Its person looks at the shown conversation: what is new there is seen.
    pub(super) fn see_shown(self) {
        let shown = self.shown.get_untracked();
        let Some(shown) = shown.filter(|it| it.unread && !browser::is_hidden()) else {
            return;
        };
        let id = shown.id;
        self.show_summary(ConversationSummary {
            unread: false,
            ..shown
        });
        self.spawn(async move {
            if let Err(error) = order::see_conversation(id).await {
                // The mark comes back with the next look at the list.
                leptos::logging::warn!("it is not noted that an answer was seen: {error}");
            }
        });
    }

    /// A conversation has another title, wherever it stands in the list.
    pub(super) async fn renamed(self, id: ConversationId) {
        if let Ok(Some(state)) = conversations::conversation_state(id).await {
            self.show_summary(state.summary);
        }
    }

    pub(super) fn show_summary(self, summary: ConversationSummary) {
        self.list.change(|list| list.update(summary.clone()));
        if self.shown_id() == Some(summary.id)
            && Some(&summary) != self.shown.get_untracked().as_ref()
        {
            self.shown.set(Some(summary));
        }
    }

    /// A deletion was taken back: its conversation may stand below the first page.
    pub(super) async fn put_back(self, id: ConversationId) {
        if let Ok(Some(state)) = conversations::conversation_state(id).await {
            self.list.change(|list| list.put_back(state.summary));
        }
    }

    /// Reads the shown conversation again if another tab changed it.
    pub(super) async fn refresh_if_changed(self) {
        let Some(id) = self.shown_id() else {
            return;
        };
        let state = match self.read_state(id).await {
            Ok(Some(state)) => state,
            Err(ChatError::Unauthorized) => return self.fail(ChatError::Unauthorized),
            // Reading it tells what is wrong.
            Ok(None) | Err(_) => return self.refresh().await,
        };
        if self.shown_id() == Some(id) {
            self.refresh_unless_same(state).await;
        }
    }

    /// Reads once more if a choice was saved meanwhile: what was read may be from before.
    async fn read_state(self, id: ConversationId) -> Result<Option<ConversationState>, ChatError> {
        let num_saves = || self.unseen.with_value(|it| it.num_saves);
        loop {
            let before = num_saves();
            let state = conversations::conversation_state(id).await;
            if num_saves() == before {
                return state;
            }
        }
    }

    /// One conversation is not what it was, somewhere else: reads its row, and its messages if they
    /// are shown and have changed.
    pub(super) async fn look_at(self, id: ConversationId) {
        match self.read_state(id).await {
            Ok(Some(state)) => {
                self.list
                    .change(|list| list.put_back(state.summary.clone()));
                if self.shown_id() == Some(id) {
                    self.refresh_unless_same(state).await;
                }
            }
            Ok(None) => {
                self.list.change(|list| list.remove(id));
                if self.shown_id() == Some(id) {
                    self.refresh().await;
                }
            }
            // The next change, or the next look, tells.
            Err(_) => {}
        }
    }

    /// The shown conversation is like this by now.
    async fn refresh_unless_same(self, state: ConversationState) {
        let read = self.unseen.with_value(|it| it.read.clone());
        let is_same = read.is_some_and(|read| read.has_same_messages(&state));
        let is_running = state.summary.running || untrack(|| self.running()).is_some();
        if is_same && !is_running {
            self.show_choices(&state);
            self.show_summary(state.summary);
        } else {
            self.refresh_around_edit().await;
        }
    }

    /// The answer of the shown conversation has ended here; what else is new of it comes as a
    /// change.
    pub(super) fn show_ended(self) {
        let summary = self.shown.get_untracked();
        if let Some(summary) = summary.filter(|it| it.running) {
            self.show_summary(ConversationSummary {
                running: false,
                unread: true,
                ..summary
            });
        }
    }
}

//! What the chat page knows. Signals only; how they change stands in `commands` and `tail`.

use futures::future::AbortHandle;
use leptos::prelude::*;

use super::{address::ChatAddress, load::Loaded};
use crate::{
    model::{
        ChatError, Conversation, ConversationId, ConversationSummary, IdempotencyKey, Message,
        MessageId, ModelStatus, Notice, UserId,
    },
    transcript::ShownMessage,
};

/// One message of the shown branch.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: MessageId,
    /// Reference-counted: it outlives the row that shows it, and is made outside any component.
    pub(super) message: ArcRwSignal<ShownMessage>,
}

impl Entry {
    pub(super) fn new(message: Message) -> Self {
        Self {
            id: message.id,
            message: ArcRwSignal::new(ShownMessage::new(message)),
        }
    }
}

/// What a screen reader says of an answer being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announcement {
    Generating,
    Reconnecting,
    Complete,
    Stopped,
    Failed,
}

/// The state of the page. A copy is a handle to the same state.
#[derive(Clone, Copy)]
pub(super) struct ChatState {
    pub(super) user: UserId,
    pub(super) address: Memo<ChatAddress>,
    pub(super) list: RwSignal<Vec<ConversationSummary>>,
    pub(super) model: RwSignal<ModelStatus>,
    /// The shown conversation; absent for a new one.
    pub(super) shown: RwSignal<Option<ConversationSummary>>,
    pub(super) is_missing: RwSignal<bool>,
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// A turn was asked for, and the server has not answered yet.
    pub(super) is_sending: RwSignal<bool>,
    pub(super) error: RwSignal<Option<ChatError>>,
    /// What the server has to say about the last turn.
    pub(super) notice: RwSignal<Option<Notice>>,
    /// For screen readers; never the text of an answer.
    pub(super) announcement: RwSignal<Option<Announcement>>,
    /// Shown for a moment: whether copying worked.
    pub(super) is_copied: RwSignal<Option<bool>>,
    pub(super) deleted: RwSignal<Option<ConversationId>>,
    pub(super) is_drawer_open: RwSignal<bool>,
    /// The server has another page by now.
    pub(super) is_outdated: RwSignal<bool>,
    pub(super) unseen: StoredValue<Unseen>,
}

/// What no view shows.
#[derive(Default)]
pub(super) struct Unseen {
    /// The one stream of this tab.
    pub(super) tail: Option<AbortHandle>,
    /// The last text that was not accepted, with its key: sent again, it is the same message.
    pub(super) unsent: Option<(String, IdempotencyKey)>,
}

impl ChatState {
    pub(super) fn new(loaded: Loaded, address: Memo<ChatAddress>) -> Self {
        let (summary, messages) = match loaded.conversation {
            Some(Conversation { summary, messages }) => (Some(summary), messages),
            None => (None, Vec::new()),
        };
        Self {
            user: loaded.user.id,
            address,
            list: RwSignal::new(loaded.list),
            model: RwSignal::new(loaded.model),
            shown: RwSignal::new(summary),
            is_missing: RwSignal::new(loaded.is_missing),
            entries: RwSignal::new(messages.into_iter().map(Entry::new).collect()),
            is_sending: RwSignal::new(false),
            error: RwSignal::new(None),
            notice: RwSignal::new(None),
            announcement: RwSignal::new(None),
            is_copied: RwSignal::new(None),
            deleted: RwSignal::new(None),
            is_drawer_open: RwSignal::new(false),
            is_outdated: RwSignal::new(false),
            unseen: StoredValue::default(),
        }
    }

    /// Id of the shown conversation.
    pub(super) fn shown_id(self) -> Option<ConversationId> {
        self.shown.with_untracked(|it| it.as_ref().map(|it| it.id))
    }

    /// The end of the shown branch: what a new message answers to.
    pub(super) fn last_message(self) -> Option<MessageId> {
        self.entries.with_untracked(|it| it.last().map(|it| it.id))
    }

    /// The answer that is being made in the shown conversation.
    pub(super) fn running(self) -> Option<Entry> {
        let entries = self.entries.read();
        entries
            .iter()
            .rev()
            .find(|it| it.message.read().is_running())
            .cloned()
    }

    /// The state of one message, for its row.
    pub(super) fn message(self, id: MessageId) -> Option<RwSignal<ShownMessage>> {
        let entries = self.entries.read_untracked();
        let entry = entries.iter().find(|it| it.id == id)?;
        Some(RwSignal::from(entry.message.clone()))
    }

    /// Shows a conversation, keeping the rows of messages that were shown already.
    pub(super) fn show(self, conversation: Conversation) {
        let old = self.entries.get_untracked();
        let entry = |message: Message| match old.iter().find(|it| it.id == message.id) {
            Some(entry) => {
                entry.message.update(|it| it.refresh(message));
                entry.clone()
            }
            None => Entry::new(message),
        };
        self.entries
            .set(conversation.messages.into_iter().map(entry).collect());
        self.update_summary(conversation.summary.clone());
        self.shown.set(Some(conversation.summary));
        self.is_missing.set(false);
    }

    /// Shows an empty page: a new conversation, or one that is not there.
    pub(super) fn show_nothing(self, is_missing: bool) {
        self.entries.set(Vec::new());
        self.shown.set(None);
        self.is_missing.set(is_missing);
    }

    /// Keeps the messages up to `parent` and appends others: another branch, or the same one.
    pub(super) fn append_after(self, parent: Option<MessageId>, messages: Vec<Message>) {
        self.entries.update(|entries| {
            let place = entries.iter().position(|it| Some(it.id) == parent);
            entries.truncate(place.map_or(0, |index| index + 1));
            entries.extend(messages.into_iter().map(Entry::new));
        });
    }

    /// The title or the running turn of a conversation changed.
    pub(super) fn update_summary(self, summary: ConversationSummary) {
        let is_other = |it: &ConversationSummary| it.id == summary.id && *it != summary;
        if self.list.read_untracked().iter().any(is_other) {
            self.list.update(|list| {
                if let Some(old) = list.iter_mut().find(|it| it.id == summary.id) {
                    *old = summary;
                }
            });
        }
    }

    /// A turn started: its conversation is the last used one.
    pub(super) fn move_to_top(self, summary: ConversationSummary) {
        self.list.update(|list| {
            list.retain(|it| it.id != summary.id);
            list.insert(0, summary);
        });
    }
}

//! What the chat page knows. Signals only; how they change stands in `commands` and `tail`.

use std::cell::RefCell;

use futures::future::AbortHandle;
use leptos::prelude::*;

use super::{
    address::ChatAddress, commands::Navigate, load::Loaded, parts::Parts, personal::Personal,
};
use crate::{
    browser::Queued,
    components::{Editing, ListedConversations},
    model::{
        ChatError, Choices, Conversation, ConversationId, ConversationState, ConversationSummary,
        FileId, IdempotencyKey, LocalDate, Message, MessageId, ModelStatus, Role, User, UserId,
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
    Copied,
}

/// What is not shown of the branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// It begins before the first entry.
    pub(super) has_earlier: bool,
    /// There are others.
    pub(super) has_branches: bool,
    /// Its end, if that comes after the last entry.
    pub(super) later_leaf: Option<MessageId>,
}

impl Around {
    pub(super) fn new(conversation: &Conversation) -> Self {
        Self {
            has_earlier: conversation.has_earlier(),
            has_branches: conversation.state.has_branches,
            later_leaf: conversation.later_leaf(),
        }
    }
}

/// The state of the page. A copy is a handle to the same state.
#[derive(Clone, Copy)]
pub(super) struct ChatState {
    pub(super) address: Memo<ChatAddress>,
    pub(super) list: ListedConversations,
    pub(super) model: RwSignal<ModelStatus>,
    /// The shown conversation; absent for a new one.
    pub(super) shown: RwSignal<Option<ConversationSummary>>,
    /// What that conversation wants otherwise, as far as it is chosen beside the box.
    pub(super) own: RwSignal<Choices>,
    pub(super) is_missing: RwSignal<bool>,
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// What lies before and after them.
    pub(super) around: RwSignal<Around>,
    /// A turn was asked for, and the server has not answered yet.
    pub(super) is_sending: RwSignal<bool>,
    pub(super) error: RwSignal<Option<ChatError>>,
    /// The message that is sent when the running answer ends.
    pub(super) queued: RwSignal<Option<Queued>>,
    /// The conversation began on this page: the box moved down from its middle.
    pub(super) has_begun: RwSignal<bool>,
    /// The server was not reached when this conversation was to be shown.
    pub(super) unopened: RwSignal<Option<ConversationId>>,
    /// For screen readers; never the text of an answer.
    pub(super) announcement: RwSignal<Option<Announcement>>,
    pub(super) deleted: RwSignal<Option<ConversationId>>,
    pub(super) unseen: StoredValue<Unseen>,
}

/// The last text that was not accepted: sent again to the same conversation, with the same files,
/// it is the same message.
#[derive(Clone)]
pub(super) struct Unsent {
    pub(super) to: Option<ConversationId>,
    pub(super) text: String,
    pub(super) files: Vec<FileId>,
    pub(super) key: IdempotencyKey,
}

thread_local! {
    /// It outlives the page: whoever leaves it while a text is on its way, and comes back, finds
    /// the text as a draft. Sent from there, it is the same message too.
    static UNSENT: RefCell<Option<Unsent>> = const { RefCell::new(None) };
}

impl Unsent {
    /// Of the last attempt.
    pub(super) fn last() -> Option<Self> {
        UNSENT.with_borrow(Clone::clone)
    }

    /// Remembers an attempt.
    pub(super) fn keep(self) {
        UNSENT.set(Some(self));
    }

    /// The attempt with this key is none any more.
    pub(super) fn forget(key: IdempotencyKey) {
        UNSENT.with_borrow_mut(|it| {
            it.take_if(|it| it.key == key);
        });
    }
}

/// What no view shows, and signals that are rarely asked for: a handle to the state stays
/// short.
pub(super) struct Unseen {
    user: User,
    starters: Vec<String>,
    is_copied: RwSignal<Option<bool>>,
    is_outdated: RwSignal<bool>,
    is_drawer_open: RwSignal<bool>,
    is_waiting: RwSignal<bool>,
    is_offline: RwSignal<bool>,
    editing: Editing,
    /// Up in the empty box opened that of a question.
    pub(super) is_edited_by_key: bool,
    /// What was sent last in place of a question, and not accepted.
    pub(super) unsent_edit: Option<(MessageId, String, IdempotencyKey)>,
    /// What a press needs, once it is loaded.
    pub(super) parts: RwSignal<Option<Parts>>,
    /// The server may be away: it is asked until it answers.
    pub(super) doubt: Option<AbortHandle>,
    /// The way to another address; known once the page stands.
    pub(super) navigate: Option<Navigate>,
    /// The one answer that this tab follows.
    pub(super) tail: Option<AbortHandle>,
    /// What is being saved of a conversation's choices.
    pub(super) unsaved: Option<(ConversationId, Choices)>,
    /// What was deleted, or archived, together with what the way back names.
    pub(super) also_deleted: Vec<ConversationId>,
    /// What of it was pinned before it was archived.
    pub(super) were_pinned: Vec<ConversationId>,
    /// It was archived, not deleted.
    is_archived: RwSignal<bool>,
    /// How often such choices were saved.
    pub(super) num_saves: u32,
    /// The shown conversation as it was when it was read last, or changed here.
    pub(super) read: Option<ConversationState>,
    /// A piece of the list or of the conversation was asked for.
    pub(super) is_reading: bool,
    /// How often something was looked for: the last question is the one that counts.
    pub(super) num_searches: u32,
    sought: RwSignal<Option<MessageId>>,
    pub(super) personal: Personal,
}

impl ChatState {
    pub(super) fn new(loaded: Loaded, address: Memo<ChatAddress>) -> Self {
        let conversation = loaded.conversation.as_ref();
        let around = conversation.map(Around::new).unwrap_or_default();
        let (read, messages) = match loaded.conversation {
            Some(Conversation { state, messages }) => (Some(state), messages),
            None => (None, Vec::new()),
        };
        let list = ListedConversations::new(loaded.list);
        list.change(|list| {
            if let Some((id, page)) = loaded.folder {
                list.open(id, page);
            }
            if let Some(shown) = &read {
                list.update(shown.summary.clone());
            }
        });
        let drawn = read.as_ref().map(|it| it.summary.id);
        let editing = Editing::new(loaded.user.id, drawn);
        Self {
            address,
            list,
            model: RwSignal::new(loaded.model),
            shown: RwSignal::new(read.as_ref().map(|it| it.summary.clone())),
            own: RwSignal::new(read.as_ref().map(|it| it.choices).unwrap_or_default()),
            is_missing: RwSignal::new(loaded.is_missing),
            entries: RwSignal::new(messages.into_iter().map(Entry::new).collect()),
            around: RwSignal::new(around),
            is_sending: RwSignal::new(false),
            error: RwSignal::new(None),
            queued: RwSignal::new(None),
            has_begun: RwSignal::new(false),
            unopened: RwSignal::new(None),
            announcement: RwSignal::new(None),
            deleted: RwSignal::new(None),
            unseen: StoredValue::new(Unseen {
                user: loaded.user,
                starters: loaded.words.starters,
                is_copied: RwSignal::new(None),
                is_outdated: RwSignal::new(false),
                is_drawer_open: RwSignal::new(false),
                is_waiting: RwSignal::new(false),
                is_offline: RwSignal::new(false),
                editing,
                is_edited_by_key: false,
                unsent_edit: None,
                parts: RwSignal::new(None),
                doubt: None,
                navigate: None,
                tail: None,
                unsaved: None,
                also_deleted: Vec::new(),
                were_pinned: Vec::new(),
                is_archived: RwSignal::new(false),
                num_saves: 0,
                read,
                is_reading: false,
                num_searches: 0,
                sought: RwSignal::new(None),
                personal: Personal::new(),
            }),
        }
    }

    /// Shown for a moment: whether copying worked.
    pub(super) fn is_copied(self) -> RwSignal<Option<bool>> {
        self.unseen.with_value(|it| it.is_copied)
    }

    /// What the way back names was archived, not deleted.
    pub(super) fn is_archived(self) -> RwSignal<bool> {
        self.unseen.with_value(|it| it.is_archived)
    }

    /// The server has another page by now.
    pub(super) fn is_outdated(self) -> RwSignal<bool> {
        self.unseen.with_value(|it| it.is_outdated)
    }

    /// On a phone the list of conversations lies over the page.
    pub(super) fn is_drawer_open(self) -> RwSignal<bool> {
        self.unseen.with_value(|it| it.is_drawer_open)
    }

    /// Another conversation was asked for, and somebody waits for it: what was shown before is
    /// covered, and nothing is sent to it.
    pub(super) fn is_waiting(self) -> RwSignal<bool> {
        self.unseen.with_value(|it| it.is_waiting)
    }

    /// The message that somebody looked for: it is shown and marked.
    pub(super) fn sought(self) -> RwSignal<Option<MessageId>> {
        self.unseen.with_value(|it| it.sought)
    }

    /// The server has not been reached for some seconds.
    pub(super) fn is_offline(self) -> RwSignal<bool> {
        self.unseen.with_value(|it| it.is_offline)
    }

    /// Which question is being edited.
    pub(super) fn editing(self) -> Editing {
        self.unseen.with_value(|it| it.editing)
    }

    /// What is loaded of the part that presses need.
    pub(super) fn loaded_parts(self) -> RwSignal<Option<Parts>> {
        self.unseen.with_value(|it| it.parts)
    }

    /// What the administrator offers to begin with.
    pub(super) fn starters(self) -> Vec<String> {
        self.unseen.with_value(|it| it.starters.clone())
    }

    /// Whose page it is.
    pub(super) fn user(self) -> UserId {
        self.unseen.with_value(|it| it.user.id)
    }

    /// What that person is called.
    pub(super) fn user_name(self) -> String {
        self.unseen.with_value(|it| it.user.name.clone())
    }

    /// This conversation is shown, and the page was not left; absent for a new one.
    pub(super) fn is_shown(self, conversation: Option<ConversationId>) -> bool {
        let shown = self
            .shown
            .try_with_untracked(|it| it.as_ref().map(|it| it.id));
        shown == Some(conversation)
    }

    /// Id of the shown conversation.
    pub(super) fn shown_id(self) -> Option<ConversationId> {
        self.shown.with_untracked(|it| it.as_ref().map(|it| it.id))
    }

    /// The end of the shown branch: what a new message answers to.
    pub(super) fn last_message(self) -> Option<MessageId> {
        let last = self.entries.with_untracked(|it| it.last().map(|it| it.id));
        self.around.get_untracked().later_leaf.or(last)
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

    /// A message of the shown conversation has more than one version.
    pub(super) fn has_branches(self) -> bool {
        let entries = self.entries.read();
        let has_versions = |it: &Entry| it.message.read_untracked().versions.len() > 1;
        self.around.get().has_branches || entries.iter().any(has_versions)
    }

    /// The newest answer that is shown.
    pub(super) fn last_answer(self) -> Option<MessageId> {
        let entries = self.entries.read_untracked();
        let is_answer = |it: &&Entry| it.message.read_untracked().role == Role::Assistant;
        entries.iter().rev().find(is_answer).map(|it| it.id)
    }

    /// Messages that are the first of their day, and that day.
    pub(super) fn days(self) -> Vec<(MessageId, LocalDate)> {
        let entries = self.entries.read();
        let mut last = None;
        let first_of_day = |entry: &Entry| {
            let day = entry.message.read_untracked().time.date();
            let is_new = last.replace(day) != Some(day);
            is_new.then_some((entry.id, day))
        };
        entries.iter().filter_map(first_of_day).collect()
    }

    /// The state of one message, for its row.
    pub(super) fn message(self, id: MessageId) -> Option<RwSignal<ShownMessage>> {
        let entries = self.entries.read_untracked();
        let entry = entries.iter().find(|it| it.id == id)?;
        Some(RwSignal::from(entry.message.clone()))
    }

    /// Shows an empty page: a new conversation, or one that is not there.
    pub(super) fn show_nothing(self, is_missing: bool) {
        self.entries.set(Vec::new());
        self.around.set(Around::default());
        self.unseen.update_value(|it| it.read = None);
        self.shown.set(None);
        self.own.set(Choices::default());
        self.is_missing.set(is_missing);
    }

    /// Keeps the messages up to `parent` and appends others: another branch, or the same one.
    pub(super) fn append_after(self, parent: Option<MessageId>, messages: Vec<Message>) {
        self.entries.update(|entries| {
            let place = entries.iter().position(|it| Some(it.id) == parent);
            entries.truncate(place.map_or(0, |index| index + 1));
            entries.extend(messages.into_iter().map(Entry::new));
        });
        // They are the end; what came later is of another branch.
        self.around.update(|it| it.later_leaf = None);
    }
}

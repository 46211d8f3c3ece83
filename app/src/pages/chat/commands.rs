//! What happens when a person presses something.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    address::{self, ChatAddress},
    parts::{Again, Pressed},
    state::{Announcement, ChatState, Entry},
    tail::ANSWER,
};
use crate::{
    api::conversations,
    browser,
    components::{MessageCommand, TEXT_ID},
    model::{ChatError, ConversationId, MessageId},
};

/// Changes the address; made inside a component, because the router is found there.
pub(super) type Navigate = Callback<(Option<ConversationId>, NavigateOptions)>;

/// The router's way to a conversation. It gets whole addresses: below a path of the host it would
/// write that of a new conversation without the slash at its end, which not every proxy passes on.
/// From the open drawer they take its place in the history.
pub(super) fn navigation() -> Navigate {
    let navigate = use_navigate();
    Callback::new(
        move |(id, options): (Option<ConversationId>, NavigateOptions)| {
            let options = NavigateOptions {
                resolve: false,
                replace: options.replace || browser::is_at_drawer(),
                ..options
            };
            navigate(&address::address(id), options);
        },
    )
}

/// In place of the current address: going back skips it.
pub(super) fn replacing() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..NavigateOptions::default()
    }
}

/// Where a person is: what is shown, and what the address asks for, which may come later.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) shown: Option<ConversationId>,
    address: ChatAddress,
}

impl Place {
    /// What the address asks for is shown.
    fn is_here(self) -> bool {
        self.address.conversation() == self.shown
    }
}

/// The button that was pressed by key may have gone with its message: the focus goes to the one of
/// its name in the message that is shown now, to one beside it, or to that message.
fn focus_again(message: MessageId, name: Option<String>) {
    let Some(name) = name else {
        return;
    };
    // By then what is shown now is in the page.
    request_animation_frame(move || {
        let same = format!(" button[aria-label=\"{name}\"]:enabled");
        for place in [same.as_str(), " .version-switch button:enabled", ""] {
            browser::focus_found_if_lost(&format!("#message-{message}{place}"));
        }
        browser::focus_text_if_lost(TEXT_ID);
    });
}

/// The message that was deleted had the focus: now this one has it, or the box.
fn focus_beside(message: Option<MessageId>) {
    // By then what is shown now is in the page.
    request_animation_frame(move || {
        if let Some(id) = message {
            browser::focus_found_if_lost(&format!("#message-{id} .message-delete > button"));
        }
        browser::focus_text_if_lost(TEXT_ID);
        // A finger gets no keyboard that it did not ask for.
        browser::focus_found_if_lost(".chat-more");
    });
}

/// What of a conversation is read again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The end of the branch that is shown.
    End,
    /// The same, unless that would take away a question that is being edited.
    AroundEdit,
    /// The piece that holds this message, of its branch.
    At(MessageId),
}

impl ChatState {
    pub(super) fn place(self) -> Place {
        Place {
            shown: self.shown_id(),
            address: self.address.get_untracked(),
        }
    }

    /// The person went nowhere else since then, nor is on the way.
    pub(super) fn is_still_at(self, place: Place) -> bool {
        let address = self.address.get_untracked();
        let is_wanted = address == place.address || address.conversation() == place.shown;
        is_wanted && self.shown_id() == place.shown
    }

    /// Buttons under a message.
    pub(super) fn on_message(self, command: MessageCommand) {
        self.error.set(None);
        match command {
            MessageCommand::Copy(id) => self.copy(id),
            MessageCommand::Regenerate(id) => self.begin(id, Again::Regenerate),
            MessageCommand::Continue(id) => self.begin(id, Again::Continue),
            MessageCommand::ShowVersion(id) => self.show_version(id),
            MessageCommand::Edit(id) => self.edit(id),
            MessageCommand::CancelEdit(id) => self.cancel_edit(id),
            MessageCommand::SendEdited(id) => self.send_edited(id),
            MessageCommand::Fork(id) => self.fork(id),
            MessageCommand::Delete(id) => self.delete(id),
            MessageCommand::Rate(id, thumb) => self.press(Pressed::Rate(id, thumb)),
            MessageCommand::ReadAloud(id) => self.press(Pressed::ReadAloud(id)),
            MessageCommand::Reconnect => self.follow_running(),
        }
    }

    /// Shows the turn that begins. Until it is shown, another press does nothing.
    fn begin(self, pressed: MessageId, again: Again) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        let place = self.place();
        let name = browser::focused_name();
        self.spawn(async move {
            let shown = match self.begin_again(pressed, again).await {
                Ok(turn) => {
                    let answer = turn.assistant_message.id;
                    self.turn_started(turn, place).await;
                    answer
                }
                Err(error) => {
                    self.fail(error);
                    pressed
                }
            };
            self.is_sending.set(false);
            focus_again(shown, name);
        });
    }

    fn show_version(self, id: MessageId) {
        let name = browser::focused_name();
        self.spawn(async move {
            if let Err(error) = self.carry_out(Pressed::ShowVersion(id)).await {
                self.fail(error);
            }
            focus_again(id, name);
        });
    }

    /// Deletes a message for good. The focus goes to the same button of the message that is shown
    /// in its place, or of the one before it; where no message is left, to the box.
    fn delete(self, id: MessageId) {
        let place = |entries: &Vec<Entry>| entries.iter().position(|it| it.id == id);
        let index = self.entries.with_untracked(place).unwrap_or_default();
        self.spawn(async move {
            if let Err(error) = self.carry_out(Pressed::DeleteMessage(id)).await {
                self.fail(error);
            }
            let beside = |entries: &Vec<Entry>| {
                let entry = entries.get(index).or_else(|| entries.last());
                entry.map(|it| it.id)
            };
            focus_beside(self.entries.with_untracked(beside));
        });
    }

    fn copy(self, id: MessageId) {
        let text = async move { (self.parts().await?.text)(id).await };
        let copying = browser::copy_when_fetched(text);
        self.spawn(async move {
            match copying.await {
                Ok(true) => {
                    self.announcement.set(Some(Announcement::Copied));
                    browser::show_tick(&format!("#message-{id} .copy-button")).await;
                }
                Ok(false) => self.flash_copied(false),
                Err(error) => self.fail(error),
            }
        });
    }

    /// Says for a moment whether copying worked; the toast is a status for screen readers too.
    pub(super) fn flash_copied(self, is_copied: bool) {
        self.is_copied().set(Some(is_copied));
    }

    /// The address changed: shows its conversation, unless it is shown already, or the message of
    /// it that was looked for.
    pub(super) fn open(self, address: ChatAddress, at: Option<MessageId>) {
        self.is_drawer_open().set(false);
        let (sought, is_here) = (at, self.shown_id() == address.conversation());
        // What is in the page needs no server.
        let at = at.filter(|&message| !is_here || self.message(message).is_none());
        if at.is_none() {
            self.sought().set(sought);
        }
        let is_shown = address.conversation() == self.shown_id();
        if !is_shown {
            self.stop_reading();
        }
        if is_shown || address.conversation().is_none() {
            self.is_waiting().set(false);
        }
        if at.is_none()
            && is_shown
            && (address == ChatAddress::Nowhere) == self.is_missing.get_untracked()
        {
            return;
        }
        self.error.set(None);
        self.unopened.set(None);
        self.has_begun.set(false);
        // A title that is being written is kept when it is left, not when it is taken away.
        browser::focus_text(TEXT_ID);
        match address {
            ChatAddress::New => self.show_empty(false),
            ChatAddress::Nowhere => self.show_empty(true),
            // What is shown stays and goes on until the other one is there.
            ChatAddress::Conversation(id) => self.spawn(self.load_noticed(id, at)),
        }
    }

    /// Says so if it takes long. What is asked for meanwhile is waited for without a new beginning.
    async fn load_noticed(self, id: ConversationId, at: Option<MessageId>) {
        let is_wanted = move || self.address.get_untracked().conversation() == Some(id);
        let is_awaited = move || is_wanted() && self.shown_id() != Some(id);
        let cover = move || {
            if is_awaited() {
                self.is_waiting().set(true);
            }
        };
        let reading = at.map_or(Reading::End, Reading::At);
        let loading = browser::within(ANSWER, self.load(id, reading));
        let is_in_time = browser::noticing(loading, cover).await.is_some();
        if !is_in_time && is_awaited() {
            self.not_opened(id, ChatError::Unreachable(String::new()));
        }
        if is_wanted() {
            self.is_waiting().set(false);
        }
    }

    /// If the message that was looked for is not in the shown branch any more, the address forgets
    /// it: loading the page again would show the branch that has it.
    pub(super) fn leave_sought(self) {
        let (sought, is_here) = (self.sought(), self.place().is_here());
        let is_left = |id| self.message(id).is_none();
        if is_here && sought.get_untracked().is_some_and(is_left) {
            sought.set(None);
            self.go(self.shown_id(), replacing());
        }
    }

    fn show_empty(self, is_missing: bool) {
        self.stop_following();
        self.show_nothing(is_missing);
    }

    /// Leads to another address.
    pub(super) fn go(self, to: Option<ConversationId>, options: NavigateOptions) {
        if let Some(navigate) = self.unseen.with_value(|it| it.navigate) {
            navigate.run((to, options));
        }
    }

    /// Tries again to show what could not be shown.
    pub(super) fn open_again(self) {
        let unopened = self.unopened.get_untracked();
        if unopened.is_some() {
            self.unopened.set(None);
            self.go(unopened, NavigateOptions::default());
        }
    }

    /// Reads the shown conversation again: another tab may have changed it.
    pub(super) async fn refresh(self) {
        if let Some(id) = self.shown_id() {
            self.load(id, Reading::End).await;
        }
    }

    /// The same, but nobody loses the box they write in because another tab shows another branch.
    pub(super) async fn refresh_around_edit(self) {
        if let Some(id) = self.shown_id() {
            self.load(id, Reading::AroundEdit).await;
        }
    }

    async fn load(self, id: ConversationId, reading: Reading) {
        let at = match reading {
            Reading::At(message) => Some(message),
            Reading::End | Reading::AroundEdit => None,
        };
        let keeps_edit = reading == Reading::AroundEdit;
        let answer = loop {
            let before = (self.shown_id(), self.last_message());
            let answer = match at {
                Some(message) => conversations::conversation_at(id, message).await,
                None => conversations::conversation(id, None).await,
            };
            let now = (self.shown_id(), self.last_message());
            // An answer that is older than a turn that began here meanwhile would take it away.
            if now == before || now.0 != Some(id) {
                break answer;
            }
        };
        let is_wanted = self.address.get_untracked().conversation() == Some(id);
        match answer {
            _ if !is_wanted => {}
            // It is read again when that is over.
            Ok(conversation) if keeps_edit && self.takes_edit(&conversation.messages) => {
                self.show_summary(conversation.state.summary);
            }
            Ok(conversation) => {
                if self.shown_id() != Some(id) {
                    self.stop_following(); // a turn began where the person was before
                }
                self.show(conversation);
                if at.is_some() {
                    self.sought().set(at);
                }
                if !self.is_following() {
                    self.follow_running();
                }
            }
            Err(ChatError::NotFound) => {
                self.list.change(|list| list.remove(id));
                self.show_empty(true);
            }
            Err(ChatError::Unauthorized) => self.fail(ChatError::Unauthorized),
            Err(error) if self.shown_id() == Some(id) => self.fail(error),
            Err(error) => self.not_opened(id, error),
        }
    }

    /// What was shown is shown still, so the address says so too.
    fn not_opened(self, id: ConversationId, error: ChatError) {
        Self::doubt_after(&error);
        self.unopened.set(Some(id));
        if !matches!(error, ChatError::Unreachable(_)) {
            self.error.set(Some(error));
        }
        self.go(self.shown_id(), replacing());
    }

    /// Shows an error in its place; without a session only signing in helps.
    pub(super) fn fail(self, error: ChatError) {
        Self::doubt_after(&error);
        if error == ChatError::Unauthorized {
            // A full load: nothing of this person stays in the page.
            browser::leave_for_the_door();
        } else {
            self.error.set(Some(error));
        }
    }
}

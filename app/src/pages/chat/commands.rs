//! What happens when a person presses something.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    address::{self, ChatAddress},
    state::{ChatState, Unsent},
};
use crate::{
    api::{conversations, deletion, messages},
    browser,
    components::{MessageCommand, SidebarCommand, forget_sent},
    model::{
        ChatError, ConversationId, ConversationState, ConversationSummary, IdempotencyKey, Message,
        MessageId, StartedTurn, TurnParams,
    },
};

/// How long a deletion can be taken back with one press.
const UNDO_TIME: Duration = Duration::from_secs(10);

/// How long a word such as "Copied" is shown.
const FLASH_TIME: Duration = Duration::from_secs(2);

/// Changes the address; made inside a component, because the router is found there.
pub(super) type Navigate = Callback<(Option<ConversationId>, NavigateOptions)>;

/// The router's way to a conversation. It gets whole addresses: below a path of the host it would
/// write that of a new conversation without the slash at its end, which not every proxy passes on.
pub(super) fn navigation() -> Navigate {
    let navigate = use_navigate();
    Callback::new(move |(id, options)| {
        let resolve = false;
        navigate(
            &address::address(id),
            NavigateOptions { resolve, ..options },
        );
    })
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

impl ChatState {
    /// Sends a text as an answer to the message that is shown last, whatever other tabs show by
    /// now; it stays in the composer until the server has written it.
    pub(super) fn send(self, text: String, navigate: Navigate) {
        let place = self.place();
        let from = place.shown;
        let parent = self.last_message();
        let key = self.key_for(from, &text);
        self.is_sending.set(true);
        self.error.set(None);
        self.notice.set(None);
        spawn_local(async move {
            let params = TurnParams::default();
            let answer = messages::send_message(from, parent, text.clone(), params, key).await;
            self.is_sending.set(false);
            match answer {
                Ok(turn) => {
                    self.unseen.update_value(|it| it.unsent = None);
                    let is_shown = self.shown_id() == from;
                    forget_sent(self.user(), (from, turn.conversation.id), &text, is_shown);
                    self.turn_started(turn, place, Some(navigate)).await;
                }
                Err(error) => self.fail(error),
            }
        });
    }

    /// The key of the last attempt if the same text goes to the same conversation: an answer that
    /// got lost on its way must not make a second message.
    fn key_for(self, to: Option<ConversationId>, text: &str) -> IdempotencyKey {
        let last = self.unseen.with_value(|it| it.unsent.clone());
        let key = match last {
            Some(last) if last.to == to && last.text == text => last.key,
            _ => browser::idempotency_key(),
        };
        let text = text.to_owned();
        let unsent = Some(Unsent { to, text, key });
        self.unseen.update_value(|it| it.unsent = unsent);
        key
    }

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

    async fn turn_started(self, turn: StartedTurn, place: Place, navigate: Option<Navigate>) {
        let StartedTurn {
            conversation,
            user_message,
            assistant_message,
            notice,
        } = turn;
        self.list
            .change(|list| list.move_to_top(conversation.clone()));
        if !self.is_still_at(place) {
            return; // another conversation is shown by now, or soon
        }
        self.notice.set(notice);
        let id = conversation.id;
        self.remember(&conversation, user_message.is_some(), &assistant_message);
        self.shown.set(Some(conversation));
        self.is_missing.set(false);
        let is_known = self.show_turn(user_message, assistant_message);
        if let (None, Some(navigate)) = (place.shown, navigate) {
            navigate.run((Some(id), replacing()));
        }
        if !is_known {
            self.refresh().await; // another tab went on with this conversation
        }
        self.follow_running();
    }

    /// What this tab did is no change that it has to read.
    fn remember(self, summary: &ConversationSummary, is_sent: bool, answer: &Message) {
        let entries = self.entries.read_untracked();
        let is_new = entries.iter().all(|it| it.id != answer.id);
        self.unseen.update_value(|it| {
            let num_messages = it.read.as_ref().map_or(0, |read| read.num_messages);
            let leaf = it.read.as_ref().and_then(|read| read.leaf);
            it.read = Some(ConversationState {
                summary: summary.clone(),
                leaf: if is_new { Some(answer.id) } else { leaf },
                num_messages: num_messages + u32::from(is_new) + u32::from(is_sent),
            });
        });
    }

    /// Appends the turn's messages; false if the message they answer to is not shown here.
    fn show_turn(self, user_message: Option<Message>, answer: Message) -> bool {
        if let Some(entry) = self
            .entries
            .get_untracked()
            .iter()
            .find(|it| it.id == answer.id)
        {
            entry.message.update(|it| it.replace(answer)); // continued
            return true;
        }
        let parent = user_message
            .as_ref()
            .map_or(answer.parent_id, |it| it.parent_id);
        let is_known = match parent {
            Some(parent) => self
                .entries
                .read_untracked()
                .iter()
                .any(|it| it.id == parent),
            None => true,
        };
        if is_known {
            self.append_after(parent, user_message.into_iter().chain([answer]).collect());
        }
        is_known
    }

    /// Stops the running answer; its stream brings the end.
    pub(super) fn stop(self, id: MessageId) {
        spawn_local(async move {
            if let Err(error) = messages::stop_turn(id).await {
                self.fail(error);
            } else if !self.is_following() {
                self.refresh().await;
            }
        });
    }

    /// Buttons under a message.
    pub(super) fn on_message(self, command: MessageCommand) {
        self.error.set(None);
        match command {
            MessageCommand::Copy(id) => self.copy(id),
            MessageCommand::Regenerate(id) => self.begin(messages::regenerate(id)),
            MessageCommand::Continue(id) => self.begin(messages::continue_turn(id)),
            MessageCommand::ShowVersion(id) => self.change(conversations::show_version(id)),
            MessageCommand::Delete(id) => self.change(deletion::delete_message(id)),
        }
    }

    /// Shows the turn that this call starts. Until it is shown, another press does nothing.
    fn begin(self, turn: impl Future<Output = Result<StartedTurn, ChatError>> + 'static) {
        if self.is_sending.get_untracked() {
            return;
        }
        self.is_sending.set(true);
        let place = self.place();
        spawn_local(async move {
            match turn.await {
                Ok(turn) => self.turn_started(turn, place, None).await,
                Err(error) => self.fail(error),
            }
            self.is_sending.set(false);
        });
    }

    /// Waits for a change of the conversation and shows it.
    fn change(self, changing: impl Future<Output = Result<(), ChatError>> + 'static) {
        spawn_local(async move {
            match changing.await {
                Ok(()) => self.refresh().await,
                Err(error) => self.fail(error),
            }
        });
    }

    fn copy(self, id: MessageId) {
        let copying = browser::copy_when_fetched(messages::message_text(id));
        spawn_local(async move {
            match copying.await {
                Ok(is_copied) => self.flash_copied(is_copied),
                Err(error) => self.fail(error),
            }
        });
    }

    /// Buttons of the sidebar.
    pub(super) fn on_sidebar(self, command: SidebarCommand, navigate: Navigate) {
        match command {
            SidebarCommand::Close => self.close_drawer(),
            SidebarCommand::ShowMore => self.show_more(),
            SidebarCommand::Rename { id, title } => spawn_local(async move {
                match conversations::rename_conversation(id, title).await {
                    Ok(()) => self.renamed(id).await,
                    Err(error) => self.fail(error),
                }
            }),
            SidebarCommand::Delete(id) => spawn_local(async move {
                match conversations::delete_conversation(id).await {
                    Ok(()) => self.deleted(id, navigate),
                    Err(error) => self.fail(error),
                }
            }),
        }
    }

    fn deleted(self, id: ConversationId, navigate: Navigate) {
        self.list.change(|list| list.remove(id));
        if self.list.with(|list| list.conversations().is_empty()) {
            spawn_local(self.refresh_list()); // there may be older ones
        }
        self.deleted.set(Some(id));
        set_timeout(
            move || {
                if self.deleted.get_untracked() == Some(id) {
                    self.deleted.set(None);
                }
            },
            UNDO_TIME,
        );
        if self.shown_id() == Some(id) {
            navigate.run((None, NavigateOptions::default()));
        }
    }

    /// Takes a deletion back and shows the conversation again.
    pub(super) fn restore(self, id: ConversationId, navigate: Navigate) {
        spawn_local(async move {
            match conversations::restore_conversation(id).await {
                Ok(()) => {
                    self.deleted.set(None);
                    self.put_back(id).await;
                    navigate.run((Some(id), NavigateOptions::default()));
                }
                Err(error) => self.fail(error),
            }
        });
    }

    /// Says for a moment whether copying worked; the toast is a status for screen readers too.
    pub(super) fn flash_copied(self, is_copied: bool) {
        self.is_copied.set(Some(is_copied));
        set_timeout(move || self.is_copied.set(None), FLASH_TIME);
    }

    /// Opens the drawer and moves the focus into it.
    pub(super) fn open_drawer(self) {
        self.is_drawer_open.set(true);
        // The drawer takes the focus only after it has become visible.
        request_animation_frame(|| browser::focus("new-chat"));
    }

    /// Closes the drawer and gives the focus back to the button that opened it.
    pub(super) fn close_drawer(self) {
        if self.is_drawer_open.get_untracked() {
            self.is_drawer_open.set(false);
            request_animation_frame(|| browser::focus("open-sidebar"));
        }
    }

    /// The address changed: shows its conversation, unless it is shown already.
    pub(super) fn open(self, address: ChatAddress) {
        self.is_drawer_open.set(false);
        let is_shown = address.conversation() == self.shown_id();
        if is_shown && (address == ChatAddress::Nowhere) == self.is_missing.get_untracked() {
            return;
        }
        self.stop_following();
        self.error.set(None);
        self.notice.set(None);
        match address {
            ChatAddress::New => self.show_nothing(false),
            ChatAddress::Nowhere => self.show_nothing(true),
            ChatAddress::Conversation(id) => spawn_local(self.load(id)),
        }
    }

    /// Reads the shown conversation again: another tab may have changed it.
    pub(super) async fn refresh(self) {
        if let Some(id) = self.shown_id() {
            self.load(id).await;
        }
    }

    async fn load(self, id: ConversationId) {
        let answer = conversations::conversation(id, None).await;
        let is_wanted = self.address.get_untracked().conversation() == Some(id);
        match answer {
            _ if !is_wanted => {}
            Ok(conversation) => {
                if self.shown_id() != Some(id) {
                    self.stop_following(); // a turn began where the person was before
                }
                self.show(conversation);
                if !self.is_following() {
                    self.follow_running();
                }
            }
            Err(ChatError::NotFound) => {
                self.list.change(|list| list.remove(id));
                self.show_nothing(true);
            }
            Err(error) => self.fail(error),
        }
    }

    /// Shows an error in its place; without a session only signing in helps.
    pub(super) fn fail(self, error: ChatError) {
        if error == ChatError::Unauthorized {
            // A full load: nothing of this person stays in the page.
            browser::leave_for_the_door();
        } else {
            self.error.set(Some(error));
        }
    }
}

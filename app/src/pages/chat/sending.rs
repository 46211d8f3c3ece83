//! Sending a message, now or when the running answer ends, and showing the turn that begins.

use leptos::{prelude::*, task::spawn_local};

use super::{
    commands::{Place, replacing},
    state::{ChatState, Unsent},
};
use crate::{
    api::messages,
    browser::{self, Queued, join_texts},
    components::{ComposerCommand, TEXT_ID, forget_sent, put_back},
    model::{
        ConversationId, ConversationState, ConversationSummary, IdempotencyKey, Message, MessageId,
        MessageStatus, Notice, SendParams, StartedTurn,
    },
};

/// Where a text stands until it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Box,
    Queue,
}

impl ChatState {
    /// What a person does at the box.
    pub(super) fn on_composer(self, command: ComposerCommand) {
        match command {
            ComposerCommand::Send(text) => self.send(text, Origin::Box),
            ComposerCommand::Queue(text) => self.queue(&text),
            ComposerCommand::Stop(id) => self.stop(id),
            ComposerCommand::StopAndSend(id) => {
                self.unseen.update_value(|it| it.sends_when_stopped = true);
                self.stop(id);
            }
            ComposerCommand::EditQueued => {
                self.put_back_queued();
                browser::focus(TEXT_ID);
            }
            ComposerCommand::DropQueued => self.forget_queued(),
            ComposerCommand::Choose(chosen) => self.choose(chosen),
        }
    }

    /// Sends a text as an answer to the message that is shown last, whatever other tabs show by
    /// now; it stays where it stands until the server has written it.
    fn send(self, text: String, origin: Origin) {
        let place = self.place();
        let from = place.shown;
        let parent = self.last_message();
        let key = self.key_for(from, &text);
        // What stands beside the box holds, also if it was chosen a moment ago.
        let params = SendParams::from(self.own.get_untracked());
        self.is_sending.set(true);
        self.error.set(None);
        spawn_local(async move {
            let answer = messages::send_message(from, parent, text.clone(), params, key).await;
            self.is_sending.set(false);
            match answer {
                Ok(turn) => {
                    self.unseen.update_value(|it| it.unsent = None);
                    browser::count_sent(self.user());
                    self.accepted(origin, (from, turn.conversation.id), &text, key);
                    self.turn_started(turn, place).await;
                }
                Err(error) => {
                    if origin == Origin::Queue {
                        self.put_back_in(from, &text);
                    }
                    self.fail(error);
                }
            }
        });
    }

    /// The server has it: it stands nowhere else any more. `way`: from where to where.
    fn accepted(
        self,
        origin: Origin,
        way: (Option<ConversationId>, ConversationId),
        text: &str,
        key: IdempotencyKey,
    ) {
        let (user, is_shown) = (self.user(), self.shown_id() == way.0);
        match origin {
            Origin::Box => forget_sent(user, way, text, is_shown),
            Origin::Queue => {
                let waits = browser::read_queued(user, way.1);
                if waits.is_some_and(|it| it.key == key) {
                    browser::forget_queued(user, way.1);
                }
                if is_shown {
                    self.queued.set(None);
                }
            }
        }
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

    /// Keeps a text for the end of the running answer, with what waits already.
    fn queue(self, text: &str) {
        let Some(id) = self.shown_id() else {
            return;
        };
        let user = self.user();
        let waiting = self.queued.get_untracked().map(|it| it.text);
        let joined = join_texts(&waiting.unwrap_or_default(), text);
        let key = self.key_for(Some(id), &joined);
        let queued = Queued { text: joined, key };
        // Its draft makes room for it.
        forget_sent(user, (Some(id), id), text, true);
        browser::save_queued(user, id, &queued);
        self.queued.set(Some(queued));
    }

    /// An answer is over, so the waiting message goes; after one that failed or was stopped it is
    /// a draft again, because a person may want to say something else now.
    pub(super) fn answer_ended(self, answer: MessageId) {
        let is_wanted = self
            .unseen
            .try_update_value(|it| std::mem::take(&mut it.sends_when_stopped));
        let (Some(id), Some(queued)) = (self.shown_id(), self.queued.get_untracked()) else {
            return;
        };
        let goes = match self.status_of(answer) {
            Some(MessageStatus::Finished) => true,
            Some(MessageStatus::Stopped) => is_wanted == Some(true),
            _ => false,
        };
        if goes && !self.is_sending.get_untracked() {
            let Queued { text, key } = queued;
            let unsent = Some(Unsent {
                to: Some(id),
                text: text.clone(),
                key,
            });
            self.unseen.update_value(|it| it.unsent = unsent);
            self.send(text, Origin::Queue);
        } else {
            self.put_back_queued();
        }
    }

    fn status_of(self, id: MessageId) -> Option<MessageStatus> {
        let entries = self.entries.read_untracked();
        let entry = entries.iter().find(|it| it.id == id)?;
        Some(entry.message.read_untracked().status)
    }

    fn put_back_queued(self) {
        if let Some(queued) = self.queued.get_untracked() {
            self.put_back_in(self.shown_id(), &queued.text);
        }
    }

    /// The waiting message of a conversation is its draft again.
    fn put_back_in(self, conversation: Option<ConversationId>, text: &str) {
        let (user, is_shown) = (self.user(), self.shown_id() == conversation);
        put_back(user, conversation, text, is_shown);
        if let Some(id) = conversation {
            browser::forget_queued(user, id);
        }
        if is_shown {
            self.queued.set(None);
        }
    }

    fn forget_queued(self) {
        if let Some(id) = self.shown_id() {
            browser::forget_queued(self.user(), id);
        }
        self.queued.set(None);
    }

    /// Shows a turn that begins, if the person is still where they asked for it.
    pub(super) async fn turn_started(self, turn: StartedTurn, place: Place) {
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
        let (id, answer) = (conversation.id, assistant_message.id);
        self.remember(&conversation, user_message.is_some(), &assistant_message);
        self.shown.set(Some(conversation));
        self.is_missing.set(false);
        let is_known = self.show_turn(user_message, assistant_message);
        self.give_notice(answer, notice);
        if place.shown.is_none() {
            self.has_begun.set(true);
            self.go(Some(id), replacing());
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
                choices: self.own.get_untracked(),
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

    /// Says below an answer what there is to know about its turn.
    fn give_notice(self, answer: MessageId, notice: Option<Notice>) {
        let entries = self.entries.get_untracked();
        if let Some(entry) = entries.iter().find(|it| it.id == answer) {
            entry.message.update(|it| it.notice = notice);
        }
    }

    /// Stops the running answer; its stream brings the end.
    pub(super) fn stop(self, id: MessageId) {
        spawn_local(async move {
            if let Err(error) = messages::stop_turn(id).await {
                self.unseen.update_value(|it| it.sends_when_stopped = false);
                self.fail(error);
            } else if !self.is_following() {
                self.refresh().await;
            }
        });
    }
}

//! Sending a message, and showing the turn that begins.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{
    commands::{Place, replacing},
    state::{ChatState, Unsent},
};
use crate::{
    api::messages,
    browser,
    components::{ComposerCommand, TEXT_ID, forget_sent},
    model::{
        ConversationId, ConversationState, ConversationSummary, FileId, IdempotencyKey, Message,
        MessageId, Notice, SendParams, StartedTurn, UserId,
    },
};

/// The end of a stopped answer comes sooner, if its stream is alive.
const STOPPED: Duration = Duration::from_secs(1);
/// How soon a new chat is shown once the drawer above it is closed.
const DRAWER_PAUSE: Duration = Duration::from_millis(100);

/// Where a text stands until it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Box,
    Queue,
}

/// The key of the last attempt if the same text goes to the same conversation with the same files:
/// an answer that got lost on its way must not make a second message.
pub(super) fn key_for(to: Option<ConversationId>, text: &str, files: &[FileId]) -> IdempotencyKey {
    let key = match Unsent::last() {
        Some(last) if last.to == to && last.text == text && last.files == files => last.key,
        _ => browser::idempotency_key(),
    };
    let (text, files) = (text.to_owned(), files.to_vec());
    Unsent {
        to,
        text,
        files,
        key,
    }
    .keep();
    key
}

impl ChatState {
    /// What a person does at the box.
    pub(super) fn on_composer(self, command: ComposerCommand) {
        match command {
            ComposerCommand::Send(text) => self.send(text, Origin::Box),
            ComposerCommand::Queue(text) => self.queue(&text),
            ComposerCommand::Stop(id) => self.stop(id),
            ComposerCommand::StopAndSend(id) => {
                self.want_queued(true);
                self.stop(id);
            }
            ComposerCommand::EditQueued => {
                self.put_back_queued();
                browser::focus(TEXT_ID);
            }
            ComposerCommand::DropQueued => self.forget_queued(),
            ComposerCommand::Choose(chosen) => return self.choose(chosen),
        }
        // The button that was pressed goes, or rests for a while.
        browser::focus_text(TEXT_ID);
    }

    /// Sends a text as an answer to the message that is shown last, whatever other tabs show by
    /// now; it stays where it stands until the server has written it, also if the page is left.
    pub(super) fn send(self, text: String, origin: Origin) {
        let (user, place) = (self.user(), self.place());
        let from = place.shown;
        let parent = self.last_message();
        // Also with a text that waited: whatever stands in the box by now goes along.
        let files = browser::attached_files();
        let key = key_for(from, &text, &files);
        // What stands beside the box holds, also if it was chosen a moment ago.
        let params = SendParams {
            files: files.clone(),
            ..SendParams::from(self.own.get_untracked())
        };
        self.is_sending.set(true);
        self.error.set(None);
        self.stop_reading();
        spawn_local(async move {
            let answer = messages::send_message(from, parent, text.clone(), params, key).await;
            match answer {
                Ok(turn) => {
                    Unsent::forget(key);
                    browser::count_sent(user);
                    let way = (from, turn.conversation.id);
                    browser::forget_files(user, way, &files);
                    self.accepted(user, origin, way, &text);
                    self.spawn(async move {
                        self.is_sending.set(false);
                        self.turn_started(turn, place).await;
                    });
                }
                Err(error) => {
                    self.is_sending.set(false);
                    if origin == Origin::Queue {
                        self.put_back_in(user, from, text);
                    }
                    self.fail(error);
                }
            }
        });
    }

    /// The server has it: it stands nowhere else any more. `way`: from where to where.
    fn accepted(
        self,
        user: UserId,
        origin: Origin,
        way: (Option<ConversationId>, ConversationId),
        text: &str,
    ) {
        match origin {
            Origin::Box => forget_sent(user, way, text),
            Origin::Queue => {
                let rest = browser::forget_sent_queued(user, way.1, text);
                if self.is_shown(way.0) {
                    self.queued.set(rest);
                }
            }
        }
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
        // A new address would shut the open drawer, and its entry in the history would stay.
        while place.shown.is_none() && browser::is_at_drawer() && browser::is_drawer() {
            browser::sleep(DRAWER_PAUSE).await;
        }
        if !self.is_still_at(place) {
            return; // another conversation is shown by now, or soon
        }
        self.stop_reading();
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
        self.leave_sought();
        self.follow_running();
    }

    /// What this tab did is no change that it has to read.
    fn remember(self, summary: &ConversationSummary, is_sent: bool, answer: &Message) {
        let entries = self.entries.read_untracked();
        let is_new = entries.iter().all(|it| it.id != answer.id);
        self.unseen.update_value(|it| {
            let num_messages = it.read.as_ref().map_or(0, |read| read.num_messages);
            let leaf = it.read.as_ref().and_then(|read| read.leaf);
            let has_branches = it.read.as_ref().is_some_and(|read| read.has_branches);
            it.read = Some(ConversationState {
                summary: summary.clone(),
                leaf: if is_new { Some(answer.id) } else { leaf },
                num_messages: num_messages + u32::from(is_new) + u32::from(is_sent),
                has_branches,
                choices: self.own.get_untracked(),
                instructed_by: it.read.as_ref().and_then(|read| read.instructed_by.clone()),
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
        let shown = self.shown_id();
        self.spawn(async move {
            if let Err(error) = messages::stop_turn(id).await {
                if self.is_shown(shown) {
                    self.want_queued(false);
                }
                self.fail(error);
            } else if self.is_following() {
                browser::sleep(STOPPED).await;
                if untrack(|| self.running()).is_some_and(|it| it.id == id) {
                    self.follow_running();
                }
            } else {
                self.refresh().await;
            }
        });
    }
}

//! Following a running turn until it is over, in the stream that one tab holds for all.

use std::{future::poll_fn, task::Poll, time::Duration};

use futures::future::{AbortHandle, Abortable, LocalBoxFuture};
use leptos::{prelude::*, task::spawn_local};
use server_fn::codec::ByteStream;

use super::state::{Announcement, ChatState, Entry};
use crate::{
    api::{page_build::page_build, tails::tail_turns},
    browser,
    model::{ChatError, MessageStatus, TailStart, Told},
    tab_leader::tails::Given,
    transcript::Applied,
};

/// Keep-alive frames come every 15 s: after this time the connection is dead.
const SILENCE: Duration = Duration::from_secs(40);
/// A request that nobody answers for so long is made anew: the network may hold everything back.
pub(super) const ANSWER: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Asks for the stream of all answers that tabs follow.
pub(super) fn open(
    tails: Vec<TailStart>,
) -> LocalBoxFuture<'static, Result<ByteStream<ChatError>, ChatError>> {
    Box::pin(async move {
        let opened = browser::within(ANSWER, tail_turns(tails)).await;
        opened.unwrap_or_else(|| Err(ChatError::Unreachable(String::new())))
    })
}

/// Why a stream was left.
enum Left {
    Ended,
    EndedAfterGap,
    /// `progress`: it brought frames, so the next pause is short again.
    Lost {
        progress: bool,
    },
    Refused(ChatError),
}

impl ChatState {
    /// Runs until it ends or the page is left: then it stays where it waits, because what it would
    /// change is gone.
    pub(super) fn spawn(self, task: impl Future<Output = ()> + 'static) {
        self.spawn_boxed(Box::pin(task));
    }

    /// One function for all tasks: the program stays small.
    fn spawn_boxed(self, mut task: LocalBoxFuture<'static, ()>) {
        let unseen = self.unseen;
        spawn_local(poll_fn(move |context| {
            if unseen.is_disposed() {
                Poll::Ready(())
            } else {
                task.as_mut().poll(context)
            }
        }));
    }

    /// Follows the running turn of the shown conversation, if there is one.
    pub(super) fn follow_running(self) {
        self.stop_following();
        let running = untrack(|| self.running());
        if let Some(entry) = running {
            let (tail, registration) = AbortHandle::new_pair();
            let following = Abortable::new(self.follow(entry), registration);
            self.unseen.update_value(|it| it.tail = Some(tail));
            self.spawn(async move {
                // Aborted is as good as done.
                let _ = following.await;
            });
        }
    }

    /// Follows no answer any more. The turn goes on.
    pub(super) fn stop_following(self) {
        if let Some(handle) = self.let_go() {
            handle.abort();
        }
    }

    /// The stream is over: nothing is there any more that could be aborted.
    fn let_go(self) -> Option<AbortHandle> {
        let tail = self.unseen.try_update_value(|it| it.tail.take());
        tail.flatten()
    }

    /// An answer is followed, or is about to be again.
    pub(super) fn is_following(self) -> bool {
        let is_open = |handle: &AbortHandle| !handle.is_aborted();
        self.unseen
            .with_value(|it| it.tail.as_ref().is_some_and(is_open))
    }

    async fn follow(self, entry: Entry) {
        self.announcement.set(Some(Announcement::Generating));
        let mut pause = FIRST_PAUSE;
        loop {
            match read_stream(&entry).await {
                Left::Ended => return self.turn_ended(&entry),
                Left::EndedAfterGap => {
                    self.turn_ended(&entry);
                    return self.refresh().await;
                }
                Left::Refused(error) => {
                    self.let_go();
                    return self.fail(error);
                }
                Left::Lost { progress: true } => pause = FIRST_PAUSE,
                Left::Lost { progress: false } => {
                    self.announcement.set(Some(Announcement::Reconnecting));
                    entry.message.update(|it| it.is_lost = true);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            browser::sleep(pause).await;
            let is_there = self.look_for_upgrade().await;
            if self.is_outdated().get_untracked() {
                self.let_go();
                return; // what this page cannot read would come again
            }
            let is_lost = entry.message.read_untracked().is_lost;
            if is_lost && is_there && self.has_ended_unheard(&entry).await {
                self.turn_ended(&entry);
                return self.follow_running(); // another turn, if there is one
            }
        }
    }

    /// No stream comes: the conversation itself may tell that the turn is over.
    async fn has_ended_unheard(self, entry: &Entry) -> bool {
        if let Some(id) = self.shown_id() {
            browser::within(ANSWER, self.look_at(id)).await;
        }
        let running = untrack(|| self.running());
        let is_running = running.is_some_and(|it| it.id == entry.id);
        if is_running {
            entry.message.update(|it| it.is_lost = true); // until a stream comes
        }
        !is_running
    }

    /// A server with another page may send what this one does not understand. False if it does not
    /// answer.
    pub(super) async fn look_for_upgrade(self) -> bool {
        let Some(Ok(build)) = browser::within(ANSWER, page_build()).await else {
            return false;
        };
        if Some(build) != browser::page_build() {
            self.is_outdated().set(true);
        }
        true
    }

    fn turn_ended(self, entry: &Entry) {
        self.let_go();
        let status = entry.message.read_untracked().status;
        self.announcement.set(Some(match status {
            MessageStatus::Failed => Announcement::Failed,
            MessageStatus::Stopped | MessageStatus::Interrupted => Announcement::Stopped,
            MessageStatus::Running | MessageStatus::Finished => Announcement::Complete,
        }));
        self.show_ended();
    }
}

/// Applies one answer's frames as they come, also while the tab is hidden.
async fn read_stream(entry: &Entry) -> Left {
    let message = entry.id;
    let cursor = entry.message.read_untracked().cursor;
    let mut tail = browser::follow_tail(TailStart { message, cursor });
    let mut patience = ANSWER;
    let mut progress = false;
    loop {
        let event = match browser::within(patience, tail.next()).await {
            Some(Given::Told(Told::Event(event))) => Some(event),
            Some(Given::Opened) => None,
            Some(Given::Told(Told::Refused(
                error @ (ChatError::Unauthorized | ChatError::Forbidden | ChatError::NotFound),
            ))) => return Left::Refused(error),
            Some(Given::Lost) => return Left::Lost { progress },
            // The next try may be as silent: it is told before.
            Some(Given::Told(Told::Refused(_))) | None => return Left::Lost { progress: false },
        };
        patience = SILENCE;
        let Some(event) = event else {
            if entry.message.read_untracked().is_lost {
                entry.message.update(|it| it.is_lost = false);
            }
            continue;
        };
        let applied = entry.message.try_update(|it| it.apply(event));
        match applied.unwrap_or(Applied::Ended) {
            Applied::Continue => progress = true,
            Applied::Reconnect => return Left::Lost { progress },
            Applied::Ended => return Left::Ended,
            Applied::EndedAfterGap => return Left::EndedAfterGap,
        }
    }
}

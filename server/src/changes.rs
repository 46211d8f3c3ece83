//! What changes in people's conversations, told to all of their tabs and devices as it happens.
//!
//! Only ids are told: whoever hears of a change asks for what there is now, in a request that is
//! checked like any other. The last changes are kept for whoever comes back after a while; who was
//! away for longer, or comes from before a restart, is told that everything may be different.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, stream};
use hearth_app::model::{Change, ConversationId, Cursor, UserId};
use tokio::sync::watch;

/// Changes that are kept, of all people together.
const NUM_KEPT: usize = 4096;

/// Where changes are told and heard. A copy is a handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Changes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Another one after each start.
    epoch: u64,
    log: Mutex<Log>,
    /// Number of the last change; [`CLOSED`] once the server ends.
    news: watch::Sender<u64>,
}

/// In place of a number: nothing will be told any more.
const CLOSED: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Log {
    /// Number of the last change; they count from 1.
    last: u64,
    kept: VecDeque<(u64, UserId, Change)>,
}

impl Log {
    /// The first one after `seq` that is somebody's.
    fn next_of(&self, user: UserId, seq: u64) -> Option<(u64, Change)> {
        let begin = self.kept.partition_point(|(number, ..)| *number <= seq);
        let mut later = self.kept.range(begin..);
        let (number, _, change) = later.find(|(_, whose, _)| *whose == user)?;
        Some((*number, *change))
    }

    /// Whether all changes after `seq` are still kept.
    fn reaches(&self, seq: u64) -> bool {
        let first = self.kept.front().map_or(self.last + 1, |it| it.0);
        // In this order: somebody else's number may be the largest there is.
        seq <= self.last && seq + 1 >= first
    }
}

impl Changes {
    /// Of a server that starts; `epoch` differs from start to start.
    pub(crate) fn new(epoch: u64) -> Self {
        Self(Arc::new(Shared {
            epoch,
            log: Mutex::default(),
            news: watch::Sender::new(0),
        }))
    }

    /// A conversation is not what it was: its messages, its title, its settings or whether it is
    /// there. Told after it was written.
    pub(crate) fn tell(&self, user: UserId, conversation: ConversationId) {
        self.add(user, Change::Conversation(conversation));
    }

    /// Many conversations of somebody are not what they were.
    pub(crate) fn tell_everything(&self, user: UserId) {
        self.add(user, Change::Everything);
    }

    fn add(&self, user: UserId, change: Change) {
        let last = {
            let mut log = self.log();
            log.last += 1;
            let number = log.last;
            log.kept.push_back((number, user, change));
            if log.kept.len() > NUM_KEPT {
                log.kept.pop_front();
            }
            number
        };
        // Two that tell at once may come here in either order.
        self.0.news.send_if_modified(|known| {
            let is_news = *known != CLOSED && *known < last;
            if is_news {
                *known = last;
            }
            is_news
        });
    }

    /// Nothing is told any more, and whoever listens hears the end.
    pub(crate) fn close(&self) {
        self.0.news.send_replace(CLOSED);
    }

    /// Now: what is read after this moment holds all changes up to it.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            epoch: self.0.epoch,
            seq: self.log().last,
        }
    }

    /// Somebody's changes from a moment on, as they come. The first item says from where on
    /// nothing is missed. Ends when the server does.
    pub(crate) fn since(
        &self,
        user: UserId,
        cursor: Option<Cursor>,
    ) -> impl Stream<Item = (Cursor, Change)> + Send + use<> {
        let (seq, first) = self.beginning(cursor);
        let listener = Listener {
            changes: self.clone(),
            news: self.0.news.subscribe(),
            user,
            seq,
            first: Some(first),
        };
        stream::unfold(listener, |mut listener| async {
            let next = listener.next().await?;
            Some((next, listener))
        })
    }

    /// Where a listener goes on, and what it has to know at first.
    fn beginning(&self, cursor: Option<Cursor>) -> (u64, Change) {
        let log = self.log();
        match cursor {
            None => (log.last, Change::Listening),
            Some(Cursor { epoch, seq }) if epoch == self.0.epoch && log.reaches(seq) => {
                (seq, Change::Listening)
            }
            Some(_) => (log.last, Change::Everything),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing in a locked section can panic half-way.
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Listener {
    changes: Changes,
    news: watch::Receiver<u64>,
    user: UserId,
    seq: u64,
    first: Option<Change>,
}

impl Listener {
    async fn next(&mut self) -> Option<(Cursor, Change)> {
        if let Some(first) = self.first.take() {
            return Some((self.cursor(), first));
        }
        loop {
            // Before the log is read: what comes in between is seen in the next round.
            if *self.news.borrow_and_update() == CLOSED {
                return None;
            }
            let found = {
                let log = self.changes.log();
                let found = if log.reaches(self.seq) {
                    log.next_of(self.user, self.seq)
                } else {
                    Some((log.last, Change::Everything))
                };
                self.seq = found.map_or(log.last, |(number, _)| number);
                found
            };
            if let Some((_, change)) = found {
                return Some((self.cursor(), change));
            }
            self.news.changed().await.ok()?;
        }
    }

    fn cursor(&self) -> Cursor {
        Cursor {
            epoch: self.changes.0.epoch,
            seq: self.seq,
        }
    }
}

#[cfg(test)]
mod tests;

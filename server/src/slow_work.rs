//! The one bounded place for slow work: whatever would hold up a thread that serves requests, or
//! would take its memory as often as somebody asks.
//!
//! Each kind of work has places of its own, so that imports never wait for passwords, nor streams
//! for either. Who finds no place waits in a queue that goes round between people: ten requests of
//! one person hold up another person's by one. A wait has an end, each person's queue a length, and
//! beyond both stands a refusal that says "busy". A place is held until its work is done, also if
//! whoever asked has gone. What the work itself may cost is limited where it is done (such as in
//! `markdown/budget.rs`): a thread cannot be stopped from outside.

mod places;

#[cfg(test)]
mod tests;

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use hearth_app::model::{BusyReason, ChatError, UserId};

pub(crate) use places::Place;
use places::{Limits, Places};

use crate::error::AppError;

/// Bytes of a text that may be read or written as JSON beside serving: that takes less than a
/// millisecond.
pub(crate) const MAX_QUICK_BYTES: usize = 64 << 10;
/// A refused request is worth repeating after that long.
const RETRY_AFTER_S: u32 = 5;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The next picture of an answer that grows. Each answer asks for one at a time, and never in
    /// vain.
    Frame,
    /// Texts of one request: prompts to tokens, answers to HTML, JSON to values.
    Text,
    /// What somebody looks for, in the database and in the texts that were found.
    Search,
    /// A password's hash. Each takes 19 MiB.
    Password,
    /// A document that is written, or a file that is read.
    Document,
    /// A file on its way in, to the disk; slow clients take long.
    Upload,
    /// A file on its way out; slow clients take long.
    Download,
}

impl Kind {
    /// All of them, in the order of their places.
    pub(crate) const ALL: [Self; 7] = [
        Self::Frame,
        Self::Text,
        Self::Search,
        Self::Password,
        Self::Document,
        Self::Upload,
        Self::Download,
    ];

    /// Its name in `/metrics`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Text => "text",
            Self::Search => "search",
            Self::Password => "password",
            Self::Document => "document",
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }

    fn limits(self) -> Limits {
        let num_threads = available_parallelism().map_or(2, usize::from);
        let (at_once, of_one, waiting, patience_s) = match self {
            // More than there are cores: a slow picture shares them with the quick ones.
            Self::Frame => ((4 * num_threads).max(8), usize::MAX, usize::MAX, u64::MAX),
            Self::Text => (num_threads.max(2), usize::MAX, 64, 30),
            // Whoever types asks again before the last answer is there.
            Self::Search => (2, 1, 4, 10),
            Self::Password => (2, usize::MAX, 64, 10),
            // One after the other for each person: two imports of one file are one import.
            Self::Document => (2, 1, 8, 30),
            // Each has a few MiB of memory, and hours on a thin line if its file is large.
            Self::Upload => (16, 1, 0, 0),
            Self::Download => (8, 2, 0, 0),
        };
        Limits {
            at_once,
            of_one,
            waiting,
            patience: Duration::from_secs(patience_s),
        }
    }
}

/// Who asks, and therefore in whose turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    Person(UserId),
    /// Everybody who is not signed in, together.
    Stranger,
}

impl From<UserId> for Asker {
    fn from(user: UserId) -> Self {
        Self::Person(user)
    }
}

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlowWorkError {
    #[error("too much of this kind is being done already")]
    Busy(Kind),
    /// The cause stands in the log.
    #[error("the work ended by a panic")]
    Broken,
}

/// How much is done of a kind, and how much was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) running: u64,
    pub(crate) waiting: u64,
    /// Since the start.
    pub(crate) refused: u64,
}

/// The places of all kinds. Cheap to clone: a clone has the same places.
#[derive(Clone, Debug)]
pub struct SlowWork {
    kinds: Arc<[Arc<Places>; Kind::ALL.len()]>,
}

impl Default for SlowWork {
    fn default() -> Self {
        let kinds = Kind::ALL.map(|kind| Arc::new(Places::new(kind.limits())));
        Self {
            kinds: Arc::new(kinds),
        }
    }
}

impl SlowWork {
    /// Does the work on a thread of its own, once there is a place.
    ///
    /// # Errors
    /// If there was none in time, or the work panicked. A `Frame` is never busy.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: Kind,
        asker: impl Into<Asker>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SlowWorkError> {
        let place = self.place(kind, asker).await?;
        run_in(place, work).await
    }

    /// A place, for work that is more than one piece; dropping it gives it back.
    ///
    /// # Errors
    /// [`SlowWorkError::Busy`] if there is none in time.
    pub(crate) async fn place(
        &self,
        kind: Kind,
        asker: impl Into<Asker>,
    ) -> Result<Place, SlowWorkError> {
        let taken = Places::take(&self.kinds[kind as usize], asker.into()).await;
        taken.ok_or(SlowWorkError::Busy(kind))
    }

    /// What is going on.
    pub(crate) fn load(&self) -> impl Iterator<Item = (Kind, Load)> {
        let loads = self.kinds.each_ref().map(|places| places.load());
        Kind::ALL.into_iter().zip(loads)
    }
}

/// Does the work on a thread of its own, in a place that is held already.
///
/// # Errors
/// [`SlowWorkError::Broken`] if it panicked.
pub(crate) async fn run_in<T: Send + 'static>(
    place: Place,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SlowWorkError> {
    let done = tokio::task::spawn_blocking(move || {
        // Also if the caller has gone meanwhile.
        let _place = place;
        work()
    });
    done.await.map_err(|error| {
        tracing::error!(%error, "slow work ended early: {error}");
        SlowWorkError::Broken
    })
}

impl From<SlowWorkError> for AppError {
    fn from(error: SlowWorkError) -> Self {
        match error {
            SlowWorkError::Busy(kind) => Self::Busy {
                reason: match kind {
                    Kind::Document | Kind::Upload | Kind::Download => BusyReason::WorkersBusy,
                    Kind::Frame | Kind::Text | Kind::Search | Kind::Password => {
                        BusyReason::Overloaded
                    }
                },
                retry_after_s: RETRY_AFTER_S,
            },
            SlowWorkError::Broken => Self::internal(error),
        }
    }
}

impl From<SlowWorkError> for ChatError {
    fn from(error: SlowWorkError) -> Self {
        AppError::from(error).into()
    }
}

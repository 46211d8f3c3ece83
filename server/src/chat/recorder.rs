//! One task writes what all running turns produced, every 200 ms, in one transaction.
//!
//! A write that fails is kept and tried again: turns go on, nothing is dropped, and the page of a
//! finished answer says that it is not saved yet.

mod backlog;

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hearth_app::model::MessageId;
use tokio::sync::{mpsc, oneshot, watch};

use crate::store::{Chunk, FinishedAnswer, Store, StoreError};
use backlog::Backlog;
pub(crate) use backlog::RecorderCondition;

/// From the beginning of one commit to that of the next. With the time that a commit takes and
/// waits, a crash costs at most 250 ms of an answer.
const COMMIT_INTERVAL: Duration = Duration::from_millis(200);
/// Failed writes are tried again this often.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// A new turn waits that long for the answers of an earlier process to be marked.
const RECOVERY_PATIENCE: Duration = Duration::from_secs(3);
/// When the server ends, failed writes are tried so often, this long apart, before they are given
/// up.
const LAST_TRIES: u32 = 3;
const LAST_RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The recorder's handle. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    commands: mpsc::UnboundedSender<Command>,
    unsaved: Unsaved,
    backlog: Backlog,
    is_recovered: watch::Receiver<bool>,
}

/// Finished answers that are not in the database yet.
type Unsaved = Arc<Mutex<HashSet<MessageId>>>;

#[derive(Debug)]
enum Command {
    Append {
        message: MessageId,
        chunk: Chunk,
    },
    Finish {
        answer: Box<FinishedAnswer>,
        /// Whether the first try was a success.
        saved: oneshot::Sender<bool>,
    },
    /// An answer whose task is gone: what was recorded of it is all there is.
    Break {
        message: MessageId,
        closed: oneshot::Sender<()>,
    },
    ShutDown {
        done: oneshot::Sender<()>,
    },
}

impl Recorder {
    /// Starts the task. It first marks what an earlier process left running as interrupted.
    pub(super) fn start(store: Store) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        let (recovered, is_recovered) = watch::channel(false);
        let (unsaved, backlog) = (Unsaved::default(), Backlog::default());
        let task = RecorderTask {
            store,
            unsaved: Arc::clone(&unsaved),
            backlog: backlog.clone(),
            running: HashMap::new(),
            finished: Vec::new(),
            broken: Vec::new(),
            is_failing: false,
        };
        tokio::spawn(task.run(received, recovered));
        Self {
            commands,
            unsaved,
            backlog,
            is_recovered,
        }
    }

    /// Waits until no answer of an earlier process is left running. False: that takes too long,
    /// because the database cannot be written.
    pub(super) async fn recovered(&self) -> bool {
        let mut is_recovered = self.is_recovered.clone();
        let recovered = is_recovered.wait_for(|&recovered| recovered);
        let recovered = tokio::time::timeout(RECOVERY_PATIENCE, recovered).await;
        matches!(recovered, Ok(Ok(_)))
    }

    /// New text, reasoning, steps and ids of a running answer; the recorder numbers them.
    pub(super) fn append(&self, message: MessageId, chunk: Chunk) {
        self.send(Command::Append { message, chunk });
    }

    /// Writes the end of an answer at once. False: not yet, it will be tried again.
    pub(super) async fn finish(&self, answer: FinishedAnswer) -> bool {
        lock(&self.unsaved).insert(answer.message);
        let (saved, is_saved) = oneshot::channel();
        self.send(Command::Finish {
            answer: Box::new(answer),
            saved,
        });
        is_saved.await.unwrap_or(false)
    }

    /// Ends an answer whose task is gone as failed, with all that was appended. Resolves when that
    /// is in the database.
    pub(super) async fn end_broken(&self, message: MessageId) {
        lock(&self.unsaved).insert(message);
        let (closed, is_closed) = oneshot::channel();
        self.send(Command::Break { message, closed });
        // An error means that the server ends.
        let _ended = is_closed.await;
    }

    /// Whether a finished answer is not in the database yet.
    pub(super) fn is_unsaved(&self, message: MessageId) -> bool {
        lock(&self.unsaved).contains(&message)
    }

    /// How far the disk is behind.
    pub(super) fn condition(&self) -> RecorderCondition {
        self.backlog.condition()
    }

    /// Writes what is left and ends the task.
    pub(super) async fn shut_down(&self) {
        let (done, is_done) = oneshot::channel();
        self.send(Command::ShutDown { done });
        // An error means that the task has ended already.
        let _ended = is_done.await;
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the recorder has ended; an answer is not written");
        }
    }
}

struct RecorderTask {
    store: Store,
    unsaved: Unsaved,
    backlog: Backlog,
    running: HashMap<MessageId, Chunk>,
    finished: Vec<FinishedAnswer>,
    broken: Vec<(MessageId, oneshot::Sender<()>)>,
    is_failing: bool,
}

impl RecorderTask {
    async fn run(
        mut self,
        mut received: mpsc::UnboundedReceiver<Command>,
        recovered: watch::Sender<bool>,
    ) {
        self.recover().await;
        recovered.send_replace(true);
        let mut next_commit = tokio::time::Instant::now() + COMMIT_INTERVAL;
        loop {
            let command = tokio::select! {
                command = received.recv() => command,
                () = tokio::time::sleep_until(next_commit) => {
                    let begun = tokio::time::Instant::now();
                    self.commit().await;
                    next_commit = if self.is_failing {
                        tokio::time::Instant::now() + RETRY_INTERVAL
                    } else {
                        begun + COMMIT_INTERVAL
                    };
                    continue;
                }
            };
            match command {
                Some(Command::Append { message, chunk }) => self.append(message, chunk),
                Some(Command::Finish { answer, saved }) => {
                    let message = answer.message;
                    self.finish(*answer).await;
                    let is_saved = !lock(&self.unsaved).contains(&message);
                    // Nobody listens if the turn's patience ended first.
                    let _ignored = saved.send(is_saved);
                }
                Some(Command::Break { message, closed }) => {
                    self.broken.push((message, closed));
                    self.commit().await;
                }
                Some(Command::ShutDown { done }) => {
                    self.write_rest().await;
                    let _ignored = done.send(());
                    return;
                }
                None => return self.write_rest().await,
            }
        }
    }

    async fn recover(&self) {
        loop {
            match self.store.interrupt_unfinished().await {
                Ok(0) => return,
                Ok(number) => {
                    tracing::info!(number, "{number} unfinished answers became interrupted");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "cannot mark unfinished answers: {error}");
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    fn append(&mut self, message: MessageId, more: Chunk) {
        self.backlog.begins();
        let chunk = self.running.entry(message).or_default();
        chunk.text.push_str(&more.text);
        chunk.reasoning.push_str(&more.reasoning);
        chunk.reasoning_ms = chunk.reasoning_ms.max(more.reasoning_ms);
        chunk.steps.extend(more.steps);
        chunk.token_ids.extend(more.token_ids);
    }

    async fn finish(&mut self, answer: FinishedAnswer) {
        // The whole answer is written: its last chunk is not needed.
        self.running.remove(&answer.message);
        self.backlog.begins();
        self.finished.push(answer);
        self.commit().await;
    }

    async fn commit(&mut self) {
        self.write_waiting().await;
        let chunks_wait = self.running.values().any(|chunk| !chunk.is_empty());
        if !chunks_wait && self.finished.is_empty() && self.broken.is_empty() {
            self.backlog.ends();
        }
    }

    async fn write_waiting(&mut self) {
        for chunk in self.running.values_mut().filter(|chunk| chunk.seq == 0) {
            chunk.seq = 1;
        }
        let chunks = self.running.iter().filter(|(_, chunk)| !chunk.is_empty());
        let chunks: Vec<_> = chunks.map(|(&message, chunk)| (message, chunk)).collect();
        if !(chunks.is_empty() && self.finished.is_empty()) {
            match self.store.record(chunks.into_iter(), &self.finished).await {
                Ok(()) => self.forget_written(),
                Err(error) if error.is_write_refused() => return self.keep_for_retry(&error),
                Err(error) => self.commit_apart(&error).await,
            }
        }
        self.close_broken().await;
    }

    /// Writes each answer in a transaction of its own: one that the database refuses must not hold
    /// up the others. It is kept and tried again.
    async fn commit_apart(&mut self, error: &StoreError) {
        self.backlog.failed();
        tracing::error!(%error, "answers are saved one by one, the database refused: {error}");
        let mut num_written = 0;
        for (&message, chunk) in &mut self.running {
            if chunk.is_empty() {
                continue;
            }
            let written = self
                .store
                .record([(message, &*chunk)].into_iter(), &[])
                .await;
            match written {
                Ok(()) => {
                    chunk.seq += 1;
                    chunk.clear();
                    num_written += 1;
                }
                Err(error) => {
                    tracing::error!(message.id = %message, %error, "not saved yet: {error}");
                }
            }
        }
        for answer in mem::take(&mut self.finished) {
            let written = self
                .store
                .record([].into_iter(), std::slice::from_ref(&answer));
            if let Err(error) = written.await {
                tracing::error!(message.id = %answer.message, %error, "not saved yet: {error}");
                self.finished.push(answer);
            } else {
                lock(&self.unsaved).remove(&answer.message);
                num_written += 1;
            }
        }
        // Alone, an answer waits as for a full disk; beside others it costs them one try.
        self.is_failing = num_written == 0;
    }

    /// Folds what was recorded of answers whose task is gone.
    async fn close_broken(&mut self) {
        for (message, closed) in mem::take(&mut self.broken) {
            // Chunks that could not be written yet are part of it.
            let is_waiting = self.running.get(&message).is_some_and(|it| !it.is_empty());
            if is_waiting {
                self.broken.push((message, closed));
                continue;
            }
            match self.store.end_broken(message).await {
                Ok(()) => {
                    self.running.remove(&message);
                    lock(&self.unsaved).remove(&message);
                    self.is_failing = false;
                    // Nobody listens if the turn's patience ended first.
                    let _ignored = closed.send(());
                }
                Err(error) => {
                    self.keep_for_retry(&error);
                    self.broken.push((message, closed));
                }
            }
        }
    }

    fn forget_written(&mut self) {
        for chunk in self.running.values_mut() {
            if !chunk.is_empty() {
                chunk.seq += 1;
                chunk.clear();
            }
        }
        let mut unsaved = lock(&self.unsaved);
        for answer in mem::take(&mut self.finished) {
            unsaved.remove(&answer.message);
        }
        if mem::take(&mut self.is_failing) {
            tracing::info!("answers are saved again");
        }
    }

    fn keep_for_retry(&mut self, error: &StoreError) {
        self.backlog.failed();
        if !mem::replace(&mut self.is_failing, true) {
            tracing::error!(%error, "answers cannot be saved, trying again: {error}");
        }
    }

    async fn write_rest(&mut self) {
        for _ in 0..LAST_TRIES {
            self.commit().await;
            if !self.is_failing {
                return;
            }
            tokio::time::sleep(LAST_RETRY_INTERVAL).await;
        }
        let number = self.finished.len();
        tracing::error!(
            number,
            "the server ends with {number} answers that were not saved"
        );
    }
}

fn lock(unsaved: &Unsaved) -> MutexGuard<'_, HashSet<MessageId>> {
    // Each change is a single call: a panic leaves nothing half done.
    unsaved.lock().unwrap_or_else(PoisonError::into_inner)
}

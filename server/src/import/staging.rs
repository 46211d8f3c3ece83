//! The rows of an import, put aside in short transactions between which the next conversations are
//! parsed. For threads that may block.

use std::{
    collections::VecDeque,
    thread,
    time::{Duration, Instant},
};

use hearth_app::model::ImportCounts;
use tokio::runtime::Handle;

use super::ImportError;
use crate::{
    store::{IncomingConversation, Room, RunningImport, Staged, Store, StoredTree},
    upkeep,
};

/// Most bytes of a transaction, roughly; a longer message is alone in one.
const MAX_BYTES: usize = 1 << 20;
/// Between two transactions everybody else may write. Within this program the writer is given in
/// turn; another one looks every 25 ms whether it is free (`sqlite3_busy_timeout`).
pub(super) const PAUSE: Duration = Duration::from_millis(30);

/// Conversations that wait for the next transaction.
pub(super) struct Stager<'a> {
    store: &'a Store,
    import: &'a RunningImport,
    counts: ImportCounts,
    waiting: VecDeque<IncomingConversation>,
    /// Rows of the next transaction.
    limit: u32,
    /// Before the next transaction.
    pause: Duration,
}

impl<'a> Stager<'a> {
    pub(super) fn new(store: &'a Store, import: &'a RunningImport) -> Self {
        Self {
            store,
            import,
            counts: ImportCounts::default(),
            waiting: VecDeque::new(),
            limit: upkeep::FIRST_ROWS,
            pause: Duration::ZERO,
        }
    }

    /// Takes a conversation and writes whatever fills a transaction.
    pub(super) fn add(&mut self, tree: StoredTree) -> Result<(), ImportError> {
        let shares = tree.shares.iter().map(|share| share.id);
        let plan = self.store.plan_import(self.import.user(), tree.id, shares);
        let plan = Handle::current().block_on(plan)?;
        let ids = tree.messages.iter().map(|message| message.id);
        plan.count(ids, &mut self.counts);
        let Some(incoming) = IncomingConversation::new(tree, &plan) else {
            return Ok(());
        };
        self.waiting.push_back(incoming);
        while self.is_due() {
            self.write()?;
        }
        Ok(())
    }

    /// Writes what is left. Returns what the whole import does.
    pub(super) fn finish(mut self) -> Result<ImportCounts, ImportError> {
        while !self.waiting.is_empty() {
            self.write()?;
        }
        Ok(self.counts)
    }

    fn write(&mut self) -> Result<(), ImportError> {
        thread::sleep(self.pause);
        let took = Handle::current().block_on(self.write_transaction())?;
        self.limit = upkeep::next_limit(self.limit, took);
        self.pause = took.max(PAUSE);
        Ok(())
    }

    /// Returns how long it held the writer.
    async fn write_transaction(&mut self) -> Result<Duration, ImportError> {
        let mut room = Room {
            rows: self.limit as usize,
            bytes: MAX_BYTES,
        };
        let mut apart = room;
        for incoming in &mut self.waiting {
            incoming.take_apart(&mut apart);
        }
        let begun = self.store.begin_staging(self.import).await?;
        let mut transaction = begun.ok_or_else(ImportError::changed_meanwhile)?;
        let started = Instant::now();
        while let Some(incoming) = self.waiting.front_mut() {
            match transaction.stage(incoming, &mut room).await? {
                Staged::Complete => drop(self.waiting.pop_front()),
                Staged::Partly => {}
                Staged::ParentGone => return Err(ImportError::changed_meanwhile()),
            }
            if room.is_full() {
                break;
            }
        }
        transaction.commit().await?;
        Ok(started.elapsed())
    }

    /// Whether what waits fills a transaction.
    fn is_due(&self) -> bool {
        let weights = self.waiting.iter().map(IncomingConversation::weight);
        let (rows, bytes) = weights.fold((0, 0), |(rows, bytes), it| {
            (rows + it.rows, bytes + it.bytes)
        });
        rows >= self.limit as usize || bytes >= MAX_BYTES
    }
}

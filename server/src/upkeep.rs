//! What time does by itself: deleted things go for good, ended things are removed, and the file of
//! the database stays in shape. One task; nothing else in the server waits for a date.
//!
//! A run takes the time it is told as now, so a test can say that a month has passed. Times in the
//! database are compared with it and with nothing else: a clock that is set back only makes things
//! wait, and a date that no sound clock can have given is taken for today's.

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hearth_app::model::{UpkeepJob, UserId};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
};

use crate::{
    accounts::session,
    backup::{BackupError, Backups},
    chat::ChatServer,
    store::{FileState, JobRun, Progress, Store, StoreError, now_ms},
    uploads::{UploadError, Uploads},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Something deleted waits in the trash that long, and an exported file is kept (30 days).
pub(crate) const KEPT_MS: i64 = 30 * DAY_MS;
/// A file waits that long for its import, or its report to be read, or for its message.
pub(crate) const UPLOAD_KEPT_MS: i64 = DAY_MS;
/// An import puts rows aside several times a second; one that has not for so long was cut off.
pub(crate) const IMPORT_SILENCE_MS: i64 = 2 * 60 * 1000;
/// A page that sends the same message again does so sooner than this.
const KEYS_KEPT_MS: i64 = 7 * DAY_MS;
/// A clock may be set back by a day; dates further ahead come from one that was wrong.
pub(crate) const AHEAD_MS: i64 = 2 * DAY_MS;
/// The first run leaves the start to those who wait for their pages.
const FIRST_RUN_AFTER: Duration = Duration::from_secs(20);
const PERIOD: Duration = Duration::from_hours(1);
/// Long copies can be found after this time.
const INDEX_PERIOD: Duration = Duration::from_mins(1);
/// A step is made smaller when it holds the only writer longer than this.
const STEP_TIME: Duration = Duration::from_millis(25);
/// Rows of a step: at least, at first, at most.
const FEWEST_ROWS: u32 = 8;
pub(crate) const FIRST_ROWS: u32 = 32;
const MOST_ROWS: u32 = 256;

/// The task and its jobs.
#[derive(Debug)]
pub struct Upkeep {
    store: Store,
    chat: Arc<ChatServer>,
    backups: Arc<Backups>,
    uploads: Arc<Uploads>,
    woken: Notify,
    /// Two runs at once would only be in each other's way.
    running: Mutex<()>,
}

/// What stopped a job.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Upload(#[from] UploadError),
}

/// One short piece of a job.
#[derive(Clone, Copy, Debug)]
enum Step {
    CondemnOld,
    GiveSilentImportsUp,
    DeadImports,
    DecidedImports,
    RemoveBranches,
    PurgeCondemned,
    CondemnAllOf(UserId),
    PurgeAccount(UserId),
    Sessions,
    Links,
    Export,
    Upload,
    UnsentFiles,
    LooseFile,
    Keys,
    Space,
    Backlog,
}

impl Upkeep {
    /// The upkeep of a store. Nothing runs by itself before [`Upkeep::start`].
    pub fn new(
        store: Store,
        chat: Arc<ChatServer>,
        backups: Arc<Backups>,
        uploads: Arc<Uploads>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            chat,
            backups,
            uploads,
            woken: Notify::new(),
            running: Mutex::new(()),
        })
    }

    /// Makes the file fit, once, before anybody is served. A failure is logged: the server works
    /// with the file as it is.
    pub async fn prepare(store: &Store) {
        match store.make_fit().await {
            Ok(FileState::Fit) => {}
            Ok(FileState::TooLarge { num_bytes }) => tracing::warn!(
                num_bytes,
                "the database was made by an older program and keeps its size when things are \
                 deleted. To change that, stop the server and run: \
                 sqlite3 hearth.db 'pragma auto_vacuum = incremental; vacuum'"
            ),
            Err(error) => tracing::warn!(%error, "the database stays as it is: {error}"),
        }
    }

    /// Runs shortly after the start, then every hour, and when it is woken; copies are made when
    /// they are due. Must be called within a Tokio runtime.
    pub fn start(self: &Arc<Self>) -> JoinHandle<()> {
        let upkeep = Arc::clone(self);
        tokio::spawn(async move {
            // A copy of a large database takes as long as it takes, and holds nothing else up.
            tokio::join!(upkeep.remove_on(), upkeep.copy_on(), upkeep.index_on());
        })
    }

    async fn remove_on(&self) {
        // Waiting counts seconds that pass, whatever the clock on the wall says.
        let mut wait = FIRST_RUN_AFTER;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.woken.notified() => {}
            }
            self.remove(now_ms()).await;
            wait = PERIOD;
        }
    }

    async fn copy_on(&self) {
        let mut wait = FIRST_RUN_AFTER;
        loop {
            tokio::time::sleep(wait).await;
            self.perform(UpkeepJob::Backups, now_ms()).await;
            let now = now_ms();
            let due = u64::try_from(self.backups.next_due(now) - now).unwrap_or_default();
            // One that failed is tried again within the hour.
            wait = PERIOD.min(Duration::from_millis(due));
        }
    }

    /// What was written before there was an index, and long copies, can be found after a while.
    async fn index_on(&self) {
        let mut wait = FIRST_RUN_AFTER;
        loop {
            tokio::time::sleep(wait).await;
            if let Err(error) = self.index_backlog().await {
                tracing::warn!(%error, "some messages are not indexed yet: {error}");
            }
            wait = INDEX_PERIOD;
        }
    }

    async fn index_backlog(&self) -> Result<(), StoreError> {
        let mut num_indexed = 0;
        self.repeat(Step::Backlog, now_ms(), &mut num_indexed)
            .await?;
        if num_indexed > 0 {
            tracing::info!(num_indexed, "what waited for the index can be found now");
        }
        Ok(())
    }

    /// Something is to be removed for good now rather than within the hour.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Does every job once, as of `now` (milliseconds UTC).
    pub async fn run(&self, now: i64) {
        if let Err(error) = self.index_backlog().await {
            tracing::warn!(%error, "some messages are not indexed yet: {error}");
        }
        self.remove(now).await;
        self.perform(UpkeepJob::Backups, now).await;
    }

    /// Every job but copies. One that fails does not keep the next from its work.
    async fn remove(&self, now: i64) {
        let _one_at_a_time = self.running.lock().await;
        for job in UpkeepJob::ALL {
            if job != UpkeepJob::Backups {
                self.perform(job, now).await;
            }
        }
    }

    async fn perform(&self, job: UpkeepJob, now: i64) {
        let mut num_removed = 0;
        let done = self.carry_out(job, now, &mut num_removed).await;
        if let Err(error) = &done {
            tracing::warn!(%error, ?job, "a job of the upkeep failed: {error}");
        } else if num_removed > 0 {
            tracing::info!(
                num_removed,
                ?job,
                "the upkeep removed {num_removed}: {job:?}"
            );
        }
        let run = JobRun {
            job,
            ran_at: now,
            num_removed,
            error: done.err().map(|error| error.to_string()),
        };
        if let Err(error) = self.store.note_run(&run).await {
            tracing::warn!(%error, "a run of the upkeep was not noted: {error}");
        }
    }

    async fn carry_out(
        &self,
        job: UpkeepJob,
        now: i64,
        num_removed: &mut u64,
    ) -> Result<(), JobError> {
        let steps: &[Step] = match job {
            UpkeepJob::Conversations => &[
                Step::CondemnOld,
                Step::GiveSilentImportsUp,
                Step::DeadImports,
                Step::DecidedImports,
                Step::RemoveBranches,
                Step::PurgeCondemned,
            ],
            UpkeepJob::Accounts => {
                return Ok(self.remove_accounts(now, num_removed).await?);
            }
            UpkeepJob::Sessions => &[Step::Sessions, Step::Links],
            UpkeepJob::Exports => &[Step::Export],
            UpkeepJob::Uploads => {
                for step in [Step::Upload, Step::UnsentFiles, Step::LooseFile] {
                    self.repeat(step, now, num_removed).await?;
                }
                // And files whose rows have gone with something else.
                return Ok(self.uploads.sweep().await?);
            }
            UpkeepJob::Keys => &[Step::Keys],
            UpkeepJob::File => {
                self.forget_words().await?;
                self.store.optimize().await?;
                self.repeat(Step::Space, now, num_removed).await?;
                // A log that somebody reads from is cut the next time.
                self.store.cut_log().await?;
                return Ok(());
            }
            UpkeepJob::Backups => {
                // What was removed before is not in it.
                let made = self.backups.make_if_due(now).await;
                *num_removed += self.backups.rotate(now).await?;
                made?;
                // While it was made, the log could only grow.
                self.store.cut_log().await?;
                return Ok(());
            }
        };
        for &step in steps {
            self.repeat(step, now, num_removed).await?;
        }
        Ok(())
    }

    async fn remove_accounts(&self, now: i64, num_removed: &mut u64) -> Result<(), StoreError> {
        for user in self.store.removed_accounts().await? {
            self.chat.end_turns_of(user);
            let mut num_conversations = 0;
            for step in [Step::CondemnAllOf(user), Step::PurgeCondemned] {
                self.repeat(step, now, &mut num_conversations).await?;
            }
            self.repeat(Step::PurgeAccount(user), now, num_removed)
                .await?;
        }
        Ok(())
    }

    /// Writes the index of all texts anew if something has gone out of it: until then its words are
    /// still in the file, though nobody finds them.
    async fn forget_words(&self) -> Result<(), StoreError> {
        let number = self.store.num_forgettable().await?;
        if number == 0 {
            return Ok(());
        }
        let mut begins = true;
        loop {
            let begun = Instant::now();
            if !self.store.forget_words(begins).await? {
                break;
            }
            begins = false;
            tokio::time::sleep(begun.elapsed()).await;
        }
        self.store.note_forgotten(number).await
    }

    /// Goes on with a message whose removal was cut off.
    async fn remove_branches(&self, limit: u32) -> Result<Progress, StoreError> {
        let Some(branch) = self.store.doomed_branch().await? else {
            return Ok(Progress::default());
        };
        let removed = self.store.remove_branch(&branch, limit).await?;
        for answer in removed.running {
            let (user, conversation) = (branch.user, branch.conversation);
            self.chat.end_removed(user, conversation, answer).await;
        }
        if removed.number == 0 {
            self.store.end_removal(&branch).await?;
            return Ok(Progress::beside(1));
        }
        Ok(Progress::beside(
            u64::try_from(removed.number).unwrap_or(u64::MAX),
        ))
    }

    /// Takes a step until nothing is left. Between two steps everybody else may write.
    async fn repeat(&self, step: Step, now: i64, num_removed: &mut u64) -> Result<(), StoreError> {
        let mut limit = FIRST_ROWS;
        loop {
            let begun = Instant::now();
            let progress = self.step(step, now, limit).await?;
            *num_removed += progress.num_removed;
            if progress.num_rows == 0 {
                return Ok(());
            }
            let took = begun.elapsed();
            limit = next_limit(limit, took);
            tokio::time::sleep(took).await;
        }
    }

    async fn step(&self, step: Step, now: i64, limit: u32) -> Result<Progress, StoreError> {
        let (store, future) = (&self.store, now + AHEAD_MS);
        let oldest = now - KEPT_MS;
        match step {
            Step::CondemnOld => store.condemn_old(now, oldest, future, limit).await,
            Step::GiveSilentImportsUp => {
                let oldest = now - IMPORT_SILENCE_MS;
                let given_up = store.give_silent_imports_up(oldest, future).await;
                given_up.map(Progress::beside)
            }
            Step::DeadImports => store.purge_dead_imports(limit).await,
            Step::DecidedImports => store.reveal_decided().await.map(Progress::beside),
            Step::RemoveBranches => self.remove_branches(limit).await,
            Step::PurgeCondemned => store.purge_condemned(limit).await,
            Step::CondemnAllOf(user) => store.condemn_all_of(user, limit).await,
            Step::PurgeAccount(user) => store.purge_account(user).await,
            Step::Sessions => {
                let idle_since = now - session::IDLE_MS;
                store.purge_sessions(now, idle_since, future, limit).await
            }
            Step::Links => store.purge_links(now, future, limit).await,
            Step::Export => store.purge_export(now, oldest, future).await,
            Step::Upload => store.purge_upload(now - UPLOAD_KEPT_MS, future).await,
            Step::UnsentFiles => {
                let oldest = now - UPLOAD_KEPT_MS;
                store.purge_unsent_files(oldest, future, limit).await
            }
            Step::LooseFile => store.purge_loose_file().await,
            Step::Keys => store.purge_keys(now - KEYS_KEPT_MS, future, limit).await,
            Step::Space => store.give_space_back(limit).await.map(counted),
            Step::Backlog => store.index_backlog(limit).await.map(counted),
        }
    }
}

/// All that a step touched is what it was for.
const fn counted(num_rows: u64) -> Progress {
    Progress {
        num_rows,
        num_removed: num_rows,
    }
}

/// Rows of the next step, after one that took so long.
pub(crate) fn next_limit(limit: u32, took: Duration) -> u32 {
    let next = if took > STEP_TIME {
        limit / 2
    } else if took < STEP_TIME / 2 {
        limit * 2
    } else {
        limit
    };
    next.clamp(FEWEST_ROWS, MOST_ROWS)
}

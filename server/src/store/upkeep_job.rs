//! Rows of `upkeep_job`: the last run of each job of the upkeep.

use hearth_app::model::UpkeepJob;

use super::{
    Store, StoreError,
    message::{to_word, word},
};

/// A run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobRun {
    pub(crate) job: UpkeepJob,
    /// When it ended, milliseconds UTC.
    pub(crate) ran_at: i64,
    pub(crate) num_removed: u64,
    /// What stopped it.
    pub(crate) error: Option<String>,
}

/// A job with its last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredJob {
    pub(crate) last: JobRun,
    /// By all runs.
    pub(crate) total_removed: u64,
}

impl Store {
    /// Notes a run in place of the one before.
    pub(crate) async fn note_run(&self, run: &JobRun) -> Result<(), StoreError> {
        let name = to_word(run.job);
        let num_removed = i64::try_from(run.num_removed).unwrap_or(i64::MAX);
        sqlx::query!(
            "
            insert into upkeep_job (name, ran_at, num_removed, total_removed, error)
            values (?, ?, ?, ?, ?)
            on conflict (name) do update
            set ran_at = excluded.ran_at,
                num_removed = excluded.num_removed,
                total_removed = total_removed + excluded.num_removed,
                error = excluded.error
            ",
            name,
            run.ran_at,
            num_removed,
            num_removed,
            run.error,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// All jobs that ever ran. Those of a newer program are left out.
    pub(crate) async fn upkeep_jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        let rows =
            sqlx::query!("select name, ran_at, num_removed, total_removed, error from upkeep_job")
                .fetch_all(&self.readers)
                .await?;
        let jobs = rows.into_iter().filter_map(|row| {
            Some(StoredJob {
                last: JobRun {
                    job: word(&row.name, "name").ok()?,
                    ran_at: row.ran_at,
                    num_removed: u64::try_from(row.num_removed).unwrap_or_default(),
                    error: row.error,
                },
                total_removed: u64::try_from(row.total_removed).unwrap_or_default(),
            })
        });
        Ok(jobs.collect())
    }
}

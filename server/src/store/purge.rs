//! Removing for good. Every function is one short step, so that answers, which are written four
//! times a second by the same connection, never wait long; the upkeep repeats it until nothing is
//! left.

use hearth_app::model::UserId;
use sqlx::types::Uuid;

use super::{Store, StoreError, file::remove_some_of};

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Rows that were touched; 0: there is nothing left to do.
    pub(crate) num_rows: u64,
    /// What people would count: conversations, files, sessions.
    pub(crate) num_removed: u64,
}

impl Progress {
    /// Rows that nobody counts.
    pub(crate) const fn beside(num_rows: u64) -> Self {
        Self {
            num_rows,
            num_removed: 0,
        }
    }

    pub(super) const fn of(num_rows: u64) -> Self {
        Self {
            num_rows,
            num_removed: num_rows,
        }
    }
}

impl Store {
    /// Removes sessions that have ended, and those that a clock that ran ahead made or touched.
    pub(crate) async fn purge_sessions(
        &self,
        now: i64,
        idle_since: i64,
        future: i64,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let deleted = sqlx::query!(
            "
            delete from session
            where rowid in (
                select rowid
                from session
                where expires_at <= ?
                    or last_seen_at <= ?
                    or created_at > ?
                    or last_seen_at > ?
                limit ?
            )
            ",
            now,
            idle_since,
            future,
            future,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::of(deleted.rows_affected()))
    }

    /// Removes links with which nobody can choose a password any more.
    pub(crate) async fn purge_links(
        &self,
        now: i64,
        future: i64,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let deleted = sqlx::query!(
            "
            delete from one_time_link
            where rowid in (
                select rowid
                from one_time_link
                where expires_at <= ? or created_at > ?
                limit ?
            )
            ",
            now,
            future,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::of(deleted.rows_affected()))
    }

    /// Lets go of one exported file that was made until `oldest`; its line stays.
    pub(crate) async fn purge_export(
        &self,
        now: i64,
        oldest: i64,
        future: i64,
    ) -> Result<Progress, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "update export set created_at = ? where content is not null and created_at > ?",
            now,
            future,
        )
        .execute(&mut *transaction)
        .await?;
        let done = sqlx::query!(
            "
            update export
            set content = null
            where id in (
                select id
                from export
                where content is not null and created_at <= ?
                limit 1
            )
            ",
            oldest,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Progress::of(done.rows_affected()))
    }

    /// Removes one file that nobody imported, or the report of one that somebody did.
    pub(crate) async fn purge_upload(
        &self,
        oldest: i64,
        future: i64,
    ) -> Result<Progress, StoreError> {
        let deleted = sqlx::query!(
            "
            delete from upload
            where user_id in (
                select user_id
                from upload
                where created_at <= ? or created_at > ?
                limit 1
            )
            ",
            oldest,
            future,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::of(deleted.rows_affected()))
    }

    /// Forgets the keys of messages that nobody sends again.
    pub(crate) async fn purge_keys(
        &self,
        oldest: i64,
        future: i64,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let deleted = sqlx::query!(
            "
            delete from idempotency_key
            where (user_id, key) in (
                select user_id, key
                from idempotency_key
                where created_at <= ? or created_at > ?
                limit ?
            )
            ",
            oldest,
            future,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::of(deleted.rows_affected()))
    }

    /// Accounts that are being removed.
    pub(crate) async fn removed_accounts(&self) -> Result<Vec<UserId>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"select id as "id: Uuid" from user where removed_at is not null"#
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(UserId::new).collect())
    }

    /// Removes one thing of an account that is being removed: an exported file, a piece of one that
    /// was added to a message, and at last the account itself, once it has no conversations. The
    /// rest of its rows go with it.
    pub(crate) async fn purge_account(&self, user: UserId) -> Result<Progress, StoreError> {
        let user = user.as_uuid();
        let mut transaction = self.begin().await?;
        let exported = sqlx::query!(
            "
            delete from export
            where id in (
                select e.id
                from export e
                join user u on u.id = e.user_id
                where u.id = ? and u.removed_at is not null
                limit 1
            )
            ",
            user,
        )
        .execute(&mut *transaction)
        .await?;
        let mut progress = Progress {
            num_rows: exported.rows_affected(),
            num_removed: 0,
        };
        if progress.num_rows == 0 {
            let files = remove_some_of(&mut transaction, user).await?;
            progress.num_rows = files.num_rows;
        }
        if progress.num_rows == 0 {
            let removed = sqlx::query!(
                "
                delete from user
                where id = ?
                    and removed_at is not null
                    and not exists (select 1 from conversation c where c.user_id = user.id)
                ",
                user,
            )
            .execute(&mut *transaction)
            .await?;
            progress = Progress::of(removed.rows_affected());
        }
        transaction.commit().await?;
        Ok(progress)
    }
}

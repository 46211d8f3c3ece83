//! Removing for good. Every function is one short step, so that answers, which are written four
//! times a second by the same connection, never wait long; the upkeep repeats it until nothing is
//! left.

use hearth_app::model::UserId;
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError};

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

    const fn of(num_rows: u64) -> Self {
        Self {
            num_rows,
            num_removed: num_rows,
        }
    }
}

impl Store {
    /// Takes conversations out of the trash that were put there until `oldest`: they cannot come
    /// back from now on. Those with a date after `future` were deleted by a clock that ran ahead:
    /// their time begins `now`.
    pub(crate) async fn condemn_old(
        &self,
        now: i64,
        oldest: i64,
        future: i64,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "update conversation set deleted_at = ? where deleted_at > ?",
            now,
            future,
        )
        .execute(&mut *transaction)
        .await?;
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = 0, source_id = null, title = ''
            where id in (
                select id
                from conversation
                where deleted_at > 0 and deleted_at <= ?
                limit ?
            )
            ",
            oldest,
            limit,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Progress::beside(done.rows_affected()))
    }

    /// Removes condemned conversations with all that belongs to them, `limit` rows at most.
    pub(crate) async fn purge_condemned(&self, limit: u32) -> Result<Progress, StoreError> {
        let mut transaction = self.begin().await?;
        let mut progress = Progress::default();
        while progress.num_rows < u64::from(limit) {
            // What an import has put aside, or continues, waits until the import has ended.
            let condemned = sqlx::query_scalar!(
                r#"
                select id as "id: Uuid"
                from conversation
                where deleted_at = 0
                    and not exists (
                        select 1 from import_staged s where s.conversation_id = conversation.id
                    )
                    and not exists (
                        select 1 from import_staged s where s.target_id = conversation.id
                    )
                limit 1
                "#
            )
            .fetch_optional(&mut *transaction)
            .await?;
            let Some(conversation) = condemned else { break };
            let left = i64::from(limit) - i64::try_from(progress.num_rows).unwrap_or(i64::MAX);
            let num_parts = remove_parts(&mut transaction, conversation, left).await?;
            progress.num_rows += num_parts;
            if num_parts == 0 {
                sqlx::query!("delete from conversation where id = ?", conversation)
                    .execute(&mut *transaction)
                    .await?;
                progress.num_rows += 1;
                progress.num_removed += 1;
            }
        }
        transaction.commit().await?;
        Ok(progress)
    }

    /// Removes what imports put aside that were given up, `limit` rows at most.
    pub(crate) async fn purge_dead_imports(&self, limit: u32) -> Result<Progress, StoreError> {
        let mut transaction = self.begin().await?;
        let mut num_rows = 0;
        while num_rows < u64::from(limit) {
            let staged = sqlx::query!(
                r#"
                select s.id, s.conversation_id as "conversation: Uuid"
                from import i
                join import_staged s on s.import_id = i.id
                where i.state = 'dead'
                limit 1
                "#
            )
            .fetch_optional(&mut *transaction)
            .await?;
            let Some(staged) = staged else {
                let emptied = sqlx::query!("delete from import where state = 'dead'")
                    .execute(&mut *transaction)
                    .await?;
                num_rows += emptied.rows_affected();
                break;
            };
            let left = i64::from(limit) - i64::try_from(num_rows).unwrap_or(i64::MAX);
            if let Some(conversation) = staged.conversation {
                let num_parts = remove_parts(&mut transaction, conversation, left).await?;
                num_rows += num_parts;
                if num_parts > 0 {
                    continue;
                }
                sqlx::query!("delete from conversation where id = ?", conversation)
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query!("delete from import_staged where id = ?", staged.id)
                .execute(&mut *transaction)
                .await?;
            num_rows += 1;
        }
        transaction.commit().await?;
        Ok(Progress::beside(num_rows))
    }

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

    /// Condemns conversations of an account that is being removed.
    pub(crate) async fn condemn_all_of(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let user = user.as_uuid();
        let done = sqlx::query!(
            "
            update conversation
            set deleted_at = 0, source_id = null, title = ''
            where id in (
                select c.id
                from conversation c
                join user u on u.id = c.user_id
                where u.id = ?
                    and u.removed_at is not null
                    and c.deleted_at is not 0
                limit ?
            )
            ",
            user,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::beside(done.rows_affected()))
    }

    /// Removes one thing of an account that is being removed: a file, and at last the account
    /// itself, once it has no conversations. The rest of its rows go with it.
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

/// Removes messages of a conversation, the youngest first, or, once there are none, one of the
/// files that it was exported to. What a message had beside it goes with it.
async fn remove_parts(
    connection: &mut SqliteConnection,
    conversation: Uuid,
    limit: i64,
) -> Result<u64, StoreError> {
    // A message is inserted after its parent: in this order no parent goes before its child.
    let messages = sqlx::query!(
        "
        delete from message
        where rowid in (
            select rowid
            from message
            where conversation_id = ?
            order by rowid desc
            limit ?
        )
        ",
        conversation,
        limit,
    )
    .execute(&mut *connection)
    .await?;
    if messages.rows_affected() > 0 {
        return Ok(messages.rows_affected());
    }
    let exports = sqlx::query!(
        "
        delete from export
        where id in (select id from export where conversation_id = ? limit 1)
        ",
        conversation,
    )
    .execute(connection)
    .await?;
    Ok(exports.rows_affected())
}

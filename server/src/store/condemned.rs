//! Conversations that cannot come back, and what imports left: removed in short steps, which are
//! bounded by rows and by bytes.

use hearth_app::model::UserId;
use sqlx::{SqliteConnection, types::Uuid};

use super::{Progress, Store, StoreError, branch_removal::STEP_BYTES};

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
        let (mut progress, mut room) = (Progress::default(), Room::of(limit));
        while room.is_left() {
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
            let num_parts = remove_parts(&mut transaction, conversation, &mut room).await?;
            progress.num_rows += num_parts;
            if num_parts == 0 {
                room.rows -= 1;
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
        let (mut num_rows, mut room) = (0, Room::of(limit));
        while room.is_left() {
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
            if let Some(conversation) = staged.conversation {
                let num_parts = remove_parts(&mut transaction, conversation, &mut room).await?;
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
            room.rows -= 1;
        }
        transaction.commit().await?;
        Ok(Progress::beside(num_rows))
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
}

/// How much more one step may remove.
struct Room {
    rows: i64,
    bytes: i64,
}

impl Room {
    fn of(limit: u32) -> Self {
        Self {
            rows: i64::from(limit),
            bytes: STEP_BYTES,
        }
    }

    fn is_left(&self) -> bool {
        self.rows > 0 && self.bytes > 0
    }
}

/// Removes messages of a conversation, the youngest first, or, once there are none, one of the
/// files that it was exported to, or of the copies that were shared. What a message had beside it
/// goes with it.
async fn remove_parts(
    connection: &mut SqliteConnection,
    conversation: Uuid,
    room: &mut Room,
) -> Result<u64, StoreError> {
    // A message is inserted after its parent: in this order no parent goes before its child.
    let messages = sqlx::query_scalar!(
        r#"
        delete from message
        where rowid in (
            with youngest (row, bytes) as (
                select rowid, octet_length(text) + coalesce(octet_length(reasoning), 0)
                    + octet_length(tool_steps) + coalesce(octet_length(token_ids), 0)
                    + coalesce(octet_length(prompt_token_ids), 0)
                from message
                where conversation_id = ?
                order by rowid desc
                limit ?
            ),
            summed (row, younger) as (
                select row, sum(bytes) over (order by row desc) - bytes
                from youngest
            )
            select row from summed where younger < ?
        )
        returning octet_length(text) + coalesce(octet_length(reasoning), 0)
            + octet_length(tool_steps) + coalesce(octet_length(token_ids), 0)
            + coalesce(octet_length(prompt_token_ids), 0) as "bytes!: i64"
        "#,
        conversation,
        room.rows,
        room.bytes,
    )
    .fetch_all(&mut *connection)
    .await?;
    if !messages.is_empty() {
        room.rows -= i64::try_from(messages.len()).unwrap_or(i64::MAX);
        room.bytes -= messages.iter().sum::<i64>();
        return Ok(u64::try_from(messages.len()).unwrap_or(u64::MAX));
    }
    let num_removed = remove_file(connection, conversation).await?;
    if num_removed > 0 {
        // It may be large: a step of its own.
        room.rows = 0;
    }
    Ok(num_removed)
}

/// Removes a file that a conversation was exported to, or else a copy of it that was shared.
async fn remove_file(
    connection: &mut SqliteConnection,
    conversation: Uuid,
) -> Result<u64, StoreError> {
    let exports = sqlx::query!(
        "
        delete from export
        where id in (select id from export where conversation_id = ? limit 1)
        ",
        conversation,
    )
    .execute(&mut *connection)
    .await?;
    if exports.rows_affected() > 0 {
        return Ok(exports.rows_affected());
    }
    let shares = sqlx::query!(
        "
        delete from share
        where id in (select id from share where conversation_id = ? limit 1)
        ",
        conversation,
    )
    .execute(connection)
    .await?;
    Ok(shares.rows_affected())
}

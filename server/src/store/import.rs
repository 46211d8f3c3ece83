//! The life of an import: rows are put aside, one transaction decides, then they are revealed.
//!
//! Nobody sees a row before the decision, and after it nothing can fail but the disk: what a crash
//! leaves undone is done at the next start. Everything up to a few thousand rows is revealed by the
//! deciding transaction itself.
//!
//! Rows that exist are never changed, but for two things: a hidden conversation is shown again,
//! and the branch of the newer side is the one that is shown. Folders that exist stay as they are,
//! and so do a person's own instructions.

use hearth_app::model::{ImportCounts, PersonalInstructions, UploadId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError, StoredFolder, conversation_list::unpin_surplus, folder::bring_folders,
    now_ms, personal_instructions::bring_instructions, share::move_shares, upload,
};

/// Conversations that one statement reveals: 10 000 take 40 ms.
const REVEALED_AT_ONCE: u32 = 5_000;
/// A step ends with so many messages moved and conversations shown, or so many bytes of text.
const ROWS_AT_ONCE: u64 = 256;
const BYTES_AT_ONCE: i64 = 1 << 20;

/// An import under way.
#[derive(Debug)]
pub(crate) struct RunningImport {
    pub(super) id: Uuid,
    pub(super) user: UserId,
}

impl RunningImport {
    /// Whose conversations come in.
    pub(crate) const fn user(&self) -> UserId {
        self.user
    }
}

/// What a file has beside conversations.
#[derive(Clone, Debug, Default)]
pub(crate) struct BesideChats {
    pub(crate) folders: Vec<StoredFolder>,
    pub(crate) instructions: Option<PersonalInstructions>,
}

/// What became of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It counts, now and after any crash.
    Imported,
    /// The file was imported or replaced meanwhile.
    FileGone,
    /// A conversation that it continues was removed meanwhile, or the import was given up.
    ChangedMeanwhile,
}

impl Store {
    /// Begins an import. `None`: this person has one under way.
    pub(crate) async fn begin_import(
        &self,
        user: UserId,
    ) -> Result<Option<RunningImport>, StoreError> {
        let import = RunningImport {
            id: Uuid::now_v7(),
            user,
        };
        let (user, now) = (user.as_uuid(), now_ms());
        let mut transaction = self.begin().await?;
        let begun = sqlx::query!(
            "
            insert into import (id, user_id, state, renewed_at)
            values (?, ?, 'running', ?)
            on conflict (user_id) do nothing
            ",
            import.id,
            user,
            now,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok((begun.rows_affected() > 0).then_some(import))
    }

    /// Decides that everything that was put aside counts, and notes so if it was an upload. What
    /// one step can reveal is visible when this returns, and so is what the file has beside it.
    pub(crate) async fn decide_import(
        &self,
        import: &RunningImport,
        upload: Option<UploadId>,
        counts: ImportCounts,
        beside: &BesideChats,
    ) -> Result<Decision, StoreError> {
        let (id, user) = (import.id, import.user.as_uuid());
        let mut transaction = self.begin().await?;
        let decided = sqlx::query!(
            "
            update import
            set state = 'decided'
            where id = ?
                and state = 'running'
                and exists (
                    select 1 from user u where u.id = import.user_id and u.removed_at is null
                )
                and not exists (
                    select 1
                    from import_staged s
                    left join conversation c on c.id = s.target_id and c.user_id = ?
                    where s.import_id = import.id
                        and s.conversation_id is not s.target_id
                        and (c.id is null or c.deleted_at is 0)
                )
            ",
            id,
            user,
        )
        .execute(&mut *transaction)
        .await?;
        if decided.rows_affected() == 0 {
            return Ok(Decision::ChangedMeanwhile);
        }
        if let Some(upload) = upload
            && !upload::note_imported(&mut transaction, import.user, upload, counts).await?
        {
            return Ok(Decision::FileGone);
        }
        bring_folders(&mut transaction, import.user, &beside.folders).await?;
        if let Some(told) = &beside.instructions {
            bring_instructions(&mut transaction, import.user, told).await?;
        }
        reveal(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(Decision::Imported)
    }

    /// Takes one step in revealing what was decided. Returns how many rows it touched; 0: there is
    /// nothing left to do.
    pub(crate) async fn reveal_decided(&self) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let decided = sqlx::query_scalar!(
            r#"select id as "id: Uuid" from import where state = 'decided' limit 1"#
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(id) = decided else { return Ok(0) };
        let num_rows = reveal(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(num_rows)
    }

    /// Gives an import up that has not been decided.
    pub(crate) async fn give_import_up(&self, import: &RunningImport) -> Result<(), StoreError> {
        let id = import.id;
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "update import set state = 'dead' where id = ? and state = 'running'",
            id,
        )
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Gives up what fell silent until `oldest`, or is of a clock that ran ahead. Returns how many.
    pub(crate) async fn give_silent_imports_up(
        &self,
        oldest: i64,
        future: i64,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query!(
            "
            update import
            set state = 'dead'
            where state = 'running' and (renewed_at <= ? or renewed_at > ?)
            ",
            oldest,
            future,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    }
}

/// One step; 0 is never returned.
async fn reveal(connection: &mut SqliteConnection, import: Uuid) -> Result<u64, StoreError> {
    let num_new = reveal_new(connection, import).await?;
    if num_new > 0 {
        return Ok(num_new);
    }
    let (mut num_rows, mut num_bytes) = (0, 0);
    while num_rows < ROWS_AT_ONCE && num_bytes < BYTES_AT_ONCE {
        let Some(merged) = next_merged(connection, import).await? else {
            end(connection, import).await?;
            return Ok(num_rows + 1);
        };
        if let Some(staged) = merged.conversation {
            let moved = move_messages(connection, staged, merged.target).await?;
            if !moved.is_empty() {
                num_rows += moved.len() as u64;
                num_bytes += moved.iter().sum::<i64>();
                continue;
            }
        }
        show(connection, &merged).await?;
        num_rows += 1;
    }
    Ok(num_rows)
}

/// Everything is revealed. What the file had pinned may be more than there can be.
async fn end(connection: &mut SqliteConnection, import: Uuid) -> Result<(), StoreError> {
    let user = sqlx::query_scalar!(
        r#"delete from import where id = ? returning user_id as "user_id!: Uuid""#,
        import,
    )
    .fetch_one(&mut *connection)
    .await?;
    unpin_surplus(connection, UserId::new(user)).await
}

/// Reveals conversations that were not there before.
async fn reveal_new(connection: &mut SqliteConnection, import: Uuid) -> Result<u64, StoreError> {
    sqlx::query!(
        "
        update conversation
        set deleted_at = null,
            active_message_id = s.active_message_id,
            source_id = s.source_id,
            folder_id = (
                select f.id
                from folder f
                where f.user_id = conversation.user_id and f.name_key = s.folder_key
            )
        from (
            select conversation_id, active_message_id, source_id, folder_key
            from import_staged
            where import_id = ? and conversation_id = target_id
            order by id
            limit ?
        ) s
        where conversation.id = s.conversation_id
        ",
        import,
        REVEALED_AT_ONCE,
    )
    .execute(&mut *connection)
    .await?;
    let done = sqlx::query!(
        "
        delete from import_staged
        where id in (
            select id
            from import_staged
            where import_id = ? and conversation_id = target_id
            order by id
            limit ?
        )
        ",
        import,
        REVEALED_AT_ONCE,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// A conversation that was there before, and what is added to it.
struct Merged {
    row: i64,
    conversation: Option<Uuid>,
    target: Uuid,
    hidden_at: Option<i64>,
    active: Option<Uuid>,
    updated_at: i64,
}

async fn next_merged(
    connection: &mut SqliteConnection,
    import: Uuid,
) -> Result<Option<Merged>, StoreError> {
    let merged = sqlx::query_as!(
        Merged,
        r#"
        select
            id as row,
            conversation_id as "conversation: Uuid",
            target_id as "target: Uuid",
            hidden_at,
            active_message_id as "active: Uuid",
            updated_at
        from import_staged
        where import_id = ?
        order by id
        limit 1
        "#,
        import,
    )
    .fetch_optional(connection)
    .await?;
    Ok(merged)
}

/// Gives messages to the target, parents first, and says how many bytes of text each has. An id
/// that the target's messages had in another file is not noted twice.
async fn move_messages(
    connection: &mut SqliteConnection,
    staged: Uuid,
    target: Uuid,
) -> Result<Vec<i64>, StoreError> {
    let limit = i64::try_from(ROWS_AT_ONCE).unwrap_or(i64::MAX);
    let moved = sqlx::query_scalar!(
        r#"
        update message
        set conversation_id = ?1,
            source_id = case
                when exists (
                    select 1
                    from message o
                    where o.conversation_id = ?1 and o.source_id = message.source_id
                ) then null
                else source_id
            end
        where rowid in (
            select row
            from (
                select
                    row,
                    sum(bytes) over (order by row rows unbounded preceding) - bytes as before
                from (
                    select
                        rowid as row,
                        octet_length(text) + octet_length(coalesce(reasoning, '')) as bytes
                    from message
                    where conversation_id = ?2
                    order by rowid
                    limit ?3
                )
            )
            where before < ?4
        )
        returning octet_length(text) + octet_length(coalesce(reasoning, '')) as "bytes!: i64"
        "#,
        target,
        staged,
        limit,
        BYTES_AT_ONCE,
    )
    .fetch_all(connection)
    .await?;
    Ok(moved)
}

/// Shows the branch of the newer side, and the conversation if it was hidden when the import saw
/// it. What was put aside for it is done with.
async fn show(connection: &mut SqliteConnection, merged: &Merged) -> Result<(), StoreError> {
    sqlx::query!(
        "
        update conversation
        set deleted_at = case when deleted_at is ?1 then null else deleted_at end,
            active_message_id = case
                when updated_at < ?2 and (
                    ?3 is null
                    or exists (
                        select 1 from message m where m.id = ?3 and m.conversation_id = ?4
                    )
                ) then ?3
                else active_message_id
            end,
            updated_at = max(updated_at, ?2)
        where id = ?4
        ",
        merged.hidden_at,
        merged.updated_at,
        merged.active,
        merged.target,
    )
    .execute(&mut *connection)
    .await?;
    move_shares(connection, merged.conversation, merged.target).await?;
    sqlx::query!("delete from import_staged where id = ?", merged.row)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from conversation where id = ?", merged.conversation,)
        .execute(connection)
        .await?;
    Ok(())
}

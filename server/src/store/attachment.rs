//! Rows of `attachment`: which message has which file, under which name, and what is on its way.

use std::collections::HashMap;

use hearth_app::model::{AttachedFile, FileId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Progress, Store, StoreError, now_ms};
use crate::search::IndexText;

/// So much text of files of a branch is in memory at once (64 MiB), and that of one message beside
/// it. Files that have as much fill every window: what was said before them is left out of a prompt
/// anyway.
const MAX_BRANCH_BYTES: i64 = 64 << 20;

/// What a model reads of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileText {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The file has more.
    pub(crate) is_cut: bool,
}

/// A file, and the message that has it; without one it is on its way.
struct AttachedRow {
    message_id: Option<Uuid>,
    id: Uuid,
    name: String,
    kind: String,
    size: i64,
    num_pages: Option<u32>,
    num_tokens: Option<u32>,
    is_cut: bool,
    is_whole: bool,
}

impl From<AttachedRow> for AttachedFile {
    fn from(row: AttachedRow) -> Self {
        Self {
            id: FileId::new(row.id),
            name: row.name,
            kind: row.kind,
            size: u64::try_from(row.size).unwrap_or_default(),
            num_pages: row.num_pages,
            num_tokens: row.num_tokens,
            is_cut: row.is_cut,
            is_whole: row.is_whole,
        }
    }
}

impl Store {
    /// A file of a message that can be seen, or one on its way; `None` if it is not there or not
    /// `user`'s.
    pub(crate) async fn attached_file(
        &self,
        user: UserId,
        id: FileId,
    ) -> Result<Option<AttachedFile>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let row = sqlx::query_as!(
            AttachedRow,
            r#"
            select
                a.message_id as "message_id?: Uuid",
                a.id as "id!: Uuid",
                a.name as "name!: String",
                f.kind as "kind!: String",
                f.size as "size!: i64",
                f.num_pages as "num_pages?: u32",
                f.num_tokens as "num_tokens?: u32",
                f.is_cut as "is_cut!: bool",
                f.is_whole as "is_whole!: bool"
            from attachment a
            join file f on f.id = a.file_id
            where a.id = ?1
                and a.user_id = ?2
                and (
                    a.message_id is null
                    or exists (
                        select 1
                        from message m
                        join conversation c on c.id = m.conversation_id
                        where m.id = a.message_id and c.user_id = ?2 and c.deleted_at is null
                    )
                )
            "#,
            id,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(AttachedFile::from))
    }

    /// The first characters of what was read of a file, `limit` at most; empty if it is not
    /// `user`'s.
    pub(crate) async fn file_text(
        &self,
        user: UserId,
        id: FileId,
        limit: u32,
    ) -> Result<String, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let text = sqlx::query_scalar!(
            r#"
            select substr(f.text, 1, ?) as "text!: String"
            from attachment a
            join file f on f.id = a.file_id
            where a.id = ? and a.user_id = ?
            "#,
            limit,
            id,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(text.unwrap_or_default())
    }

    /// The files of the last messages of a branch, by message, each message's in their order.
    pub(crate) async fn files_of_branch(
        &self,
        user: UserId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<HashMap<MessageId, Vec<AttachedFile>>, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        let rows = sqlx::query_as!(
            AttachedRow,
            r#"
            with recursive branch (id, parent_id) as (
                select m.id, m.parent_id
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
                union all
                select m.id, m.parent_id
                from branch b
                join message m on m.id = b.parent_id
                limit ?
            )
            select
                a.message_id as "message_id?: Uuid",
                a.id as "id!: Uuid",
                a.name as "name!: String",
                f.kind as "kind!: String",
                f.size as "size!: i64",
                f.num_pages as "num_pages?: u32",
                f.num_tokens as "num_tokens?: u32",
                f.is_cut as "is_cut!: bool",
                f.is_whole as "is_whole!: bool"
            from branch b
            cross join attachment a on a.message_id = b.id
            cross join file f on f.id = a.file_id
            order by a.position
            "#,
            leaf,
            user,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut files: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            if let Some(message) = row.message_id {
                let of_message = files.entry(MessageId::new(message)).or_default();
                of_message.push(AttachedFile::from(row));
            }
        }
        Ok(files)
    }

    /// What a model reads of the files of a branch, by message, each message's in their order. Of
    /// messages before those that have [`MAX_BRANCH_BYTES`], none.
    pub(crate) async fn file_texts_of_branch(
        &self,
        user: UserId,
        leaf: MessageId,
    ) -> Result<HashMap<MessageId, Vec<FileText>>, StoreError> {
        let (user, leaf) = (user.as_uuid(), leaf.as_uuid());
        let rows = sqlx::query!(
            r#"
            with recursive branch (id, parent_id, later_bytes) as (
                select m.id, m.parent_id, 0
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ?1 and c.user_id = ?2 and c.deleted_at is null
                union all
                select
                    m.id,
                    m.parent_id,
                    b.later_bytes + coalesce((
                        select sum(octet_length(f.text))
                        from attachment a
                        join file f on f.id = a.file_id
                        where a.message_id = b.id
                    ), 0)
                from branch b
                join message m on m.id = b.parent_id
                where b.later_bytes < ?3
            )
            select
                b.id as "message!: Uuid",
                a.name as "name!: String",
                f.text as "text!: String",
                f.is_cut as "is_cut!: bool"
            from branch b
            cross join attachment a on a.message_id = b.id
            cross join file f on f.id = a.file_id
            where b.later_bytes < ?3
            order by a.position
            "#,
            leaf,
            user,
            MAX_BRANCH_BYTES,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut texts: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let of_message = texts.entry(MessageId::new(row.message)).or_default();
            of_message.push(FileText {
                name: row.name,
                text: row.text,
                is_cut: row.is_cut,
            });
        }
        Ok(texts)
    }

    /// What a model reads of files on their way, in this order. `None`: one of them is not there,
    /// not `user`'s, or went with a message already.
    pub(crate) async fn unsent_file_texts(
        &self,
        user: UserId,
        ids: &[FileId],
    ) -> Result<Option<Vec<FileText>>, StoreError> {
        let user = user.as_uuid();
        let mut texts = Vec::with_capacity(ids.len());
        for id in ids {
            let id = id.as_uuid();
            let text = sqlx::query_as!(
                FileText,
                r#"
                select
                    a.name as "name!: String",
                    f.text as "text!: String",
                    f.is_cut as "is_cut!: bool"
                from attachment a
                join file f on f.id = a.file_id
                where a.id = ? and a.user_id = ? and a.message_id is null and f.is_whole = 1
                "#,
                id,
                user,
            )
            .fetch_optional(&self.readers)
            .await?;
            let Some(text) = text else { return Ok(None) };
            texts.push(text);
        }
        Ok(Some(texts))
    }

    /// Removes a file that is on its way. False: it is not there, not `user`'s, or was sent.
    pub(crate) async fn remove_unsent_file(
        &self,
        user: UserId,
        id: FileId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let removed = sqlx::query!(
            "delete from attachment where id = ? and user_id = ? and message_id is null",
            id,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Removes files that were brought until `oldest` and that nobody sent, and those with a date
    /// of a clock that ran ahead. What is in them goes with their last message, or now.
    pub(crate) async fn purge_unsent_files(
        &self,
        oldest: i64,
        future: i64,
        limit: u32,
    ) -> Result<Progress, StoreError> {
        let removed = sqlx::query!(
            "
            delete from attachment
            where id in (
                select id
                from attachment
                where message_id is null and (created_at <= ? or created_at > ?)
                limit ?
            )
            ",
            oldest,
            future,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(Progress::of(removed.rows_affected()))
    }
}

/// A name as it is looked for.
fn name_words(name: &str) -> String {
    format!(" {} ", IndexText::of(name).words)
}

/// Notes a file on its way: its id and whose it is, what is in it, and what it is called.
pub(super) async fn insert_attachment(
    connection: &mut SqliteConnection,
    (id, user): (Uuid, Uuid),
    file: Uuid,
    name: &str,
) -> Result<(), StoreError> {
    let (words, now) = (name_words(name), now_ms());
    sqlx::query!(
        "
        insert into attachment (id, user_id, file_id, position, name, name_words, created_at)
        values (?, ?, ?, 0, ?, ?, ?)
        ",
        id,
        user,
        file,
        name,
        words,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A file that an import brings with its message.
pub(super) async fn insert_sent(
    connection: &mut SqliteConnection,
    (user, message): (Uuid, Uuid),
    file: Uuid,
    (position, name): (i64, &str),
) -> Result<(), StoreError> {
    let (id, words, now) = (Uuid::now_v7(), name_words(name), now_ms());
    sqlx::query!(
        "
        insert into attachment (
            id, user_id, file_id, message_id, position, name, name_words, created_at
        )
        values (?, ?, ?, ?, ?, ?, ?, ?)
        ",
        id,
        user,
        file,
        message,
        position,
        name,
        words,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Files that are on their way go with this message, behind those that it has. False: one of them
/// is not there any more.
pub(super) async fn send_files(
    connection: &mut SqliteConnection,
    (user, message): (Uuid, Uuid),
    ids: &[FileId],
) -> Result<bool, StoreError> {
    for id in ids {
        let id = id.as_uuid();
        let sent = sqlx::query!(
            "
            update attachment
            set message_id = ?1,
                position = (select count(*) from attachment o where o.message_id = ?1)
            where id = ?2 and user_id = ?3 and message_id is null
            ",
            message,
            id,
            user,
        )
        .execute(&mut *connection)
        .await?;
        if sent.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Another version of a question has its files too.
pub(super) async fn copy_files(
    connection: &mut SqliteConnection,
    user: Uuid,
    (from, to): (Uuid, Uuid),
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        insert into attachment (
            id, user_id, file_id, message_id, position, name, name_words, created_at
        )
        select
            randomblob(16), user_id, file_id, ?, position, name, name_words, created_at
        from attachment
        where message_id = ? and user_id = ?
        ",
        to,
        from,
        user,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The copies of messages have the files of those. `copies` is JSON: of each message its id and
/// that of its copy.
pub(super) async fn copy_files_of(
    connection: &mut SqliteConnection,
    user: Uuid,
    copies: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        insert into attachment (
            id, user_id, file_id, message_id, position, name, name_words, created_at
        )
        select
            randomblob(16), a.user_id, a.file_id, unhex(k.value ->> 1), a.position, a.name,
            a.name_words, a.created_at
        from json_each(?) k
        cross join attachment a on a.message_id = unhex(k.value ->> 0)
        where a.user_id = ?
        ",
        copies,
        user,
    )
    .execute(connection)
    .await?;
    Ok(())
}

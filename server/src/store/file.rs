//! Rows of `file` and `file_piece`: what people add to messages, each content once for its person.
//! Which message has it says `attachment`.

use hearth_app::model::{FileId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Progress, Store, StoreError, attachment::insert_attachment, now_ms};

/// Bytes of a piece (512 KiB): written, read and removed in a few milliseconds.
pub(crate) const PIECE_BYTES: usize = 512 << 10;
/// Pieces that one step removes; the space of what is removed is written over.
const PIECES_AT_ONCE: i64 = 4;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewFile {
    /// Of the content.
    pub(crate) sha256: [u8; 32],
    /// How it was read.
    pub(crate) kind: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) is_cut: bool,
    pub(crate) num_pages: Option<u32>,
    pub(crate) num_tokens: Option<u32>,
    /// What was read of it.
    pub(crate) text: String,
}

/// A file that has its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InsertedFile {
    /// By which its person names it.
    pub(crate) id: FileId,
    file: Uuid,
    /// All of its content is there already.
    pub(crate) is_whole: bool,
}

impl Store {
    /// Notes a file on its way to a message. Its content comes afterwards: whoever is cut off
    /// meanwhile leaves a file that nobody sent.
    pub(crate) async fn insert_file(
        &self,
        user: UserId,
        name: &str,
        new: &NewFile,
    ) -> Result<InsertedFile, StoreError> {
        let mut transaction = self.begin().await?;
        let user = user.as_uuid();
        let (file, is_whole) = find_or_insert(&mut transaction, user, new).await?;
        let id = Uuid::now_v7();
        insert_attachment(&mut transaction, (id, user), file, name).await?;
        transaction.commit().await?;
        Ok(InsertedFile {
            id: FileId::new(id),
            file,
            is_whole,
        })
    }

    /// Adds a piece of the content.
    pub(crate) async fn insert_file_piece(
        &self,
        inserted: InsertedFile,
        seq: u32,
        content: &[u8],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert_piece(&mut transaction, inserted.file, seq, content).await?;
        Ok(transaction.commit().await?)
    }

    /// All of its pieces are there.
    pub(crate) async fn note_whole_file(&self, inserted: InsertedFile) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        note_whole(&mut transaction, inserted.file).await?;
        Ok(transaction.commit().await?)
    }

    /// Bytes of all files of a person, and of what was read of them.
    pub(crate) async fn file_bytes(&self, user: UserId) -> Result<u64, StoreError> {
        let user = user.as_uuid();
        let bytes = sqlx::query_scalar!(
            r#"
            select coalesce(sum(size + octet_length(text)), 0) as "bytes!: i64"
            from file
            where user_id = ?
            "#,
            user,
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// A piece of the content of a file. `None`: there are no more, or it is not `user`'s.
    pub(crate) async fn file_piece(
        &self,
        user: UserId,
        id: FileId,
        seq: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let content = sqlx::query_scalar!(
            r#"
            select p.content as "content!: Vec<u8>"
            from attachment a
            join file_piece p on p.file_id = a.file_id
            where a.id = ? and a.user_id = ? and p.seq = ?
            "#,
            id,
            user,
            seq,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(content)
    }

    /// Removes some of the content of a file that no message has any more, or, once there is none,
    /// the file.
    pub(crate) async fn purge_loose_file(&self) -> Result<Progress, StoreError> {
        let mut transaction = self.begin().await?;
        let loose = sqlx::query_scalar!(
            r#"
            select id as "id: Uuid"
            from file
            where not exists (select 1 from attachment a where a.file_id = file.id)
            limit 1
            "#
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(file) = loose else {
            return Ok(Progress::default());
        };
        let progress = remove_some(&mut transaction, file).await?;
        transaction.commit().await?;
        Ok(progress)
    }
}

/// Removes some of the files of an account that is being removed: the pieces of one, or its row.
pub(super) async fn remove_some_of(
    connection: &mut SqliteConnection,
    user: Uuid,
) -> Result<Progress, StoreError> {
    let file = sqlx::query_scalar!(
        r#"
        select f.id as "id: Uuid"
        from file f
        join user u on u.id = f.user_id
        where u.id = ? and u.removed_at is not null
        limit 1
        "#,
        user,
    )
    .fetch_optional(&mut *connection)
    .await?;
    match file {
        Some(file) => remove_some(connection, file).await,
        None => Ok(Progress::default()),
    }
}

async fn remove_some(
    connection: &mut SqliteConnection,
    file: Uuid,
) -> Result<Progress, StoreError> {
    let pieces = sqlx::query!(
        "
        delete from file_piece
        where rowid in (select rowid from file_piece where file_id = ? limit ?)
        ",
        file,
        PIECES_AT_ONCE,
    )
    .execute(&mut *connection)
    .await?;
    if pieces.rows_affected() > 0 {
        // Whoever brings it again in the middle of this brings these pieces too.
        sqlx::query!("update file set is_whole = 0 where id = ?", file)
            .execute(connection)
            .await?;
        return Ok(Progress::beside(pieces.rows_affected()));
    }
    let removed = sqlx::query!("delete from file where id = ?", file)
        .execute(connection)
        .await?;
    Ok(Progress::of(removed.rows_affected()))
}

/// The row of a content that was read in this way, and whether all of the content is there. What is
/// there is not changed: who brings the same content with another text, as a document from
/// elsewhere may, gets a row of its own.
pub(super) async fn find_or_insert(
    connection: &mut SqliteConnection,
    user: Uuid,
    new: &NewFile,
) -> Result<(Uuid, bool), StoreError> {
    let sha256 = new.sha256.as_slice();
    let known = sqlx::query!(
        r#"
        select id as "id!: Uuid", is_whole as "is_whole!: bool"
        from file
        where user_id = ? and sha256 = ? and kind = ? and is_cut = ? and text = ?
        limit 1
        "#,
        user,
        sha256,
        new.kind,
        new.is_cut,
        new.text,
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(known) = known {
        return Ok((known.id, known.is_whole));
    }
    let (id, now) = (Uuid::now_v7(), now_ms());
    let size = i64::try_from(new.size).unwrap_or(i64::MAX);
    sqlx::query!(
        "
        insert into file (
            id, user_id, sha256, kind, size, is_cut, num_pages, num_tokens, created_at, text
        )
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ",
        id,
        user,
        sha256,
        new.kind,
        size,
        new.is_cut,
        new.num_pages,
        new.num_tokens,
        now,
        new.text,
    )
    .execute(connection)
    .await?;
    Ok((id, false))
}

/// The content of a file in one transaction, which holds the writer for it: an import's.
pub(super) async fn insert_content(
    connection: &mut SqliteConnection,
    file: Uuid,
    content: &[u8],
) -> Result<(), StoreError> {
    for (seq, piece) in (0..).zip(content.chunks(PIECE_BYTES)) {
        insert_piece(connection, file, seq, piece).await?;
    }
    note_whole(connection, file).await
}

/// One that an earlier try left is written over.
async fn insert_piece(
    connection: &mut SqliteConnection,
    file: Uuid,
    seq: u32,
    content: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "
        insert into file_piece (file_id, seq, content)
        values (?, ?, ?)
        on conflict (file_id, seq) do update set content = excluded.content
        ",
        file,
        seq,
        content,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who told how long it is may not have had it: now it is known.
async fn note_whole(connection: &mut SqliteConnection, file: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "
        update file
        set is_whole = 1,
            size = (select coalesce(sum(length(content)), 0) from file_piece where file_id = ?1)
        where id = ?1
        ",
        file,
    )
    .execute(connection)
    .await?;
    Ok(())
}

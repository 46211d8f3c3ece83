//! Rows of `search_entry` and `search_text`: what can be found. They are written in the transaction
//! that writes the text; triggers take them away with it, or when it changes.

use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, TreeMessage};
use crate::search::IndexText;

/// Bytes of text that one step of the backlog, or one fork, indexes at most, if it is more than one
/// message.
const STEP_BYTES: i64 = 256 << 10;
/// Of copies so many are indexed with the conversation that they make, unless they are long.
const COPIES_AT_ONCE: u32 = 64;
const MAX_COPY_BYTES: i64 = 32 << 10;
/// Pages of the index that one step writes anew: 64 KiB.
const FORGOTTEN_AT_ONCE: i64 = 16;
/// `SQLite`'s manual: a step that changed fewer rows than this found nothing to do.
const MERGED_ROWS: i64 = 2;

/// Which text.
#[derive(Clone, Copy, Debug)]
enum Of {
    Title(Uuid),
    Message(Uuid),
}

/// What waits to be indexed.
struct Waiting {
    texts: Vec<(Of, String)>,
    /// Where this step began: titles and messages.
    begins: (Option<Uuid>, Uuid),
    /// Where the next step goes on.
    titles_before: Option<Uuid>,
    /// Absent: nothing waits any more.
    messages_before: Option<Uuid>,
}

/// Makes the title of a conversation findable, unless it is.
pub(super) async fn index_title(
    connection: &mut SqliteConnection,
    conversation: Uuid,
    title: &str,
) -> Result<(), StoreError> {
    let index = IndexText::of(title);
    insert(connection, None, (Of::Title(conversation), title), &index).await
}

/// Makes a message findable, unless it is.
pub(super) async fn index_message(
    connection: &mut SqliteConnection,
    message: Uuid,
    text: &str,
    index: &IndexText,
) -> Result<(), StoreError> {
    insert(connection, None, (Of::Message(message), text), index).await
}

/// A text that a statement is about to copy, taken apart before.
#[derive(Debug)]
pub(super) struct IndexedCopy {
    id: Uuid,
    text: String,
    index: IndexText,
}

impl IndexedCopy {
    /// The last of messages that are about to be inserted, taken apart before: as many as
    /// [`index_copies`] indexes at once.
    pub(super) async fn last_of(messages: &[TreeMessage]) -> Vec<Self> {
        let (mut copies, mut room) = (Vec::new(), STEP_BYTES);
        for message in messages.iter().rev().take(COPIES_AT_ONCE as usize) {
            let bytes = i64::try_from(message.text.len()).unwrap_or(i64::MAX);
            if bytes > MAX_COPY_BYTES || room <= 0 {
                continue;
            }
            room -= bytes;
            copies.push(Self {
                id: message.id.as_uuid(),
                text: message.text.clone(),
                index: IndexText::beside(&message.text).await,
            });
        }
        copies
    }
}

/// Makes messages findable that a statement copied, of so many. What would hold the writer for long
/// waits, as what was there before there was an index: the same transaction says so.
pub(super) async fn index_copies(
    connection: &mut SqliteConnection,
    copies: &[IndexedCopy],
    num_messages: usize,
) -> Result<(), StoreError> {
    for copy in copies {
        index_message(connection, copy.id, &copy.text, &copy.index).await?;
    }
    if copies.len() == num_messages {
        return Ok(());
    }
    // Above all messages, and no place where a step began that has not seen the copies.
    let above = Uuid::from_u64_pair(u64::MAX, Uuid::now_v7().as_u64_pair().1);
    sqlx::query!(
        "
        insert into search_backlog (id, messages_before)
        values (1, ?)
        on conflict (id) do update set messages_before = excluded.messages_before
        ",
        above,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Nothing happens to a text that is indexed already, is another by now, or has no word. Without an
/// id, the database gives it one above all others.
async fn insert(
    connection: &mut SqliteConnection,
    id: Option<i64>,
    (of, text): (Of, &str),
    index: &IndexText,
) -> Result<(), StoreError> {
    if index.is_empty() {
        return Ok(());
    }
    match of {
        Of::Title(conversation) => insert_title(connection, id, (conversation, text), index).await,
        Of::Message(message) => insert_message(connection, id, (message, text), index).await,
    }
}

async fn insert_title(
    connection: &mut SqliteConnection,
    id: Option<i64>,
    (conversation, title): (Uuid, &str),
    index: &IndexText,
) -> Result<(), StoreError> {
    let id = sqlx::query_scalar!(
        r#"
        insert into search_entry (id, conversation_id)
        select ?, c.id
        from conversation c
        where c.id = ?
            and c.title = ?
            and not exists (select 1 from search_entry e where e.conversation_id = c.id)
        returning id as "id!: i64"
        "#,
        id,
        conversation,
        title,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(id) = id else { return Ok(()) };
    sqlx::query!(
        "
        insert into search_text (rowid, words, starts, scope)
        select ?, ?, ?, 'title' || lower(hex(c.user_id))
        from conversation c
        where c.id = ?
        ",
        id,
        index.words,
        index.starts,
        conversation,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_message(
    connection: &mut SqliteConnection,
    id: Option<i64>,
    (message, text): (Uuid, &str),
    index: &IndexText,
) -> Result<(), StoreError> {
    let id = sqlx::query_scalar!(
        r#"
        insert into search_entry (id, message_id)
        select ?, m.id
        from message m
        where m.id = ?
            and m.text = ?
            and not exists (select 1 from search_entry e where e.message_id = m.id)
        returning id as "id!: i64"
        "#,
        id,
        message,
        text,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(id) = id else { return Ok(()) };
    sqlx::query!(
        "
        insert into search_text (rowid, words, starts, scope)
        select ?, ?, ?, 'message' || lower(hex(c.user_id))
        from message m
        join conversation c on c.id = m.conversation_id
        where m.id = ?
        ",
        id,
        index.words,
        index.starts,
        message,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Takes apart what is about to be copied, the last messages of it: `copies` is JSON, of each
    /// message its id and that of its copy.
    pub(super) async fn take_copies_apart(
        &self,
        copies: &str,
    ) -> Result<Vec<IndexedCopy>, StoreError> {
        let rows = sqlx::query!(
            r#"
            with newest (place, copy, message, bytes) as (
                select k.key, unhex(k.value ->> 1), m.id, octet_length(m.text)
                from json_each(?) k
                join message m on m.id = unhex(k.value ->> 0)
                where octet_length(m.text) <= ?
                order by k.key desc
                limit ?
            ),
            summed (place, copy, message, newer) as (
                select place, copy, message, sum(bytes) over (order by place desc) - bytes
                from newest
            )
            select s.copy as "id!: Uuid", m.text as "text!: String"
            from summed s
            join message m on m.id = s.message
            where s.newer < ?
            order by s.place
            "#,
            copies,
            MAX_COPY_BYTES,
            COPIES_AT_ONCE,
            STEP_BYTES,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut indexed = Vec::with_capacity(rows.len());
        for row in rows {
            let index = IndexText::beside(&row.text).await;
            indexed.push(IndexedCopy {
                id: row.id,
                text: row.text,
                index,
            });
            tokio::task::yield_now().await;
        }
        Ok(indexed)
    }

    /// Indexes up to `limit` titles or messages that wait, such as those that were there before
    /// there was an index, the newest first. Returns how many rows it touched; 0: nothing waits.
    pub(crate) async fn index_backlog(&self, limit: u32) -> Result<u64, StoreError> {
        let Some(waiting) = self.backlog(limit).await? else {
            return Ok(0);
        };
        let number = i64::try_from(waiting.texts.len()).unwrap_or(i64::MAX);
        let mut indexed = Vec::with_capacity(waiting.texts.len());
        for (of, text) in &waiting.texts {
            indexed.push(((*of, text.as_str()), IndexText::beside(text).await));
            // A step is many short texts: whoever else is served on this thread comes in between.
            tokio::task::yield_now().await;
        }
        let mut transaction = self.begin().await?;
        let lowest =
            sqlx::query_scalar!(r#"select coalesce(min(id), 1) as "id!: i64" from search_entry"#)
                .fetch_one(&mut *transaction)
                .await?;
        // The newest stands first and gets the highest id; the index likes ids that rise.
        for ((text, index), id) in indexed.iter().rev().zip(lowest - number..) {
            insert(&mut transaction, Some(id), *text, index).await?;
        }
        note_progress(&mut transaction, &waiting).await?;
        transaction.commit().await?;
        Ok(u64::try_from(number).unwrap_or_default() + 1)
    }

    /// What the next step indexes. `None`: nothing waits.
    async fn backlog(&self, limit: u32) -> Result<Option<Waiting>, StoreError> {
        let place = sqlx::query!(
            r#"
            select
                titles_before as "titles: Uuid",
                messages_before as "messages!: Uuid"
            from search_backlog
            "#
        )
        .fetch_optional(&self.readers)
        .await?;
        let Some(place) = place else { return Ok(None) };
        let begins = (place.titles, place.messages);
        if let Some(before) = place.titles {
            let titles = self.old_titles(before, limit).await?;
            return Ok(Some(Waiting {
                begins,
                titles_before: titles.last().map(|it| it.0),
                messages_before: Some(place.messages),
                texts: titles
                    .into_iter()
                    .map(|(id, title)| (Of::Title(id), title))
                    .collect(),
            }));
        }
        let messages = self.old_messages(place.messages, limit).await?;
        Ok(Some(Waiting {
            begins,
            titles_before: None,
            messages_before: messages.last().map(|it| it.0),
            texts: messages
                .into_iter()
                .map(|(id, text)| (Of::Message(id), text))
                .collect(),
        }))
    }

    async fn old_titles(
        &self,
        before: Uuid,
        limit: u32,
    ) -> Result<Vec<(Uuid, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select id as "id: Uuid", title
            from conversation
            where id < ?
            order by id desc
            limit ?
            "#,
            before,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
    }

    /// An answer that is being made is indexed at its end; here it has no words yet, or those of
    /// before it was continued.
    async fn old_messages(
        &self,
        before: Uuid,
        limit: u32,
    ) -> Result<Vec<(Uuid, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            with newest (id, bytes) as (
                select id, octet_length(text)
                from message
                where id < ?
                    and not exists (
                        select 1 from search_entry e where e.message_id = message.id
                    )
                order by id desc
                limit ?
            ),
            summed (id, newer) as (
                select id, sum(bytes) over (order by id desc) - bytes
                from newest
            )
            select m.id as "id!: Uuid", m.text as "text!: String"
            from summed s
            join message m on m.id = s.id
            where s.newer < ?
            order by m.id desc
            "#,
            before,
            limit,
            STEP_BYTES,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
    }

    /// How many texts have gone out of the index since it was last written anew.
    pub(crate) async fn num_forgettable(&self) -> Result<i64, StoreError> {
        let number = sqlx::query_scalar!("select num_entries from search_removal")
            .fetch_one(&self.readers)
            .await?;
        Ok(number)
    }

    /// Writes a piece of the index anew, without the words of what went. The first step of a round
    /// `begins` it. False: the round is over.
    pub(crate) async fn forget_words(&self, begins: bool) -> Result<bool, StoreError> {
        // A negative number has all of the index written anew, not only what needs it most.
        let pages = if begins {
            -FORGOTTEN_AT_ONCE
        } else {
            FORGOTTEN_AT_ONCE
        };
        let mut transaction = self.begin().await?;
        let before = num_changes(&mut transaction).await?;
        sqlx::query!(
            "insert into search_text (search_text, rank) values ('merge', ?)",
            pages,
        )
        .execute(&mut *transaction)
        .await?;
        let after = num_changes(&mut transaction).await?;
        transaction.commit().await?;
        Ok(after - before >= MERGED_ROWS)
    }

    /// A round is over that began when so many had gone.
    pub(crate) async fn note_forgotten(&self, number: i64) -> Result<(), StoreError> {
        sqlx::query!(
            "update search_removal set num_entries = num_entries - ?",
            number,
        )
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

/// Rows that this connection has changed so far.
async fn num_changes(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(r#"select total_changes() as "number!: i64""#)
        .fetch_one(connection)
        .await?;
    Ok(number)
}

/// Unless more has come to wait since the step began: then the next one begins there.
async fn note_progress(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
) -> Result<(), StoreError> {
    let (titles, messages) = waiting.begins;
    let Some(messages_before) = waiting.messages_before else {
        sqlx::query!(
            "delete from search_backlog where titles_before is ? and messages_before = ?",
            titles,
            messages,
        )
        .execute(connection)
        .await?;
        return Ok(());
    };
    sqlx::query!(
        "
        update search_backlog
        set titles_before = ?, messages_before = ?
        where titles_before is ? and messages_before = ?
        ",
        waiting.titles_before,
        messages_before,
        titles,
        messages,
    )
    .execute(connection)
    .await?;
    Ok(())
}

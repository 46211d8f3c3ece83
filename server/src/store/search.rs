//! Looking into `search_text`: which titles and messages hold what somebody typed.
//!
//! The index knows who a text belongs to (`scope`), so that others' texts cost nothing; whether it
//! may be shown is asked of its conversation all the same.

use hearth_app::model::{ConversationId, MessageId, Role, UserId};
use sqlx::types::Uuid;

use super::{Store, StoreError, message::word};

/// Of what was found, so many are looked at, those indexed last: their order is a matter of what
/// they are and how new, and nobody reads more.
const MAX_MESSAGES: u32 = 1_000;
const MAX_TITLES: u32 = 200;
const MAX_FILES: u32 = 8;

/// What kind of text, in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SearchScope {
    Title,
    Message,
}

impl SearchScope {
    /// The word that stands with every such text of a person. Names of files are not in the index:
    /// they are few and short, and looked through.
    pub(crate) fn of(self, user: UserId) -> String {
        let kind = match self {
            Self::Title => "title",
            Self::Message => "message",
        };
        format!("{kind}{}", user.as_uuid().simple())
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// In the language of FTS5, with the scope.
    pub(crate) question: String,
    /// From this moment on, and until that one, milliseconds UTC.
    pub(crate) after: Option<i64>,
    pub(crate) before: Option<i64>,
    /// A part of the name of the model that answered, in small letters.
    pub(crate) model: Option<String>,
    /// A part of the key of the folder's name.
    pub(crate) folder: Option<String>,
    /// With a file beside it, or a message that has one.
    pub(crate) has_file: bool,
}

/// A conversation whose title holds what was looked for.
#[derive(Clone, Debug)]
pub(crate) struct FoundTitle {
    pub(crate) conversation: ConversationId,
    pub(crate) title: String,
    /// Milliseconds UTC.
    pub(crate) updated_at: i64,
    /// Lower is better.
    pub(crate) rank: f64,
}

/// A message that holds it.
#[derive(Clone, Debug)]
pub(crate) struct FoundMessage {
    pub(crate) message: MessageId,
    pub(crate) conversation: ConversationId,
    /// Of its conversation.
    pub(crate) title: String,
    pub(crate) role: Role,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
    /// Lower is better.
    pub(crate) rank: f64,
}

/// A file whose name holds it.
#[derive(Clone, Debug)]
pub(crate) struct FoundFile {
    pub(crate) name: String,
    /// That has it.
    pub(crate) message: MessageId,
    pub(crate) conversation: ConversationId,
    /// Of its conversation.
    pub(crate) title: String,
    /// Of the message, milliseconds UTC.
    pub(crate) created_at: i64,
}

impl Store {
    /// Titles of a person's conversations; none where a model is asked for, which titles have not.
    pub(crate) async fn found_titles(
        &self,
        user: UserId,
        wanted: &Wanted,
    ) -> Result<Vec<FoundTitle>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                c.id as "id!: Uuid",
                c.title as "title!: String",
                c.updated_at as "updated_at!: i64",
                bm25(search_text, 1.0, 1.0, 0.0) as "rank!: f64"
            from search_text
            cross join search_entry e on e.id = search_text.rowid
            cross join conversation c on c.id = e.conversation_id
            where search_text match ?1
                and c.user_id = ?2
                and c.deleted_at is null
                and (?3 is null or c.updated_at >= ?3)
                and (?4 is null or c.updated_at < ?4)
                and ?5 is null
                and (?6 is null or c.folder_id in (
                    select f.id
                    from folder f
                    where f.user_id = ?2 and instr(f.name_key, ?6) > 0
                ))
                and (?7 = 0 or exists (
                    select 1
                    from message m
                    join attachment a on a.message_id = m.id
                    where m.conversation_id = c.id
                ))
            order by search_text.rowid desc
            limit ?8
            "#,
            wanted.question,
            user,
            wanted.after,
            wanted.before,
            wanted.model,
            wanted.folder,
            wanted.has_file,
            MAX_TITLES,
        )
        .fetch_all(&self.readers)
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|row| FoundTitle {
                conversation: ConversationId::new(row.id),
                title: row.title,
                updated_at: row.updated_at,
                rank: row.rank,
            })
            .collect())
    }

    /// A person's questions, and answers to them.
    pub(crate) async fn found_messages(
        &self,
        user: UserId,
        wanted: &Wanted,
    ) -> Result<Vec<FoundMessage>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                m.id as "id!: Uuid",
                c.id as "conversation!: Uuid",
                c.title as "title!: String",
                m.role as "role!: String",
                m.created_at as "created_at!: i64",
                bm25(search_text, 1.0, 1.0, 0.0) as "rank!: f64"
            from search_text
            cross join search_entry e on e.id = search_text.rowid
            cross join message m on m.id = e.message_id
            cross join conversation c on c.id = m.conversation_id
            where search_text match ?1
                and c.user_id = ?2
                and c.deleted_at is null
                and (?3 is null or m.created_at >= ?3)
                and (?4 is null or m.created_at < ?4)
                and (?5 is null or instr(lower(m.model_name), ?5) > 0)
                and (?6 is null or c.folder_id in (
                    select f.id
                    from folder f
                    where f.user_id = ?2 and instr(f.name_key, ?6) > 0
                ))
                and (?7 = 0 or exists (select 1 from attachment a where a.message_id = m.id))
            order by search_text.rowid desc
            limit ?8
            "#,
            wanted.question,
            user,
            wanted.after,
            wanted.before,
            wanted.model,
            wanted.folder,
            wanted.has_file,
            MAX_MESSAGES,
        )
        .fetch_all(&self.readers)
        .await?;
        let found = rows.into_iter().map(|row| {
            Ok(FoundMessage {
                message: MessageId::new(row.id),
                conversation: ConversationId::new(row.conversation),
                title: row.title,
                role: word(&row.role, "role")?,
                created_at: row.created_at,
                rank: row.rank,
            })
        });
        found.collect()
    }

    /// Files whose names hold all of these, the newest first. `parts` is JSON: words between
    /// spaces. None where a model is asked for.
    pub(crate) async fn found_files(
        &self,
        user: UserId,
        (wanted, parts): (&Wanted, &str),
    ) -> Result<Vec<FoundFile>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select
                a.name as "name!: String",
                m.id as "message!: Uuid",
                c.id as "conversation!: Uuid",
                c.title as "title!: String",
                m.created_at as "created_at!: i64"
            from attachment a
            join message m on m.id = a.message_id
            join conversation c on c.id = m.conversation_id
            where a.user_id = ?1
                and c.user_id = ?1
                and c.deleted_at is null
                and not exists (
                    select 1 from json_each(?2) p where instr(a.name_words, p.value) = 0
                )
                and (?3 is null or m.created_at >= ?3)
                and (?4 is null or m.created_at < ?4)
                and ?5 is null
                and (?6 is null or c.folder_id in (
                    select f.id
                    from folder f
                    where f.user_id = ?1 and instr(f.name_key, ?6) > 0
                ))
            order by a.created_at desc
            limit ?7
            "#,
            user,
            parts,
            wanted.after,
            wanted.before,
            wanted.model,
            wanted.folder,
            MAX_FILES,
        )
        .fetch_all(&self.readers)
        .await?;
        let found = rows.into_iter().map(|row| FoundFile {
            name: row.name,
            message: MessageId::new(row.message),
            conversation: ConversationId::new(row.conversation),
            title: row.title,
            created_at: row.created_at,
        });
        Ok(found.collect())
    }

    /// The text of a message; `None` if it is not there or not yours.
    pub(crate) async fn found_text(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<Option<String>, StoreError> {
        let (user, message) = (user.as_uuid(), message.as_uuid());
        let text = sqlx::query_scalar!(
            "
            select m.text
            from message m
            join conversation c on c.id = m.conversation_id
            where m.id = ? and c.user_id = ? and c.deleted_at is null
            ",
            message,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(text)
    }
}

//! Files of whole conversations, for exports, and their rows when they come back.

use std::collections::HashMap;

use hearth_app::model::{ConversationId, MessageId, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    NewFile, Store, StoreError, TreeMessage,
    attachment::insert_sent,
    file::{find_or_insert, insert_content},
};

/// Most bytes of files that a document of one conversation has (24 MiB): with them it can still be
/// imported, and be held in memory.
const MAX_CONTENT_BYTES: i64 = 24 << 20;

/// A file of a message, as exports have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeFile {
    pub(crate) name: String,
    pub(crate) file: NewFile,
    pub(crate) content: Option<Vec<u8>>,
}

impl Store {
    /// Gives messages of a conversation their files, in their order. Of the files themselves, those
    /// that still fit.
    pub(super) async fn add_files(
        &self,
        (user, conversation): (UserId, ConversationId),
        messages: &mut [TreeMessage],
    ) -> Result<(), StoreError> {
        let (user, conversation) = (user.as_uuid(), conversation.as_uuid());
        let rows = sqlx::query!(
            r#"
            select
                m.id as "message!: Uuid",
                a.name as "name!: String",
                f.id as "file!: Uuid",
                f.sha256 as "sha256!: Vec<u8>",
                f.kind as "kind!: String",
                f.size as "size!: i64",
                f.is_cut as "is_cut!: bool",
                f.is_whole as "is_whole!: bool",
                f.num_pages as "num_pages?: u32",
                f.num_tokens as "num_tokens?: u32",
                f.text as "text!: String"
            from conversation c
            cross join message m on m.conversation_id = c.id
            cross join attachment a on a.message_id = m.id
            cross join file f on f.id = a.file_id
            where c.id = ? and c.user_id = ? and c.deleted_at is null
            order by m.rowid, a.position
            "#,
            conversation,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut files: HashMap<_, Vec<_>> = HashMap::new();
        let mut left = MAX_CONTENT_BYTES;
        for row in rows {
            let fits = row.is_whole && row.size <= left;
            let content = if fits {
                left -= row.size;
                Some(self.whole_content(row.file).await?)
            } else {
                None
            };
            let sha256: Result<[u8; 32], _> = row.sha256.try_into();
            let file = NewFile {
                sha256: sha256.map_err(|_| StoreError::Corrupt { column: "sha256" })?,
                kind: row.kind,
                size: u64::try_from(row.size).unwrap_or_default(),
                is_cut: row.is_cut,
                num_pages: row.num_pages,
                num_tokens: row.num_tokens,
                text: row.text,
            };
            let of_message = files.entry(MessageId::new(row.message)).or_default();
            of_message.push(TreeFile {
                name: row.name,
                file,
                content,
            });
        }
        for message in messages {
            message.files = files.remove(&message.id).unwrap_or_default();
        }
        Ok(())
    }

    async fn whole_content(&self, file: Uuid) -> Result<Vec<u8>, StoreError> {
        let pieces = sqlx::query_scalar!(
            "select content from file_piece where file_id = ? order by seq",
            file,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(pieces.concat())
    }
}

/// The files of a message that an import brings. What its person has already stays as it is.
pub(super) async fn insert_files(
    connection: &mut SqliteConnection,
    (user, message): (Uuid, Uuid),
    files: &[TreeFile],
) -> Result<(), StoreError> {
    for (position, it) in (0..).zip(files) {
        let (file, is_whole) = find_or_insert(connection, user, &it.file).await?;
        if let Some(content) = it.content.as_ref().filter(|_| !is_whole) {
            insert_content(connection, file, content).await?;
        }
        insert_sent(
            connection,
            (user, message),
            file,
            (position, it.name.as_str()),
        )
        .await?;
    }
    Ok(())
}

//! Rows of `folder`: names under which a person puts conversations together, and what models are
//! told in them.

use hearth_app::model::{ConversationId, Folder, FolderId, MAX_FOLDERS, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, name_key, now_ms};

/// A folder with everything that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredFolder {
    pub(crate) name: String,
    /// Absent: none.
    pub(crate) instructions: Option<String>,
    /// Milliseconds UTC.
    pub(crate) created_at: i64,
}

/// What became of a folder that somebody makes or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FolderSaved {
    Done(FolderId),
    /// Missing, or not the person's.
    Missing,
    /// Another one of the person's has this name.
    Taken,
    TooMany,
}

impl Store {
    /// A person's folders, by name.
    pub(crate) async fn folders(&self, user: UserId) -> Result<Vec<Folder>, StoreError> {
        let user = user.as_uuid();
        let rows = sqlx::query!(
            r#"
            select id as "id: Uuid", name
            from folder
            where user_id = ?
            order by name_key
            "#,
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        let folders = rows.into_iter().map(|row| Folder {
            id: FolderId::new(row.id),
            name: row.name,
        });
        Ok(folders.collect())
    }

    /// The same with what models are told in them, for exports.
    pub(crate) async fn whole_folders(
        &self,
        user: UserId,
    ) -> Result<Vec<StoredFolder>, StoreError> {
        let user = user.as_uuid();
        let folders = sqlx::query_as!(
            StoredFolder,
            "
            select name, instructions, created_at
            from folder
            where user_id = ?
            order by name_key
            ",
            user,
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(folders)
    }

    /// One folder; `None` if it is missing or not `user`'s.
    pub(crate) async fn folder(
        &self,
        user: UserId,
        id: FolderId,
    ) -> Result<Option<StoredFolder>, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let folder = sqlx::query_as!(
            StoredFolder,
            "select name, instructions, created_at from folder where id = ? and user_id = ?",
            id,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(folder)
    }

    /// The folder that a conversation is in, if models are told something in it.
    pub(crate) async fn instructing_folder(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<StoredFolder>, StoreError> {
        let (user, conversation) = (user.as_uuid(), conversation.as_uuid());
        let folder = sqlx::query_as!(
            StoredFolder,
            "
            select f.name, f.instructions, f.created_at
            from conversation c
            join folder f on f.id = c.folder_id
            where c.id = ?
                and c.user_id = ?
                and c.deleted_at is null
                and f.instructions is not null
            ",
            conversation,
            user,
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(folder)
    }

    /// Makes a folder.
    pub(crate) async fn insert_folder(
        &self,
        user: UserId,
        name: &str,
    ) -> Result<FolderSaved, StoreError> {
        let mut transaction = self.begin().await?;
        if find_folder(&mut transaction, user, name).await?.is_some() {
            return Ok(FolderSaved::Taken);
        }
        let made = make_folder(&mut transaction, user, name).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Gives a folder another name and other instructions.
    pub(crate) async fn change_folder(
        &self,
        user: UserId,
        id: FolderId,
        name: &str,
        instructions: Option<&str>,
    ) -> Result<FolderSaved, StoreError> {
        let mut transaction = self.begin().await?;
        let named = find_folder(&mut transaction, user, name).await?;
        if named.is_some_and(|named| named != id) {
            return Ok(FolderSaved::Taken);
        }
        let (owner, folder, key) = (user.as_uuid(), id.as_uuid(), name_key(name));
        let done = sqlx::query!(
            "
            update folder
            set name = ?, name_key = ?, instructions = ?
            where id = ? and user_id = ?
            ",
            name,
            key,
            instructions,
            folder,
            owner,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(FolderSaved::Missing);
        }
        transaction.commit().await?;
        Ok(FolderSaved::Done(id))
    }

    /// Takes up to `limit` conversations out of a folder, also those in the archive and in the
    /// trash. Returns how many.
    pub(crate) async fn empty_folder(
        &self,
        user: UserId,
        id: FolderId,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!(
            "
            update conversation
            set folder_id = null
            where id in (
                select id
                from conversation
                where folder_id = ? and user_id = ?
                limit ?
            )
            ",
            id,
            user,
            limit,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected())
    }

    /// Removes a folder; what came into it meanwhile goes back to the list. False: missing or not
    /// `user`'s.
    pub(crate) async fn delete_folder(
        &self,
        user: UserId,
        id: FolderId,
    ) -> Result<bool, StoreError> {
        let (user, id) = (user.as_uuid(), id.as_uuid());
        let done = sqlx::query!("delete from folder where id = ? and user_id = ?", id, user)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// A person's folder of this name, in whatever case it is written.
pub(super) async fn find_folder(
    connection: &mut SqliteConnection,
    user: UserId,
    name: &str,
) -> Result<Option<FolderId>, StoreError> {
    let (user, key) = (user.as_uuid(), name_key(name));
    let id = sqlx::query_scalar!(
        r#"select id as "id: Uuid" from folder where user_id = ? and name_key = ?"#,
        user,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(FolderId::new))
}

/// Makes a folder whose name nobody looked at but the caller.
pub(super) async fn make_folder(
    connection: &mut SqliteConnection,
    user: UserId,
    name: &str,
) -> Result<FolderSaved, StoreError> {
    let owner = user.as_uuid();
    let number = sqlx::query_scalar!(
        r#"select count(*) as "number!: i64" from folder where user_id = ?"#,
        owner,
    )
    .fetch_one(&mut *connection)
    .await?;
    if usize::try_from(number).unwrap_or_default() >= MAX_FOLDERS {
        return Ok(FolderSaved::TooMany);
    }
    let folder = StoredFolder {
        name: name.to_owned(),
        instructions: None,
        created_at: now_ms(),
    };
    let id = FolderId::new(Uuid::now_v7());
    insert(connection, user, id, &folder).await?;
    Ok(FolderSaved::Done(id))
}

/// Makes the folders of a file that are not there: those that are stay as they are.
pub(super) async fn bring_folders(
    connection: &mut SqliteConnection,
    user: UserId,
    folders: &[StoredFolder],
) -> Result<(), StoreError> {
    for folder in folders {
        let id = FolderId::new(Uuid::now_v7());
        insert(connection, user, id, folder).await?;
    }
    Ok(())
}

/// Nothing happens if there is one of this name.
async fn insert(
    connection: &mut SqliteConnection,
    user: UserId,
    id: FolderId,
    folder: &StoredFolder,
) -> Result<(), StoreError> {
    let (user, id, key) = (user.as_uuid(), id.as_uuid(), name_key(&folder.name));
    sqlx::query!(
        "
        insert into folder (id, user_id, name, name_key, instructions, created_at)
        values (?, ?, ?, ?, ?, ?)
        on conflict (user_id, name_key) do nothing
        ",
        id,
        user,
        folder.name,
        key,
        folder.instructions,
        folder.created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

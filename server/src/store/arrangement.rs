//! What is done with conversations, one or many: all in one transaction of one short statement for
//! each. Those that are not there, or not the person's, are left out.

use hearth_app::model::{Arrangement, ConversationId, FolderId, MAX_PINNED, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{
    Store, StoreError,
    conversation_list::{num_pinned, unpin_surplus},
    folder::{FolderSaved, find_folder, make_folder},
    now_ms,
};

/// Where a conversation goes that is moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Out of its folder.
    #[default]
    List,
    Folder(FolderId),
    /// The folder of this name, which is made if there is none.
    Named(String),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArrangeOutcome {
    /// Done with these; all others are missing, or not the person's.
    Done(Vec<ConversationId>),
    /// Nothing was done: the folder is missing or not the person's.
    NoFolder,
    /// Nothing was done: that many cannot be pinned.
    TooManyPinned,
    /// Nothing was done: there are too many folders.
    TooManyFolders,
}

impl Store {
    /// Does something with conversations, all or nothing.
    pub(crate) async fn arrange(
        &self,
        user: UserId,
        ids: &[ConversationId],
        arrangement: Arrangement,
        destination: &Destination,
    ) -> Result<ArrangeOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let folder = match find(&mut transaction, user, destination).await? {
            Ok(folder) => folder,
            Err(refused) => return Ok(refused),
        };
        let step = Step {
            user: user.as_uuid(),
            word: arrangement.as_str(),
            folder: folder.map(FolderId::as_uuid),
            now: now_ms(),
        };
        let mut done = Vec::new();
        for &id in ids {
            if step.take(&mut transaction, id.as_uuid()).await? {
                done.push(id);
            }
        }
        match arrangement {
            Arrangement::Pin if num_pinned(&mut transaction, user).await? > MAX_PINNED => {
                return Ok(ArrangeOutcome::TooManyPinned);
            }
            Arrangement::Restore => unpin_surplus(&mut transaction, user).await?,
            _ => {}
        }
        // A folder that nothing goes into is not made.
        if !done.is_empty() {
            transaction.commit().await?;
        }
        Ok(ArrangeOutcome::Done(done))
    }
}

async fn find(
    connection: &mut SqliteConnection,
    user: UserId,
    destination: &Destination,
) -> Result<Result<Option<FolderId>, ArrangeOutcome>, StoreError> {
    match destination {
        Destination::List => Ok(Ok(None)),
        Destination::Folder(id) => {
            let is_there = is_folder(connection, user, *id).await?;
            let folder = is_there.then_some(Some(*id));
            Ok(folder.ok_or(ArrangeOutcome::NoFolder))
        }
        Destination::Named(name) => {
            if let Some(known) = find_folder(connection, user, name).await? {
                return Ok(Ok(Some(known)));
            }
            Ok(match make_folder(connection, user, name).await? {
                FolderSaved::Done(id) => Ok(Some(id)),
                FolderSaved::TooMany => Err(ArrangeOutcome::TooManyFolders),
                FolderSaved::Missing | FolderSaved::Taken => Err(ArrangeOutcome::NoFolder),
            })
        }
    }
}

async fn is_folder(
    connection: &mut SqliteConnection,
    user: UserId,
    id: FolderId,
) -> Result<bool, StoreError> {
    let (user, id) = (user.as_uuid(), id.as_uuid());
    let found = sqlx::query_scalar!(
        r#"
        select exists (select 1 from folder where id = ? and user_id = ?) as "found!: bool"
        "#,
        id,
        user,
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// What is done with each of them.
struct Step {
    user: Uuid,
    /// Of the arrangement.
    word: &'static str,
    folder: Option<Uuid>,
    now: i64,
}

impl Step {
    /// False: missing, or not the person's.
    async fn take(&self, connection: &mut SqliteConnection, id: Uuid) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "
            update conversation
            set pinned_at = case
                    when ?1 = 'pin' then coalesce(pinned_at, ?2)
                    when ?1 in ('unpin', 'archive', 'move') then null
                    else pinned_at
                end,
                archived_at = case
                    when ?1 = 'archive' then coalesce(archived_at, ?2)
                    when ?1 in ('pin', 'unarchive') then null
                    else archived_at
                end,
                folder_id = case when ?1 = 'move' then ?3 else folder_id end,
                deleted_at = case
                    when ?1 = 'delete' then coalesce(deleted_at, ?2)
                    when ?1 = 'restore' then null
                    else deleted_at
                end
            where id = ?4
                and user_id = ?5
                and (
                    deleted_at is null
                    or (?1 in ('delete', 'restore') and deleted_at is not 0)
                )
            ",
            self.word,
            self.now,
            self.folder,
            id,
            self.user,
        )
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

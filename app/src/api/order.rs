//! Ordering conversations. Every change works as a plain form post.

use leptos::prelude::*;

use crate::model::{
    Arranged, Arrangement, ChatError, ConversationId, ConversationPage, FolderForm, FolderId,
    ListPlace,
};
#[cfg(feature = "ssr")]
use crate::{
    api::{lead_back_or_to, lead_form_post_to},
    service::{
        current_user,
        order::{Arranging, order_service},
    },
};

/// Where the archive is shown.
#[cfg(feature = "ssr")]
const ARCHIVE: &str = "/settings/archive";
/// Where folders are named.
#[cfg(feature = "ssr")]
const FOLDERS: &str = "/settings/folders";

/// A page of a folder's conversations, as `conversations`.
///
/// # Errors
/// [`ChatError::NotFound`] unless the folder is the user's.
#[server(name = ReadFolderConversations, endpoint = "folder_conversations")]
pub async fn folder_conversations(
    folder: FolderId,
    #[server(default)] after: Option<ListPlace>,
) -> Result<ConversationPage, ChatError> {
    let user = current_user()?;
    order_service()
        .folder_conversations(user.id, folder, after)
        .await
}

/// A page of the archive.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ReadArchive, endpoint = "archive")]
pub async fn archive(
    #[server(default)] after: Option<ListPlace>,
) -> Result<ConversationPage, ChatError> {
    let user = current_user()?;
    order_service().archive(user.id, after).await
}

/// Does something with up to [`crate::model::MAX_ARRANGED`] conversations; those that are not there
/// are left out. What is moved goes into `folder`, or into the one called `folder_name`, which is
/// made if there is none; without both out of its folder.
///
/// # Errors
/// [`ChatError::NotFound`] if none of them is the user's, or the folder is not;
/// [`ChatError::Invalid`] for too many.
#[server(endpoint = "arrange_conversations")]
pub async fn arrange_conversations(
    #[server(default)] ids: Vec<ConversationId>,
    arrangement: Arrangement,
    #[server(default)] folder: Option<FolderId>,
    #[server(default)] folder_name: String,
) -> Result<Arranged, ChatError> {
    let user = current_user()?;
    let arranging = Arranging {
        arrangement,
        folder,
        folder_name,
    };
    let arranged = order_service().arrange(user.id, ids, arranging).await?;
    match arrangement {
        Arrangement::Unarchive => lead_form_post_to(ARCHIVE),
        _ => lead_back_or_to("/"),
    }
    Ok(arranged)
}

/// Takes the mark away that says that something is new in a conversation.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "see_conversation")]
pub async fn see_conversation(id: ConversationId) -> Result<(), ChatError> {
    let user = current_user()?;
    order_service().see(user.id, id).await
}

/// Makes a folder.
///
/// # Errors
/// [`ChatError::Invalid`] for a name that is blank, too long or taken, and for too many folders.
#[server(endpoint = "create_folder")]
pub async fn create_folder(name: String) -> Result<FolderId, ChatError> {
    let user = current_user()?;
    let id = order_service().create_folder(user.id, name).await?;
    lead_form_post_to(&format!("{FOLDERS}?id={id}"));
    Ok(id)
}

/// A folder's name and instructions.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(name = ReadFolder, endpoint = "folder")]
pub async fn folder(id: FolderId) -> Result<FolderForm, ChatError> {
    let user = current_user()?;
    order_service().folder(user.id, id).await
}

/// Gives a folder another name and other instructions.
///
/// # Errors
/// [`ChatError::NotFound`]; [`ChatError::Invalid`] for a name that is blank, too long or taken, and
/// for instructions that are too long.
#[server(endpoint = "save_folder")]
pub async fn save_folder(
    id: FolderId,
    #[server(default)] form: FolderForm,
) -> Result<(), ChatError> {
    let user = current_user()?;
    order_service().save_folder(user.id, id, form).await?;
    lead_form_post_to(&format!("{FOLDERS}?id={id}"));
    Ok(())
}

/// Removes a folder; its conversations stay.
///
/// # Errors
/// [`ChatError::NotFound`].
#[server(endpoint = "delete_folder")]
pub async fn delete_folder(id: FolderId) -> Result<(), ChatError> {
    let user = current_user()?;
    order_service().delete_folder(user.id, id).await?;
    lead_form_post_to(FOLDERS);
    Ok(())
}

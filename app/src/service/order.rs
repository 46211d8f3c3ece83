//! What the server offers to those who order their conversations: folders, the top of the list, the
//! archive, and many at once.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{
    Arranged, Arrangement, ChatError, ConversationId, ConversationPage, FolderForm, FolderId,
    ListPlace, UserId,
};

/// What is done with conversations, and where those go that are moved.
#[derive(Clone, Debug)]
pub struct Arranging {
    pub arrangement: Arrangement,
    /// Absent: out of their folder.
    pub folder: Option<FolderId>,
    /// Not empty: into the folder of this name, which is made if there is none.
    pub folder_name: String,
}

/// The order of a person's conversations.
#[async_trait]
pub trait OrderService: Send + Sync + 'static {
    /// A piece of a folder's list, as [`super::ChatService::conversations`].
    async fn folder_conversations(
        &self,
        user: UserId,
        folder: FolderId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError>;
    /// A piece of the archive, in the same order.
    async fn archive(
        &self,
        user: UserId,
        after: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError>;
    /// Does something with up to [`crate::model::MAX_ARRANGED`] conversations. Those that are not
    /// there are left out; [`ChatError::NotFound`] if none is.
    async fn arrange(
        &self,
        user: UserId,
        ids: Vec<ConversationId>,
        arranging: Arranging,
    ) -> Result<Arranged, ChatError>;
    /// Its person has seen how the last answer ended.
    async fn see(&self, user: UserId, id: ConversationId) -> Result<(), ChatError>;
    async fn create_folder(&self, user: UserId, name: String) -> Result<FolderId, ChatError>;
    async fn folder(&self, user: UserId, id: FolderId) -> Result<FolderForm, ChatError>;
    /// Holds from the next turn on.
    async fn save_folder(
        &self,
        user: UserId,
        id: FolderId,
        form: FolderForm,
    ) -> Result<(), ChatError>;
    /// Removes a folder and none of its conversations.
    async fn delete_folder(&self, user: UserId, id: FolderId) -> Result<(), ChatError>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn order_service() -> Arc<dyn OrderService> {
    use_context().expect("invariant: the server provides the order service")
}

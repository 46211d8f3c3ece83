//! What the server offers to those who take conversations out or bring them in.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{
    ChatError, ConversationId, Export, ExportChoice, ExportId, Upload, UploadId, UserId,
};

/// Exports and imports.
#[async_trait]
pub trait ExportService: Send + Sync + 'static {
    /// Writes a conversation down and keeps the file.
    async fn create_export(
        &self,
        user: UserId,
        conversation: ConversationId,
        choice: ExportChoice,
    ) -> Result<ExportId, ChatError>;
    /// The user's exports, the newest first.
    async fn exports(&self, user: UserId) -> Result<Vec<Export>, ChatError>;
    async fn delete_export(&self, user: UserId, id: ExportId) -> Result<(), ChatError>;
    /// What an uploaded file would change, or has changed.
    async fn upload(&self, user: UserId, id: UploadId) -> Result<Upload, ChatError>;
    /// Imports an uploaded file, all or nothing, or without the conversations of another program
    /// that cannot be read. A second time is the same as once.
    async fn import(
        &self,
        user: UserId,
        id: UploadId,
        without_unreadable: bool,
    ) -> Result<Upload, ChatError>;
}

/// The export service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn export_service() -> Arc<dyn ExportService> {
    use_context().expect("invariant: the server provides the export service")
}

//! Taking conversations out and bringing them in. Every change works as a plain form post.

use leptos::prelude::*;

use crate::model::{ChatError, ConversationId, Export, ExportFormat, ExportId, Upload, UploadId};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    model::ExportChoice,
    service::{current_user, exports::export_service},
};

/// Where a file is downloaded.
pub fn download_path(id: ExportId) -> String {
    format!("/exports/{id}")
}

/// Writes a conversation down, with what the model thought if `reasoning` is set, and in Markdown
/// with all of its branches if `branches` is. A form post is answered with the file.
///
/// # Errors
/// [`ChatError::NotFound`] unless the conversation is the user's; [`ChatError::Busy`] if the
/// server's disk is full (nothing is written).
#[server(endpoint = "create_export")]
pub async fn create_export(
    conversation: ConversationId,
    format: ExportFormat,
    #[server(default)] reasoning: bool,
    #[server(default)] branches: bool,
) -> Result<ExportId, ChatError> {
    let user = current_user()?;
    let choice = ExportChoice {
        format,
        with_reasoning: reasoning,
        with_branches: branches,
    };
    let id = export_service()
        .create_export(user.id, conversation, choice)
        .await?;
    lead_form_post_to(&download_path(id));
    Ok(id)
}

/// The user's exports, the newest first.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ListExports, endpoint = "exports")]
pub async fn exports() -> Result<Vec<Export>, ChatError> {
    let user = current_user()?;
    export_service().exports(user.id).await
}

/// Removes an export.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's.
#[server(endpoint = "delete_export")]
pub async fn delete_export(id: ExportId) -> Result<(), ChatError> {
    let user = current_user()?;
    export_service().delete_export(user.id, id).await?;
    lead_form_post_to("/settings/exports");
    Ok(())
}

/// What an uploaded file would change, or has changed.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's.
#[server(endpoint = "import_preview")]
pub async fn import_preview(upload: UploadId) -> Result<Upload, ChatError> {
    let user = current_user()?;
    export_service().upload(user.id, upload).await
}

/// Imports an uploaded file, all of it or nothing, or, if `without_unreadable` is set, all that can
/// be read of another program's. What is wrong with a file is in the answer.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's; [`ChatError::Busy`] if the server's disk is
/// full (nothing is written).
#[server(endpoint = "import_commit")]
pub async fn import_commit(
    upload: UploadId,
    #[server(default)] without_unreadable: bool,
) -> Result<Upload, ChatError> {
    let user = current_user()?;
    let imported = export_service()
        .import(user.id, upload, without_unreadable)
        .await?;
    lead_form_post_to(&format!("/settings/import?upload={upload}"));
    Ok(imported)
}

//! Deleting for good, and what can still come back. Every change works as a plain form post.

use leptos::prelude::*;

use crate::model::{ChatError, ConversationId, MessageId, Trash, UserId};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    service::{current_administrator, current_user, deletion::deletion_service},
};

/// Where the trash is shown.
#[cfg(feature = "ssr")]
const TRASH: &str = "/settings/trash";

/// Conversations that can come back, the last deleted first.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ReadTrash, endpoint = "trash")]
pub async fn trash() -> Result<Trash, ChatError> {
    let user = current_user()?;
    deletion_service().trash(user.id).await
}

/// Removes a conversation for good.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is in the user's trash.
#[server(endpoint = "delete_forever")]
pub async fn delete_forever(id: ConversationId) -> Result<(), ChatError> {
    let user = current_user()?;
    deletion_service().delete_forever(user.id, id).await?;
    lead_form_post_to(TRASH);
    Ok(())
}

/// Removes everything in the trash for good.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(endpoint = "empty_trash")]
pub async fn empty_trash() -> Result<(), ChatError> {
    let user = current_user()?;
    deletion_service().empty_trash(user.id).await?;
    lead_form_post_to(TRASH);
    Ok(())
}

/// Removes a message and everything below it for good; the last answer takes its question along.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's.
#[server(endpoint = "delete_message")]
pub async fn delete_message(message: MessageId) -> Result<(), ChatError> {
    let user = current_user()?;
    let deleted = deletion_service().delete_message(user.id, message).await;
    lead_form_post_to(&format!("/c/{}", deleted?));
    Ok(())
}

/// Removes the own account with all that is in it.
///
/// # Errors
/// [`ChatError::Invalid`] for a wrong password, and for the last administrator;
/// [`ChatError::Busy`] after too many wrong passwords.
#[server(endpoint = "delete_own_account")]
pub async fn delete_own_account(password: String) -> Result<(), ChatError> {
    let user = current_user()?;
    let cookie = deletion_service()
        .delete_own_account(&user, password)
        .await?;
    super::accounts::set_cookie(&cookie);
    lead_form_post_to("/sign-in");
    Ok(())
}

/// Removes somebody's account with all that is in it. `name` is typed to confirm it.
///
/// # Errors
/// [`ChatError::Forbidden`]; [`ChatError::NotFound`]; [`ChatError::Invalid`] for another name, the
/// own account and the last administrator.
#[server(endpoint = "delete_account")]
pub async fn delete_account(user: UserId, name: String) -> Result<(), ChatError> {
    let by = current_administrator()?;
    deletion_service().delete_account(&by, user, name).await?;
    lead_form_post_to("/admin/people");
    Ok(())
}

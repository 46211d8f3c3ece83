//! Sharing copies of chats. Every change works as a plain form post.

use leptos::prelude::*;

use crate::model::{ChatError, ConversationId, IdempotencyKey, ShareAudience, ShareId, Shares};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    service::{
        current_user,
        sharing::{ShareChoice, sharing_service},
    },
};

/// Shares a copy of the branch that is shown, with what models thought and what tools did if that
/// is chosen; with everybody who is signed in, or with those whose names `readers` has.
///
/// # Errors
/// [`ChatError::NotFound`] unless the conversation is the user's and has messages;
/// [`ChatError::Invalid`] if sharing is turned off, nobody or an unknown person is chosen, or the
/// copy is one too many or too long; [`ChatError::Busy`] while an answer of it is being written.
#[server(endpoint = "share_conversation")]
pub async fn share_conversation(
    id: ConversationId,
    audience: ShareAudience,
    #[server(default)] readers: Vec<String>,
    #[server(default)] reasoning: bool,
    #[server(default)] steps: bool,
) -> Result<ShareId, ChatError> {
    let user = current_user()?;
    let choice = ShareChoice {
        audience,
        readers,
        with_reasoning: reasoning,
        with_steps: steps,
    };
    let share = sharing_service().share(user.id, id, choice).await?;
    lead_form_post_to(&format!("/s/{share}"));
    Ok(share)
}

/// What the user shares, and what others share with the user by name.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ListShares, endpoint = "shares")]
pub async fn shares() -> Result<Shares, ChatError> {
    let user = current_user()?;
    sharing_service().shares(user.id).await
}

/// Ends a copy: nobody reads it from now on.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is the user's.
#[server(endpoint = "revoke_share")]
pub async fn revoke_share(id: ShareId) -> Result<(), ChatError> {
    let user = current_user()?;
    sharing_service().revoke(user.id, id).await?;
    lead_form_post_to("/settings/shared");
    Ok(())
}

/// Makes a conversation of the user's own that begins as a copy. With the same key again, the same
/// one is given.
///
/// # Errors
/// [`ChatError::NotFound`] unless the copy is for the user.
#[server(endpoint = "continue_shared")]
pub async fn continue_shared(
    id: ShareId,
    key: IdempotencyKey,
) -> Result<ConversationId, ChatError> {
    let user = current_user()?;
    let own = sharing_service().continue_shared(user.id, id, key).await?;
    lead_form_post_to(&format!("/c/{own}"));
    Ok(own)
}

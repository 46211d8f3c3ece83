//! The own account: its sessions and its password.

use leptos::prelude::*;

use crate::model::{ChatError, SessionId, SessionSummary};
#[cfg(feature = "ssr")]
use crate::{
    api::{accounts::append_cookie, lead_form_post_to},
    service::{account_service, current_user},
};

/// The user's sessions, the last used first.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ListSessions, endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<SessionSummary>, ChatError> {
    let user = current_user()?;
    account_service().sessions(&user).await
}

/// Signs one browser of the user out.
///
/// # Errors
/// [`ChatError::NotFound`] unless the session is the user's.
#[server(endpoint = "end_session")]
pub async fn end_session(id: SessionId) -> Result<(), ChatError> {
    let user = current_user()?;
    account_service().end_session(&user, id).await?;
    lead_form_post_to("/settings/account");
    Ok(())
}

/// Signs every browser of the user out but this one.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), ChatError> {
    let user = current_user()?;
    account_service().end_other_sessions(&user).await?;
    lead_form_post_to("/settings/account");
    Ok(())
}

/// Changes the user's password and signs every other browser out.
///
/// # Errors
/// [`ChatError::Invalid`] if the old password is wrong or the new one too short or too long,
/// [`ChatError::Busy`] after too many wrong ones.
#[server(endpoint = "change_password")]
pub async fn change_password(old_password: String, new_password: String) -> Result<(), ChatError> {
    let user = current_user()?;
    let device = account_service()
        .change_password(&user, old_password, new_password)
        .await?;
    append_cookie(&device);
    lead_form_post_to("/settings/account?saved=password");
    Ok(())
}

//! Keys with which programs ask in a person's name.

use leptos::prelude::*;

use crate::model::{ApiKeyId, ApiKeySummary, ChatError};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    service::{api_keys::api_key_service, current_user},
};

/// Where keys are made and revoked.
#[cfg(feature = "ssr")]
const PAGE: &str = "/settings/keys";

/// The user's keys, the newest first.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ListApiKeys, endpoint = "api_keys")]
pub async fn api_keys() -> Result<Vec<ApiKeySummary>, ChatError> {
    let user = current_user()?;
    api_key_service().api_keys(&user).await
}

/// Makes a key and answers with it; it is shown nowhere else, but for the page that a form
/// without script leads to.
///
/// # Errors
/// [`ChatError::Invalid`] for a name that nobody can read, or too many keys.
#[server(endpoint = "create_api_key")]
pub async fn create_api_key(name: String) -> Result<String, ChatError> {
    let user = current_user()?;
    let key = api_key_service().create_api_key(&user, name).await?;
    lead_form_post_to(PAGE);
    Ok(key)
}

/// Revokes a key: from now on it opens nothing.
///
/// # Errors
/// [`ChatError::NotFound`] unless the key is the user's.
#[server(endpoint = "revoke_api_key")]
pub async fn revoke_api_key(id: ApiKeyId) -> Result<(), ChatError> {
    let user = current_user()?;
    api_key_service().revoke_api_key(&user, id).await?;
    lead_form_post_to(PAGE);
    Ok(())
}

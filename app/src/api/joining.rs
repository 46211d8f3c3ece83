//! Ways into an account besides signing in: a link of the administrator, or open sign-up.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::accounts::set_cookie;
use crate::model::ChatError;
#[cfg(feature = "ssr")]
use crate::{service::join_service, way_back::next_page};

/// Whether anybody may make an account.
///
/// # Errors
/// Only if the server fails.
#[server(endpoint = "may_sign_up")]
pub async fn may_sign_up() -> Result<bool, ChatError> {
    join_service().may_sign_up().await
}

/// Makes an account and goes on to the page that `next` names, if it is one of the product.
///
/// # Errors
/// [`ChatError::Forbidden`] where sign-up is closed, [`ChatError::Invalid`] for a bad name or
/// password.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ChatError> {
    let cookie = join_service().sign_up(name, password).await?;
    set_cookie(&cookie);
    leptos_axum::redirect(next_page(&next));
    Ok(())
}

/// The name of the person whose password a link chooses; absent if the link does not hold.
///
/// # Errors
/// Only if the server fails.
#[server(endpoint = "link_owner")]
pub async fn link_owner(token: String) -> Result<Option<String>, ChatError> {
    join_service().link_owner(token).await
}

/// Chooses a password with a one-time link and goes to the start page.
///
/// # Errors
/// [`ChatError::Forbidden`] for a link that does not hold, [`ChatError::Invalid`] for a bad
/// password.
#[server(endpoint = "join")]
pub async fn join(token: String, password: String) -> Result<(), ChatError> {
    let cookie = join_service().join(token, password).await?;
    set_cookie(&cookie);
    leptos_axum::redirect("/");
    Ok(())
}

//! Set-up, sign-in, sign-out. All three work as plain form posts.

use leptos::prelude::*;

use crate::model::ChatError;
#[cfg(feature = "ssr")]
use crate::{
    service::{SessionCookie, SessionToken, account_service},
    way_back::next_page,
};

/// Creates the first administrator and goes to the start page.
///
/// # Errors
/// [`ChatError::Forbidden`] for a wrong token, [`ChatError::Invalid`] for a bad name or password.
#[server(endpoint = "set_up")]
pub async fn set_up(token: String, name: String, password: String) -> Result<(), ChatError> {
    let cookie = account_service().set_up(token, name, password).await?;
    set_cookie(&cookie);
    leptos_axum::redirect("/");
    Ok(())
}

/// Signs in and goes on to the page that `next` names, if it is one of the product.
///
/// # Errors
/// [`ChatError::Invalid`] for a wrong name or password (the same sentence for both).
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ChatError> {
    let cookie = account_service().sign_in(name, password).await?;
    set_cookie(&cookie);
    leptos_axum::redirect(next_page(&next));
    Ok(())
}

/// Ends this session and goes to the sign-in page.
///
/// # Errors
/// Only if the server fails.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ChatError> {
    let session = use_context::<SessionToken>().unwrap_or_default();
    let cookie = account_service().sign_out(session.0).await?;
    set_cookie(&cookie);
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Whether no account exists yet.
///
/// # Errors
/// Only if the server fails.
#[server(endpoint = "needs_set_up")]
pub async fn needs_set_up() -> Result<bool, ChatError> {
    account_service().needs_set_up().await
}

#[cfg(feature = "ssr")]
pub(super) fn set_cookie(cookie: &SessionCookie) {
    append_cookie(&cookie.session);
    if let Some(device) = &cookie.device {
        append_cookie(device);
    }
}

/// Adds a complete `Set-Cookie` value to the answer.
#[cfg(feature = "ssr")]
pub(super) fn append_cookie(cookie: &str) {
    let response = expect_context::<leptos_axum::ResponseOptions>();
    if let Ok(value) = http::HeaderValue::from_str(cookie) {
        response.append_header(http::header::SET_COOKIE, value);
    }
}

//! How this browser wants its pages. Kept in cookies: nobody has to be signed in.
#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "in the browser every server function is a call over the network"
    )
)]

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::model::Language;
use crate::model::{ChatError, LanguageChoice, Theme};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_form_post_to,
    model::preferences::{LANGUAGE_COOKIE, THEME_COOKIE},
};

/// How long a browser keeps a choice.
#[cfg(feature = "ssr")]
const ONE_YEAR_S: u32 = 365 * 24 * 60 * 60;

/// Chooses the language of pages.
///
/// # Errors
/// [`ChatError::Invalid`] for a language that there is not.
#[server(endpoint = "set_language")]
pub async fn set_language(language: LanguageChoice) -> Result<(), ChatError> {
    set_cookie(LANGUAGE_COOKIE, language.language().map(Language::as_str));
    lead_form_post_to("/settings?saved=language");
    Ok(())
}

/// Chooses light or dark for this browser.
///
/// # Errors
/// [`ChatError::Invalid`] for a theme that there is not.
#[server(endpoint = "set_theme")]
pub async fn set_theme(theme: Theme) -> Result<(), ChatError> {
    set_cookie(THEME_COOKIE, theme.as_attribute());
    lead_form_post_to("/settings?saved=theme");
    Ok(())
}

/// Sets a cookie, or has it forgotten. It holds no secret, so it needs no https.
#[cfg(feature = "ssr")]
pub(super) fn set_cookie(name: &str, value: Option<&str>) {
    let max_age_s = if value.is_some() { ONE_YEAR_S } else { 0 };
    let value = value.unwrap_or_default();
    let cookie = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax");
    let response = expect_context::<leptos_axum::ResponseOptions>();
    if let Ok(cookie) = http::HeaderValue::from_str(&cookie) {
        response.append_header(http::header::SET_COOKIE, cookie);
    }
}

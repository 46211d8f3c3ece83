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
use crate::model::{ChatError, Drawing, LanguageChoice, SettingsSection, Theme};
#[cfg(feature = "ssr")]
use crate::{
    api::lead_back_or_to,
    model::{
        SingleKeys,
        preferences::{LANGUAGE_COOKIE, SINGLE_KEYS_COOKIE, THEME_COOKIE},
    },
    service::current_user,
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
    lead_back_or_to("/settings?saved=language");
    Ok(())
}

/// Chooses light or dark for this browser.
///
/// # Errors
/// [`ChatError::Invalid`] for a theme that there is not.
#[server(endpoint = "set_theme")]
pub async fn set_theme(theme: Theme) -> Result<(), ChatError> {
    set_cookie(THEME_COOKIE, theme.as_attribute());
    lead_back_or_to("/settings?saved=theme");
    Ok(())
}

/// Chooses whether single keys do something in this browser. A form without a tick sends nothing,
/// and means no.
///
/// # Errors
/// [`ChatError::Invalid`] for what is neither yes nor no.
#[server(endpoint = "set_single_keys")]
pub async fn set_single_keys(#[server(default)] single_keys: bool) -> Result<(), ChatError> {
    let chosen = if single_keys {
        SingleKeys::On
    } else {
        SingleKeys::Off
    };
    set_cookie(SINGLE_KEYS_COOKIE, chosen.as_attribute());
    lead_back_or_to("/settings?saved=single_keys");
    Ok(())
}

/// A section of the settings. `query` is what the address of the page says after `?`.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(endpoint = "draw_settings")]
pub async fn draw_settings(
    section: SettingsSection,
    #[server(default)] query: String,
) -> Result<Drawing, ChatError> {
    let user = current_user()?;
    crate::pages::draw_settings(&user, section, &query).await
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

//! What the administrator says on the chat page.
#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "in the browser every server function is a call over the network"
    )
)]

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::{lead_form_post_to, preferences::set_cookie};
use crate::model::{ChatError, PageWords};
#[cfg(feature = "ssr")]
use crate::{
    model::{Preferences, preferences::BANNER_COOKIE},
    service::{DismissedBanner, administration_service, current_user},
};

/// The banner this person has to see, if there is one, and what they may begin with.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ReadPageWords, endpoint = "page_words")]
pub async fn page_words() -> Result<PageWords, ChatError> {
    current_user()?;
    let preferences = use_context::<Preferences>().unwrap_or_default();
    let DismissedBanner(dismissed) = use_context().unwrap_or_default();
    let (service, language) = (administration_service(), preferences.language);
    Ok(PageWords {
        banner: service.banner(language, dismissed.as_deref()),
        starters: service.starters(language),
    })
}

/// Puts a banner away in this browser; a changed one is shown again.
///
/// # Errors
/// [`ChatError::Unauthorized`]; [`ChatError::NotFound`] for what names no banner.
#[server(endpoint = "dismiss_banner")]
pub async fn dismiss_banner(dismissal: String) -> Result<(), ChatError> {
    current_user()?;
    let is_sound = |letter: char| letter.is_ascii_digit() || letter == '-';
    if dismissal.is_empty() || dismissal.len() > 80 || !dismissal.chars().all(is_sound) {
        return Err(ChatError::NotFound);
    }
    set_cookie(BANNER_COOKIE, Some(&dismissal));
    lead_form_post_to("/");
    Ok(())
}

//! The administrator's banner.
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
use crate::model::{Banner, ChatError};
#[cfg(feature = "ssr")]
use crate::{
    model::{Preferences, preferences::BANNER_COOKIE},
    service::{DismissedBanner, administration_service, current_user},
};

/// The banner this person has to see, if there is one.
///
/// # Errors
/// [`ChatError::Unauthorized`].
#[server(name = ReadBanner, endpoint = "banner")]
pub async fn banner() -> Result<Option<Banner>, ChatError> {
    current_user()?;
    let preferences = use_context::<Preferences>().unwrap_or_default();
    let DismissedBanner(dismissed) = use_context().unwrap_or_default();
    Ok(administration_service().banner(preferences.language, dismissed.as_deref()))
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

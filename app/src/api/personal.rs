//! What a person wants of all answers, and says of each. Every change works as a plain form post.

use leptos::prelude::*;

use crate::model::{ChatError, MessageId, PersonalInstructions, RatingDetails, Thumb};
#[cfg(feature = "ssr")]
use crate::{
    api::{lead_back_or_to, lead_form_post_to},
    service::{current_user, personal::personal_service},
};

/// Says what models are to know in every chat from now on. A form without a tick at `is_on` keeps
/// the texts and tells nobody.
///
/// # Errors
/// [`ChatError::Invalid`] for a text that is too long.
#[server(endpoint = "save_personal_instructions")]
pub async fn save_personal_instructions(
    #[server(default)] form: PersonalInstructions,
) -> Result<(), ChatError> {
    let user = current_user()?;
    personal_service()
        .save_personal_instructions(user.id, form)
        .await?;
    lead_form_post_to("/settings?saved=personal");
    Ok(())
}

/// Rates an answer, in the place of what was said of it before; without a thumb, takes that back.
///
/// # Errors
/// [`ChatError::NotFound`] unless it is an answer of the user's that is not being written;
/// [`ChatError::Invalid`] for a comment that is too long, or at a thumb that points up.
#[server(endpoint = "rate_message")]
pub async fn rate_message(
    message: MessageId,
    #[server(default)] thumb: Option<Thumb>,
    #[server(default)] details: RatingDetails,
) -> Result<(), ChatError> {
    let user = current_user()?;
    personal_service()
        .rate(user.id, message, thumb, details)
        .await?;
    lead_back_or_to("/");
    Ok(())
}

//! Finding what was written.

use leptos::prelude::*;

use crate::model::{ChatError, Drawing};
#[cfg(feature = "ssr")]
use crate::service::current_user;

/// What was found of a text that is being typed; of none, the last chats. `is_page`: with the field
/// itself, for a page of its own.
///
/// # Errors
/// [`ChatError::Unauthorized`]; [`ChatError::Busy`] if too much is being looked for.
#[server(endpoint = "draw_search")]
pub async fn draw_search(
    #[server(default)] typed: String,
    #[server(default)] is_page: bool,
) -> Result<Drawing, ChatError> {
    let user = current_user()?;
    crate::pages::draw_search(&user, &typed, is_page).await
}

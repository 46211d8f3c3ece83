//! Pages: they load, call server functions and hand signals to components.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

mod chat;
mod not_found;
mod set_up;
mod sign_in;

pub(crate) use chat::ChatPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use set_up::SetUpPage;
pub(crate) use sign_in::SignInPage;

/// Gives the document another status than 200. Only the server can do that.
#[cfg(feature = "ssr")]
fn answer_not_found() {
    use leptos::prelude::use_context;
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}

#[cfg(not(feature = "ssr"))]
fn answer_not_found() {}

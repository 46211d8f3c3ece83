//! Pages: they load, call server functions and hand signals to components.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

mod chat;
mod exports;
mod import;
mod not_found;
#[cfg(feature = "ssr")]
mod refused_message;
mod set_up;
mod sign_in;

pub(crate) use chat::ChatPage;
pub(crate) use exports::ExportsPage;
pub(crate) use import::ImportPage;
pub(crate) use not_found::NotFoundPage;
#[cfg(feature = "ssr")]
pub use refused_message::{RefusedMessage, refused_message};
pub(crate) use set_up::SetUpPage;
pub(crate) use sign_in::SignInPage;

use crate::words;

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

/// The title of the browser's window.
fn window_title(name: &str) -> String {
    escape_text(&format!("{name} · {}", words::PRODUCT))
}

/// Leptos writes titles and inner HTML into the document as they are: text of people could end the
/// element and begin another. The browser sets titles as text.
#[cfg(feature = "ssr")]
fn escape_text(title: &str) -> String {
    title.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(not(feature = "ssr"))]
fn escape_text(title: &str) -> String {
    title.to_owned()
}

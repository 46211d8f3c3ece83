//! Server functions: doormen that ask who, call the service, and map the answer.

pub mod accounts;
pub mod administration;
pub mod api_keys;
pub mod banner;
pub mod conversations;
pub mod deletion;
pub mod exports;
pub mod joining;
pub mod messages;
pub mod page_build;
pub mod preferences;
pub mod sessions;

/// A browser without script lands on this page; the script finds its way by itself.
#[cfg(feature = "ssr")]
fn lead_form_post_to(path: &str) {
    use leptos::prelude::use_context;
    let accepts_html = use_context::<http::request::Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(http::header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    });
    if accepts_html {
        leptos_axum::redirect(path);
    }
}

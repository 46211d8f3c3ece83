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
pub mod order;
pub mod page_build;
pub mod personal;
pub mod preferences;
pub mod search;
pub mod sessions;
pub mod sharing;
pub mod tails;

/// Leads whoever posted a form back to the page it stood on; from the settings to `path`, which
/// says there what was done.
#[cfg(feature = "ssr")]
fn lead_back_or_to(path: &str) {
    use leptos::prelude::use_context;
    let parts = use_context::<http::request::Parts>();
    let from = parts.as_ref().and_then(|parts| {
        let referer = parts.headers.get(http::header::REFERER)?.to_str().ok()?;
        let (_, host) = referer.split_once("://")?;
        crate::sub_path::use_sub_path().strip(host.get(host.find('/')?..)?)
    });
    let from = from.filter(|it| !it.starts_with("/settings") && crate::way_back::is_own_path(it));
    lead_form_post_to(from.unwrap_or(path));
}

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

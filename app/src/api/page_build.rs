//! Which page the server has: one that was loaded before an upgrade may not understand it.
#![cfg_attr(
    feature = "ssr",
    expect(
        clippy::unused_async,
        reason = "in the browser every server function is a call over the network"
    )
)]

use leptos::prelude::*;

use crate::model::ChatError;
#[cfg(feature = "ssr")]
use crate::service::PageBuild;

/// The name of the page's build, as the root element of a document of this server has it.
///
/// # Errors
/// Never by itself.
#[server(name = ReadPageBuild, endpoint = "page_build")]
pub async fn page_build() -> Result<String, ChatError> {
    let PageBuild(name) = use_context().unwrap_or_default();
    Ok(name)
}

//! A link to another page of the product.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::sub_path::use_sub_path;

/// A link that the router follows without a load. It says so where it leads to the shown page.
#[component]
pub(crate) fn PageLink(
    /// A path of the product, such as `/settings`.
    #[prop(into)]
    to: String,
    children: Children,
) -> impl IntoView {
    let mut href = to;
    href.insert_str(0, use_sub_path().as_str());
    let target = href.clone();
    let shown = use_location().pathname;
    // The start page below a path has two addresses: with a slash at the end, and without.
    let is_shown = move || {
        let is_same = shown.read().trim_end_matches('/') == target.trim_end_matches('/');
        is_same.then_some("page")
    };
    view! { <a href=href aria-current=is_shown>{children()}</a> }
}

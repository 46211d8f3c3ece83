//! A link to another page of the product.

use leptos::{oco::Oco, prelude::*};
use leptos_router::hooks::use_location;

use crate::sub_path::address_of;

/// A link that the router follows without a load. It says so where it leads to the shown page.
#[component]
pub(crate) fn PageLink(
    /// A path of the product, such as `/settings`.
    #[prop(into)]
    to: Oco<'static, str>,
    children: Children,
) -> impl IntoView {
    let href = address_of(&to);
    let target = href.clone();
    let shown = use_location().pathname;
    // The start page below a path has two addresses: with a slash at the end, and without.
    let is_shown = move || {
        let is_same = shown.read().trim_end_matches('/') == target.trim_end_matches('/');
        is_same.then_some("page")
    };
    view! { <a href=href aria-current=is_shown>{children()}</a> }
}

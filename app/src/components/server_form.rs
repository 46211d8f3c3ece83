//! A form whose answer comes into the page, and which works without script as any other does.

use leptos::{html, prelude::*};
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

use crate::sub_path::address_of;

/// The form of a server function. The script calls it and keeps the page.
#[component]
pub(crate) fn ServerForm<F>(
    action: ServerAction<F>,
    #[prop(optional)] node_ref: NodeRef<html::Form>,
    children: Children,
) -> impl IntoView
where
    F: ServerFn + DeserializeOwned + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
    F::Error: Send + Sync + 'static,
{
    let on_submit = move |event: web_sys::SubmitEvent| {
        // What cannot be read here is posted as without script: the server says what is wrong.
        if !event.default_prevented()
            && let Ok(arguments) = F::from_event(&event)
        {
            event.prevent_default();
            action.dispatch(arguments);
        }
    };
    view! {
        <form action=address_of(F::PATH) method="post" on:submit=on_submit node_ref=node_ref>
            {children()}
        </form>
    }
}

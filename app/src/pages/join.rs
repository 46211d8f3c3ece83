//! A password chosen with a one-time link.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use super::{FormPostError, window_title};
use crate::{
    api::joining::{Join, link_owner},
    browser,
    components::{ErrorText, NewPasswordField},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Where an administrator's link leads. Works as a form post before and without script.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let locale = use_locale();
    let query = use_query_map();
    let token = Memo::new(move |_| query.read().get("token").unwrap_or_default());
    let owner = Resource::new(move || token.get(), link_owner);
    Effect::new(browser::mark_interactive);
    let form = move |name: String| {
        view! {
            <p class="door-lead">{words!(locale, admin.join_lead, name = name.clone())}</p>
            <FormPostError/>
            <form method="post" action=address_of(Join::url()) class="door-form">
                <input type="hidden" name="token" value=move || token.get() autocomplete="off"/>
                // A password store wants to know whose password it keeps.
                <input type="hidden" name="username" value=name autocomplete="username"/>
                <NewPasswordField/>
                <button type="submit" class="primary-button">
                    {words!(locale, admin.join)}
                </button>
            </form>
        }
    };
    view! {
        <Title text=window_title(words!(locale, admin.join))/>
        <main class="door">
            <h1>{words!(locale, admin.join)}</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    match owner.await {
                        Ok(Some(name)) => form(name).into_any(),
                        Ok(None) => view! {
                            <p class="error-text" role="alert">{words!(locale, admin.join_ended)}</p>
                        }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

//! A password chosen with a one-time link.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{
    FormPostError,
    one_time_link::{LinkTokenField, link_token},
    window_title,
};
use crate::{
    api::joining::{Join, link_owner},
    browser,
    components::{ErrorText, NewPasswordField},
    sub_path::address_of,
    words::{use_locale, words},
};

/// What joins what is known of the link's owner to the form.
const FORM: &str = "join";

/// Where an administrator's link leads. Works as a form post before and without script.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let locale = use_locale();
    let token = link_token();
    let owner = Resource::new(
        move || token.get(),
        |token| async move {
            if token.is_empty() {
                return Ok(None);
            }
            link_owner(token).await
        },
    );
    Effect::new(browser::mark_interactive);
    let welcome = move |name: String| {
        view! {
            <p class="door-lead">{words!(locale, admin.join_lead, name = name.clone())}</p>
            // A password store wants to know whose password it keeps.
            <input type="hidden" form=FORM name="username" value=name autocomplete="username"/>
        }
    };
    view! {
        <Title text=window_title(words!(locale, admin.join))/>
        <main class="door">
            <h1>{words!(locale, admin.join)}</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    match owner.await {
                        Ok(Some(name)) => welcome(name).into_any(),
                        Ok(None) if token.read_untracked().is_empty() => ().into_any(),
                        Ok(None) => view! {
                            <p class="error-text" role="alert">
                                {words!(locale, admin.join_ended)}
                            </p>
                        }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Suspense>
            <FormPostError/>
            <form id=FORM method="post" action=address_of(Join::url()) class="door-form">
                <LinkTokenField token/>
                <NewPasswordField/>
                <button type="submit" class="primary-button">
                    {words!(locale, admin.join)}
                </button>
            </form>
        </main>
    }
}

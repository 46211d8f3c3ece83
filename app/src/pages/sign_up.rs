//! An account that somebody makes without being invited, where that is open.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{FormPostError, window_title};
use crate::{
    api::joining::{SignUp, may_sign_up},
    browser,
    components::{ErrorText, Field, NewPasswordField},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Name and password. Works as a form post before and without script.
#[component]
pub(crate) fn SignUpPage() -> impl IntoView {
    let locale = use_locale();
    let is_open = Resource::new(|| (), |()| may_sign_up());
    Effect::new(browser::mark_interactive);
    let form = move || {
        view! {
            <p class="door-lead">{words!(locale, admin.sign_up_lead)}</p>
            <FormPostError/>
            <form method="post" action=address_of(SignUp::url()) class="door-form">
                <Field label=words!(locale, door.name) name="name" autocomplete="username"/>
                <NewPasswordField/>
                <button type="submit" class="primary-button">
                    {words!(locale, admin.sign_up)}
                </button>
            </form>
        }
    };
    view! {
        <Title text=window_title(words!(locale, admin.sign_up))/>
        <main class="door">
            <h1>{words!(locale, admin.sign_up)}</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    match is_open.await {
                        Ok(true) => form().into_any(),
                        Ok(false) => view! {
                            <p>{words!(locale, admin.sign_up_closed)}</p>
                        }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Suspense>
            <p>
                {words!(locale, admin.have_account)} " "
                <a href=address_of("/sign-in")>{words!(locale, door.sign_in)}</a>
            </p>
        </main>
    }
}

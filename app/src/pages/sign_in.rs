//! Name and password.

use leptos::prelude::*;
use leptos_meta::Title;

use super::window_title;
use crate::{
    api::{accounts::SignIn, joining::may_sign_up},
    browser,
    components::{ErrorText, Field, ServerForm},
    sub_path::address_of,
    words::{use_locale, words},
};

/// The door. Works as a form post before and without script.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let locale = use_locale();
    let sign_in = ServerAction::<SignIn>::new();
    let error = Signal::derive(move || sign_in.value().get().and_then(Result::err));
    let may_sign_up = Resource::new(|| (), |()| may_sign_up());
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, door.sign_in))/>
        <main class="door">
            <h1>{words!(locale, door.sign_in)}</h1>
            <p class="door-lead">{words!(locale, door.sign_in_lead)}</p>
            <ErrorText error/>
            <ServerForm action=sign_in attr:class="door-form">
                <Field label=words!(locale, door.name) name="name" autocomplete="username"/>
                <Field
                    label=words!(locale, door.password)
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                />
                <button type="submit" class="primary-button" disabled=sign_in.pending()>
                    {words!(locale, door.sign_in)}
                </button>
            </ServerForm>
            <Suspense>
                {move || Suspend::new(async move {
                    matches!(may_sign_up.await, Ok(true)).then(|| view! {
                        <p>
                            {words!(locale, admin.no_account)} " "
                            <a href=address_of("/sign-up")>{words!(locale, admin.sign_up)}</a>
                        </p>
                    })
                })}
            </Suspense>
        </main>
    }
}

//! The first account. The token comes with the link that the server printed.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    one_time_link::{LinkTokenField, give_up, link_token},
    window_title,
};
use crate::{
    api::accounts::SetUp,
    browser,
    components::{ErrorText, Field, NewPasswordField, ServerForm},
    model::ChatError,
    words::{use_locale, words},
};

/// Where the link leads that the server printed.
const PAGE: &str = "/set-up";

/// Creates the administrator. Works as a form post before and without script.
#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let locale = use_locale();
    let set_up = ServerAction::<SetUp>::new();
    let error = Signal::derive(move || set_up.value().get().and_then(Result::err));
    let token = link_token(PAGE);
    Effect::new(move || match set_up.value().get() {
        Some(Ok(())) => browser::forget_link_token(PAGE),
        Some(Err(ChatError::Forbidden)) => give_up(token, PAGE),
        _ => {}
    });
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, door.set_up))/>
        <main class="door">
            <h1>{words!(locale, door.set_up)}</h1>
            <p class="door-lead">{words!(locale, door.set_up_lead)}</p>
            <ErrorText error/>
            <ServerForm action=set_up attr:class="door-form">
                <LinkTokenField token/>
                <Field label=words!(locale, door.name) name="name" autocomplete="username"/>
                <NewPasswordField/>
                <button type="submit" class="primary-button" disabled=set_up.pending()>
                    {words!(locale, door.create_account)}
                </button>
            </ServerForm>
        </main>
    }
}

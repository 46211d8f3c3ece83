//! The first account. The token comes with the link that the server printed.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    door_head::{DoorFoot, DoorHead, error_at},
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
    // Without script nobody looks for a link, and there is a field for it. With script the form is
    // of no use without one.
    let has_looked = RwSignal::new(false);
    Effect::new(move || has_looked.set(true));
    let has_no_link = move || has_looked.get() && token.read().is_empty();
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, door.set_up))/>
        <main class="door">
            <DoorHead
                title=words!(locale, door.set_up_title)
                reason=words!(locale, door.set_up_lead)
            />
            <ErrorText error=error_at(error, None)/>
            <p class="door-note" hidden=move || !has_no_link()>
                {words!(locale, door.set_up_first)}
            </p>
            <div hidden=has_no_link>
                <ServerForm action=set_up attr:class="door-form">
                    <LinkTokenField token/>
                    <Field
                        label=words!(locale, door.name)
                        name="name"
                        autocomplete="username"
                        error=error_at(error, Some("name"))
                        class="input tall"
                    />
                    <NewPasswordField error=error_at(error, Some("password"))/>
                    <button
                        type="submit"
                        class="button primary wide tall"
                        disabled=set_up.pending()
                    >
                        {words!(locale, door.create_account)}
                    </button>
                </ServerForm>
            </div>
            <DoorFoot/>
        </main>
    }
}

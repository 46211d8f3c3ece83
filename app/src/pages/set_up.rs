//! The first account. The token comes with the link that the server printed.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{
    door_head::{DoorFoot, DoorHead, error_at, refused},
    form_post_error,
    one_time_link::{LinkTokenField, token_in_query},
    window_title,
};
use crate::{
    api::accounts::SetUp,
    components::{ErrorText, Field, NewPasswordField},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Where the link leads that the server printed.
const PAGE: &str = "/set-up";

/// Creates the administrator. Without script nobody looks for a link, and there is a field for it;
/// with script the form is of no use without one.
#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let locale = use_locale();
    let error = form_post_error();
    let error = error.as_ref();
    view! {
        <Title text=window_title(words!(locale, door.set_up))/>
        <main class="door" data-door="" data-link=PAGE data-refused=refused(error)>
            <DoorHead
                title=words!(locale, door.set_up_title)
                reason=words!(locale, door.set_up_lead)
            />
            <ErrorText error=error_at(error, None)/>
            <p class="door-note" data-without-link="" hidden>
                {words!(locale, door.set_up_first)}
            </p>
            <form
                method="post"
                action=address_of(SetUp::url())
                class="door-form"
                data-with-link=""
            >
                <LinkTokenField token=token_in_query(error)/>
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="username"
                    error=error_at(error, Some("name"))
                    class="input tall"
                />
                <NewPasswordField error=error_at(error, Some("password"))/>
                <button type="submit" class="button primary wide tall">
                    {words!(locale, door.create_account)}
                </button>
            </form>
            <DoorFoot/>
        </main>
    }
}

//! An account that somebody makes without being invited, where that is open.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{
    door_head::{DoorFoot, DoorHead, asked, error_at, refused},
    form_post_error, window_title,
};
use crate::{
    api::joining::{SignUp, may_sign_up},
    components::{ErrorText, Field, NewPasswordField},
    model::ChatError,
    read_once::read_once,
    sub_path::address_of,
    way_back::door_to,
    words::{use_locale, words},
};

/// Name and password.
#[component]
pub(crate) fn SignUpPage() -> impl IntoView {
    let locale = use_locale();
    let is_open = read_once(may_sign_up);
    let error = form_post_error();
    let next = asked("next");
    let sign_in = address_of(&door_to("/sign-in", &next));
    let is_refused = refused(error.as_ref());
    let form = move |next: String, error: Option<ChatError>| {
        let error = error.as_ref();
        view! {
            <form method="post" action=address_of(SignUp::url()) class="door-form">
                <ErrorText error=error_at(error, None)/>
                <input type="hidden" name="next" value=next autocomplete="off"/>
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="username"
                    error=error_at(error, Some("name"))
                    class="input tall"
                />
                <NewPasswordField error=error_at(error, Some("password"))/>
                <button type="submit" class="button primary wide tall">
                    {words!(locale, admin.sign_up)}
                </button>
            </form>
        }
    };
    view! {
        <Title text=window_title(words!(locale, admin.sign_up))/>
        <main class="door" data-door="" data-refused=is_refused>
            <DoorHead
                title=words!(locale, admin.sign_up)
                reason=words!(locale, admin.sign_up_lead)
            />
            <Suspense>
                {move || {
                    let (next, error) = (next.clone(), error.clone());
                    Suspend::new(async move {
                        match is_open.await {
                            Ok(true) => form(next, error).into_any(),
                            Ok(false) => view! {
                                <p class="door-note">{words!(locale, admin.sign_up_closed)}</p>
                            }.into_any(),
                            Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
            <DoorFoot>
                <a href=sign_in>{words!(locale, door.sign_in)}</a>
            </DoorFoot>
        </main>
    }
}

//! Name and password.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{
    door_head::{DoorFoot, DoorHead, asked, error_at, refused},
    form_post_error, window_title,
};
use crate::{
    api::{accounts::SignIn, joining::may_sign_up},
    components::{ErrorText, Field},
    read_once::read_once,
    sub_path::address_of,
    way_back::{ENDED, door_to},
    words::{use_locale, words},
};

/// The door. It leads on to the page that its address names.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let locale = use_locale();
    let error = form_post_error();
    let may_sign_up = read_once(may_sign_up);
    let next = asked("next");
    let sign_up = address_of(&door_to("/sign-up", &next));
    let reason = if asked("reason") == ENDED {
        words!(locale, door.signed_out)
    } else {
        words!(locale, door.sign_in_lead)
    };
    view! {
        <Title text=window_title(words!(locale, door.sign_in))/>
        <main class="door" data-door="" data-refused=refused(error.as_ref())>
            <DoorHead title=words!(locale, door.sign_in_title) reason/>
            <form method="post" action=address_of(SignIn::url()) class="door-form">
                <ErrorText error=error_at(error.as_ref(), None)/>
                <input type="hidden" name="next" value=next autocomplete="off"/>
                <Field
                    label=words!(locale, door.name)
                    name="name"
                    autocomplete="username"
                    class="input tall"
                />
                <Field
                    label=words!(locale, door.password)
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    error=error_at(error.as_ref(), Some("password"))
                    class="input tall"
                />
                <button type="submit" class="button primary wide tall">
                    {words!(locale, door.sign_in)}
                </button>
            </form>
            <DoorFoot>
                <Suspense>
                    {move || {
                        let sign_up = sign_up.clone();
                        Suspend::new(async move {
                            matches!(may_sign_up.await, Ok(true)).then(|| view! {
                                <a href=sign_up>{words!(locale, admin.sign_up)}</a>
                            })
                        })
                    }}
                </Suspense>
            </DoorFoot>
        </main>
    }
}

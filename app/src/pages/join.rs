//! A password chosen with a one-time link.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};
use server_fn::ServerFn;

use super::{
    door_head::{DoorFoot, DoorHead, error_at, refused},
    form_post_error,
    one_time_link::{LinkTokenField, token_in_query},
    window_title,
};
use crate::{
    api::joining::{Join, link_owner},
    components::{ErrorText, NewPasswordField},
    model::ChatError,
    read_once::read_once,
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// Where links lead.
const PAGE: &str = "/join";
/// Stands for the name in the words of welcome, which the script puts in its place.
const NAME: &str = "{}";

/// Whose link it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Owner {
    /// The server was told no link.
    Unknown,
    /// The link does not hold.
    Nobody,
    Person(String),
}

/// Where an administrator's link leads.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let locale = use_locale();
    let error = form_post_error();
    let token = token_in_query(error.as_ref());
    let asked = token.clone();
    let owner = read_once(move || owner_of(asked.clone()));
    let is_refused = refused(error.as_ref());
    view! {
        <Title text=window_title(words!(locale, admin.join))/>
        <main class="door" data-door="" data-link=PAGE data-refused=is_refused>
            <DoorHead title=words!(locale, admin.join)/>
            <Suspense>
                {move || {
                    let (token, error) = (token.clone(), error.clone());
                    Suspend::new(async move { form(locale, owner.await, token, error.as_ref()) })
                }}
            </Suspense>
            <DoorFoot/>
        </main>
    }
}

async fn owner_of(token: String) -> Result<Owner, ChatError> {
    if token.is_empty() {
        return Ok(Owner::Unknown);
    }
    let owner = link_owner(token).await?;
    Ok(owner.map_or(Owner::Nobody, Owner::Person))
}

/// Whose password is chosen, or that it cannot be, and the form.
fn form(
    locale: Locale,
    owner: Result<Owner, ChatError>,
    token: String,
    error: Option<&ChatError>,
) -> impl IntoView + use<> {
    let has_ended = matches!(owner, Ok(Owner::Nobody));
    let token = if has_ended { String::new() } else { token };
    let (person, failure) = match owner {
        Ok(Owner::Person(name)) => (Some(name), None),
        Ok(_) => (None, None),
        Err(error) => (None, Some(error)),
    };
    let words = words!(locale, admin.join_lead, name = NAME);
    let welcome = person.as_ref().map(|name| words.replace(NAME, name));
    let (is_unknown, is_sound) = (person.is_none(), !has_ended);
    view! {
        <p class="door-note" data-owner=words hidden=is_unknown>{welcome}</p>
        <p
            class="error-text"
            data-ended=""
            role=has_ended.then_some("alert")
            hidden=is_sound
        >
            {words!(locale, admin.join_ended)}
        </p>
        <ErrorText error=failure/>
        <form method="post" action=address_of(Join::url()) class="door-form">
            <ErrorText error=error_at(error, None)/>
            <LinkTokenField token/>
            // A password store wants to know whose password it keeps.
            <input
                type="hidden"
                name="username"
                value=person.unwrap_or_default()
                autocomplete="username"
            />
            <NewPasswordField error=error_at(error, Some("password"))/>
            <button type="submit" class="button primary wide tall">
                {words!(locale, admin.join)}
            </button>
        </form>
    }
}

//! What the doors have in common: the fire, why one stands there, and the way on.
//!
//! Doors are plain pages with plain forms, drawn by the server alone. What their script adds
//! (`browser::open_door`) hangs on attributes: `data-door`, `data-link` with the page of a link,
//! `data-refused`, and what is shown with a link or without one.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use crate::{
    api::preferences::SetLanguage,
    components::{Icon, IconName},
    model::{ChatError, Language, Refusal},
    preferences,
    sub_path::address_of,
};

/// Flame, title and one sentence.
#[component]
pub(super) fn DoorHead(
    title: &'static str,
    /// Why one stands here.
    #[prop(optional, into)]
    reason: Option<String>,
) -> impl IntoView {
    view! {
        <div class="door-head">
            <Icon name=IconName::Flame class="flame"/>
            <h1>{title}</h1>
            {reason.map(|reason| view! { <p>{reason}</p> })}
        </div>
    }
}

/// Other ways in, and the other languages.
#[component]
pub(super) fn DoorFoot(#[prop(optional)] children: Option<Children>) -> impl IntoView {
    let shown = preferences::of_page().language;
    let others = Language::ALL.into_iter().filter(|it| *it != shown);
    let other = |language: Language| {
        view! {
            <form method="post" action=address_of(SetLanguage::url()) class="post-form">
                <input type="hidden" name="language" value=language.as_str() autocomplete="off"/>
                <button type="submit" class="link" lang=language.as_str()>
                    {language.own_name()}
                </button>
            </form>
        }
    };
    let others: Vec<_> = others.map(other).collect();
    view! { <div class="door-foot">{children.map(|children| children())} {others}</div> }
}

/// What the address of a door says of `name`.
pub(super) fn asked(name: &str) -> String {
    use_query_map()
        .read_untracked()
        .get(name)
        .unwrap_or_default()
}

/// The part of an error that belongs beside the field of that name; `None`: what belongs to none.
pub(super) fn error_at(error: Option<&ChatError>, field: Option<&str>) -> Option<ChatError> {
    error.filter(|error| field_of(error) == field).cloned()
}

/// What the script has to know of an error: whether it is the link that does not hold.
pub(super) fn refused(error: Option<&ChatError>) -> Option<&'static str> {
    error.map(|error| {
        if *error == ChatError::Forbidden {
            "link"
        } else {
            "fields"
        }
    })
}

/// The field whose content was refused.
fn field_of(error: &ChatError) -> Option<&'static str> {
    match error {
        ChatError::Invalid(
            Refusal::WrongCredentials
            | Refusal::PasswordTooShort { .. }
            | Refusal::PasswordTooLong { .. },
        ) => Some("password"),
        ChatError::Invalid(Refusal::BadName | Refusal::NameTaken) => Some("name"),
        _ => None,
    }
}

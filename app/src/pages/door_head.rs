//! What the doors have in common: the fire, why one stands there, and the way on.

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
pub(super) fn error_at(
    error: Signal<Option<ChatError>>,
    field: Option<&'static str>,
) -> Signal<Option<ChatError>> {
    Signal::derive(move || error.get().filter(|error| field_of(error) == field))
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

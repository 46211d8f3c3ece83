//! A password chosen with a one-time link.

use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

use super::{
    door_head::{DoorFoot, DoorHead, error_at},
    form_post_error,
    one_time_link::{LinkTokenField, give_up, link_token},
    window_title,
};
use crate::{
    api::joining::{Join, link_owner},
    browser,
    components::{ErrorText, NewPasswordField},
    model::ChatError,
    read_once::{JsonBytes, read_for},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Where links lead.
const PAGE: &str = "/join";
/// What joins what is known of the link's owner to the form.
const FORM: &str = "join";

/// A link's token, and the name of the person it belongs to if it holds; nothing without a token.
type Owner = Option<(String, Option<String>)>;

/// Where an administrator's link leads. Works as a form post before and without script.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    let locale = use_locale();
    let token = link_token(PAGE);
    let owner = read_for(
        move || token.get(),
        |token| async move {
            if token.is_empty() {
                return Ok(None);
            }
            // With the token it belongs to: another one may be known meanwhile.
            let owner = link_owner(token.clone()).await;
            owner.map(|owner| Some((token, owner)))
        },
    );
    let has_ended = RwSignal::new(false);
    let error = form_post_error();
    Effect::new(move || {
        let Some(Ok(Some((asked, None)))) = owner.get() else {
            return;
        };
        if asked == *token.read_untracked() {
            has_ended.set(true);
            give_up(token, PAGE);
        }
    });
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, admin.join))/>
        <main class="door">
            <DoorHead title=words!(locale, admin.join)/>
            <LinkOwner owner has_ended/>
            <form id=FORM method="post" action=address_of(Join::url()) class="door-form">
                <ErrorText error=error_at(error, None)/>
                <LinkTokenField token/>
                <NewPasswordField error=error_at(error, Some("password"))/>
                <button type="submit" class="button primary wide tall">
                    {words!(locale, admin.join)}
                </button>
            </form>
            <DoorFoot/>
        </main>
    }
}

/// Whose password is chosen, or that it cannot be.
#[component]
fn LinkOwner(
    owner: Resource<Result<Owner, ChatError>, JsonBytes>,
    /// A link was given up here.
    has_ended: RwSignal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let welcome = move |name: String| {
        view! {
            <p class="door-note">{words!(locale, admin.join_lead, name = name.clone())}</p>
            // A password store wants to know whose password it keeps.
            <input type="hidden" form=FORM name="username" value=name autocomplete="username"/>
        }
    };
    let ended = move || {
        view! { <p class="error-text" role="alert">{words!(locale, admin.join_ended)}</p> }
    };
    view! {
        <Suspense>
            {move || {
                let has_ended = has_ended.get();
                Suspend::new(async move {
                    match owner.await {
                        Ok(Some((_, Some(name)))) => welcome(name).into_any(),
                        Ok(None) if !has_ended => ().into_any(),
                        Ok(_) => ended().into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

//! Where a person is signed in, with a way to end each session.

use leptos::prelude::*;

use super::PostForm;
use crate::{
    model::{Browser, SessionId, SessionSummary},
    words::{self, Locale, use_locale, words},
};

/// All sessions, this browser's marked. Actions are addresses of server functions.
#[component]
pub(crate) fn SessionList(
    list: Vec<SessionSummary>,
    end_action: String,
    end_others_action: String,
    on_end: Callback<SessionId>,
    on_end_others: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let has_others = list.iter().any(|it| !it.is_current);
    let row = move |session: SessionSummary| {
        let end_action = end_action.clone();
        view! { <SessionRow session end_action on_end/> }
    };
    let end_others = move || {
        let label = words!(locale, settings.sign_out_others);
        view! {
            <form
                method="post"
                action=end_others_action
                on:submit=move |event| {
                    event.prevent_default();
                    on_end_others.run(());
                }
            >
                <button type="submit" class="secondary-button">{label}</button>
            </form>
        }
    };
    view! {
        <ul class="session-list">{list.into_iter().map(row).collect_view()}</ul>
        {has_others.then(end_others)}
    }
}

#[component]
fn SessionRow(
    session: SessionSummary,
    end_action: String,
    on_end: Callback<SessionId>,
) -> impl IntoView {
    let locale = use_locale();
    let SessionSummary {
        id,
        browser,
        last_seen,
        is_current,
    } = session;
    let name = browser_name(locale, browser);
    let seen = words::moment(locale, last_seen);
    let end = {
        let label = words!(locale, settings.sign_out_name, name = name.clone());
        move || {
            let on_press = Callback::new(move |()| on_end.run(id));
            view! {
                <PostForm action=end_action name="id" value=id.to_string() label on_press>
                    {words!(locale, settings.sign_out_this)}
                </PostForm>
            }
        }
    };
    let mark = move || {
        view! { <span class="session-mark">{words!(locale, settings.this_browser)}</span> }
    };
    view! {
        <li class="session-row">
            <span class="session-name">{name}</span>
            <span class="session-seen">{words!(locale, settings.last_seen, time = seen)}</span>
            {if is_current { mark().into_any() } else { end().into_any() }}
        </li>
    }
}

fn browser_name(locale: Locale, browser: Browser) -> String {
    match (browser.name, browser.system) {
        (Some(browser), Some(system)) => {
            words!(
                locale,
                settings.browser_on_system,
                browser = browser,
                system = system
            )
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => words!(locale, settings.unknown_browser).to_owned(),
    }
}

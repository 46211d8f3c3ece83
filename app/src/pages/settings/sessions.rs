//! Where a person is signed in, with a way to end each session. All buttons are forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::sessions::{EndOtherSessions, EndSession},
    components::{Icon, IconName},
    model::{Browser, SessionSummary},
    pages::card::Head,
    sub_path::address_of,
    words::{Locale, last_seen, words},
};

/// All sessions, this browser's marked.
pub(super) fn section(locale: Locale, list: Vec<SessionSummary>) -> AnyView {
    let has_others = list.iter().any(|it| !it.is_current);
    let rows: Vec<_> = list.into_iter().map(|it| row(locale, it)).collect();
    let head = Head::new(words!(locale, settings.sessions));
    let head = head.lead(words!(locale, settings.sessions_lead));
    let head = if has_others {
        head.end(view! {
            <form method="post" action=address_of(EndOtherSessions::url()) class="post-form">
                <button type="submit" class="button">
                    {words!(locale, settings.sign_out_others)}
                </button>
            </form>
        })
    } else {
        head
    };
    head.section(view! { <ul class="setting">{rows}</ul> })
}

fn row(locale: Locale, session: SessionSummary) -> AnyView {
    let name = browser_name(locale, session.browser);
    let seen = last_seen(locale, session.last_seen);
    let mark = session.is_current.then(|| {
        view! { <span class="badge accent">{words!(locale, settings.this_browser)}</span> }
    });
    let end = (!session.is_current).then(|| {
        let label = words!(locale, settings.sign_out_name, name = name.clone());
        view! {
            <form method="post" action=address_of(EndSession::url()) class="post-form">
                <input type="hidden" name="id" value=session.id.to_string()/>
                <button type="submit" class="quiet-button" aria-label=label>
                    {words!(locale, door.sign_out)}
                </button>
            </form>
        }
    });
    view! {
        <li class="item">
            <Icon name=IconName::Monitor/>
            <div>
                <strong>{name}</strong>
                {mark}
                <small>{seen}</small>
            </div>
            {end}
        </li>
    }
    .into_any()
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

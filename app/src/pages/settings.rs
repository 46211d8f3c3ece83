//! Settings: a list of sections, and the section that is open.
//!
//! A new section is one entry of [`SECTIONS`] and one route of [`SettingsRoutes`].

mod account;
mod exports;
mod general;
mod import;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

use account::AccountSection;
use exports::ExportsSection;
use general::GeneralSection;
use import::ImportSection;

use super::window_title;
use crate::{
    browser,
    components::{Section, Sections},
    words::{use_locale, words},
};

/// In the order of the list.
const SECTIONS: [Section; 4] = [
    Section {
        address: "/settings",
        name: |locale| words!(locale, settings.general),
    },
    Section {
        address: "/settings/account",
        name: |locale| words!(locale, settings.account),
    },
    Section {
        address: "/settings/exports",
        name: |locale| words!(locale, exports.exports),
    },
    Section {
        address: "/settings/import",
        name: |locale| words!(locale, exports.import),
    },
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn SettingsRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("settings") view=SettingsPage ssr=SsrMode::Async>
            <Route path=path!("") view=GeneralSection ssr=SsrMode::Async/>
            <Route path=path!("account") view=AccountSection ssr=SsrMode::Async/>
            <Route path=path!("exports") view=ExportsSection ssr=SsrMode::Async/>
            <Route path=path!("import") view=ImportSection ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component]
fn SettingsPage() -> impl IntoView {
    let locale = use_locale();
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, settings.settings))/>
        <Sections
            heading=words!(locale, settings.settings)
            label=words!(locale, settings.sections)
            sections=&SECTIONS
        >
            <Outlet/>
        </Sections>
    }
}

//! Settings: a list of sections, and the section that is open.
//!
//! A new section is one entry of [`SECTIONS`] and one route of [`SettingsRoutes`].

mod account;
#[cfg(feature = "ssr")]
mod api_keys;
#[cfg(feature = "ssr")]
mod exports;
mod general;
#[cfg(feature = "ssr")]
mod import;
#[cfg(feature = "ssr")]
mod trash;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    hooks::use_query_map,
    path,
};

use account::AccountSection;
use general::GeneralSection;

use super::{FormPostError, drawn::drawn, window_title};
#[cfg(feature = "ssr")]
use crate::model::{ChatError, Drawing};
use crate::{
    api::{api_keys::draw_api_keys, exports::draw_transfer_section},
    browser,
    components::{Section, Sections},
    model::TransferSection,
    words::{use_locale, words},
};

/// In the order of the list.
const SECTIONS: [Section; 6] = [
    Section {
        address: "/settings",
        name: |locale| words!(locale, settings.general),
    },
    Section {
        address: "/settings/account",
        name: |locale| words!(locale, settings.account),
    },
    Section {
        address: "/settings/keys",
        name: |locale| words!(locale, settings.keys),
    },
    Section {
        address: "/settings/exports",
        name: |locale| words!(locale, exports.exports),
    },
    Section {
        address: "/settings/import",
        name: |locale| words!(locale, exports.import),
    },
    Section {
        address: "/settings/trash",
        name: |locale| words!(locale, settings.trash),
    },
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn SettingsRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("settings") view=SettingsPage ssr=SsrMode::Async>
            <Route path=path!("") view=GeneralSection ssr=SsrMode::Async/>
            <Route path=path!("account") view=AccountSection ssr=SsrMode::Async/>
            <Route path=path!("keys") view=KeysSection ssr=SsrMode::Async/>
            <Route path=path!("exports") view=|| transfer(TransferSection::Exports) ssr=SsrMode::Async/>
            <Route path=path!("trash") view=|| transfer(TransferSection::Trash) ssr=SsrMode::Async/>
            <Route path=path!("import") view=|| transfer(TransferSection::Import) ssr=SsrMode::Async/>
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

#[component]
fn KeysSection() -> impl IntoView {
    let locale = use_locale();
    view! {
        <h2>{words!(locale, settings.keys)}</h2>
        <FormPostError/>
        {drawn(draw_api_keys)}
    }
}

/// A section that the server draws.
fn transfer(section: TransferSection) -> AnyView {
    let locale = use_locale();
    let heading = match section {
        TransferSection::Exports => words!(locale, exports.exports),
        TransferSection::Import => words!(locale, exports.import),
        TransferSection::Trash => words!(locale, settings.trash),
    };
    let query = use_query_map();
    let draw = move || draw_transfer_section(section, query.read_untracked().get("upload"));
    view! {
        <h2>{heading}</h2>
        <FormPostError/>
        {drawn(draw)}
    }
    .into_any()
}

#[cfg(feature = "ssr")]
pub(crate) use api_keys::draw as draw_keys;

/// Draws a section. `upload` is the file that the address names.
#[cfg(feature = "ssr")]
pub(crate) async fn draw_transfer(
    section: TransferSection,
    upload: Option<String>,
) -> Result<Drawing, ChatError> {
    match section {
        TransferSection::Exports => exports::draw().await,
        TransferSection::Import => import::draw(upload).await,
        TransferSection::Trash => trash::draw().await,
    }
}

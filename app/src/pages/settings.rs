//! Settings: a list of sections, and the section that is open.
//!
//! A new section is one entry of [`SECTIONS`], one route of [`SettingsRoutes`] and what draws it.

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod api_keys;
#[cfg(feature = "ssr")]
mod archive;
#[cfg(feature = "ssr")]
mod exports;
#[cfg(feature = "ssr")]
mod folders;
#[cfg(feature = "ssr")]
mod general;
#[cfg(feature = "ssr")]
mod import;
#[cfg(feature = "ssr")]
mod personal;
#[cfg(feature = "ssr")]
mod sessions;
#[cfg(feature = "ssr")]
mod shared;
#[cfg(feature = "ssr")]
mod trash;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

use super::{
    drawn::{DrawnSection, drawn},
    window_title,
};
use crate::{
    browser,
    components::{IconName, Section, Sections},
    model::SettingsSection,
    words::{use_locale, words},
};
#[cfg(feature = "ssr")]
use crate::{
    model::{ChatError, Drawing, User},
    pages::told::Told,
};

/// In the order of the list.
pub(super) const SECTIONS: [Section; 9] = [
    Section {
        address: "/settings",
        icon: IconName::Sliders,
        name: |locale| words!(locale, settings.general),
    },
    Section {
        address: "/settings/account",
        icon: IconName::User,
        name: |locale| words!(locale, settings.account),
    },
    Section {
        address: "/settings/keys",
        icon: IconName::Key,
        name: |locale| words!(locale, settings.keys),
    },
    Section {
        address: "/settings/exports",
        icon: IconName::Download,
        name: |locale| words!(locale, exports.exports),
    },
    Section {
        address: "/settings/import",
        icon: IconName::Upload,
        name: |locale| words!(locale, exports.import),
    },
    Section {
        address: "/settings/folders",
        icon: IconName::Folder,
        name: |locale| words!(locale, settings.folders),
    },
    Section {
        address: "/settings/archive",
        icon: IconName::Archive,
        name: |locale| words!(locale, settings.archive),
    },
    Section {
        address: "/settings/shared",
        icon: IconName::Link,
        name: |locale| words!(locale, sharing.shared),
    },
    Section {
        address: "/settings/trash",
        icon: IconName::Trash,
        name: |locale| words!(locale, settings.trash),
    },
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn SettingsRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("settings") view=SettingsPage ssr=SsrMode::Async>
            <Route path=path!("") view=|| open(SettingsSection::General) ssr=SsrMode::Async/>
            <Route path=path!("account") view=|| open(SettingsSection::Account) ssr=SsrMode::Async/>
            <Route path=path!("keys") view=|| open(SettingsSection::Keys) ssr=SsrMode::Async/>
            <Route path=path!("exports") view=|| open(SettingsSection::Exports) ssr=SsrMode::Async/>
            <Route path=path!("folders") view=|| open(SettingsSection::Folders) ssr=SsrMode::Async/>
            <Route path=path!("archive") view=|| open(SettingsSection::Archive) ssr=SsrMode::Async/>
            <Route path=path!("shared") view=|| open(SettingsSection::Shared) ssr=SsrMode::Async/>
            <Route path=path!("trash") view=|| open(SettingsSection::Trash) ssr=SsrMode::Async/>
            <Route path=path!("import") view=|| open(SettingsSection::Import) ssr=SsrMode::Async/>
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

fn open(section: SettingsSection) -> AnyView {
    drawn(DrawnSection::Settings(section))
}

/// Draws a section. `query` is that of its address.
#[cfg(feature = "ssr")]
pub(crate) async fn draw_settings(
    user: &User,
    section: SettingsSection,
    query: &str,
) -> Result<Drawing, ChatError> {
    let told = Told::parse(query);
    match section {
        SettingsSection::General => general::draw(user, &told).await,
        SettingsSection::Account => account::draw(user, &told).await,
        SettingsSection::Keys => api_keys::draw(user, &told).await,
        SettingsSection::Exports => exports::draw(&told).await,
        SettingsSection::Import => import::draw(&told).await,
        SettingsSection::Trash => trash::draw(&told).await,
        SettingsSection::Folders => folders::draw(&told).await,
        SettingsSection::Archive => archive::draw(&told).await,
        SettingsSection::Shared => shared::draw(&told).await,
    }
}

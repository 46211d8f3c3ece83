//! The administration: a list of sections, and the section that is open.

#[cfg(feature = "ssr")]
mod backups;
#[cfg(feature = "ssr")]
mod details;
#[cfg(feature = "ssr")]
mod log;
#[cfg(feature = "ssr")]
mod models;
mod people;
mod setting_field;
mod settings;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod usage;
#[cfg(feature = "ssr")]
mod usage_chart;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    hooks::use_query_map,
    path,
};

use people::PeopleSection;
use settings::SettingsSection;

use super::{FormPostError, drawn::drawn, once_loaded, window_title};
#[cfg(feature = "ssr")]
use crate::model::{ChatError, Drawing};
use crate::{
    api::administration::draw_administration,
    browser,
    components::{Section, Sections},
    model::AdminReport,
    words::{use_locale, words},
};

/// In the order of the list.
const SECTIONS: [Section; 7] = [
    Section {
        address: "/admin",
        name: |locale| words!(locale, admin.server),
    },
    Section {
        address: "/admin/people",
        name: |locale| words!(locale, admin.people),
    },
    Section {
        address: "/admin/models",
        name: |locale| words!(locale, admin.models),
    },
    Section {
        address: "/admin/usage",
        name: |locale| words!(locale, admin.usage),
    },
    Section {
        address: "/admin/log",
        name: |locale| words!(locale, admin.log),
    },
    Section {
        address: "/admin/upkeep",
        name: |locale| words!(locale, admin.upkeep),
    },
    Section {
        address: "/admin/backups",
        name: |locale| words!(locale, admin.backups),
    },
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn AdminRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("admin") view=AdminPage ssr=SsrMode::Async>
            <Route path=path!("") view=SettingsSection ssr=SsrMode::Async/>
            <Route path=path!("people") view=PeopleSection ssr=SsrMode::Async/>
            <Route path=path!("models") view=|| report(AdminReport::Models) ssr=SsrMode::Async/>
            <Route path=path!("usage") view=|| report(AdminReport::Usage) ssr=SsrMode::Async/>
            <Route path=path!("log") view=|| report(AdminReport::Log) ssr=SsrMode::Async/>
            <Route path=path!("upkeep") view=|| report(AdminReport::Upkeep) ssr=SsrMode::Async/>
            <Route path=path!("backups") view=|| report(AdminReport::Backups) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component]
fn AdminPage() -> impl IntoView {
    let locale = use_locale();
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words!(locale, admin.administration))/>
        <Sections
            heading=words!(locale, admin.administration)
            label=words!(locale, admin.sections)
            sections=&SECTIONS
        >
            <FormPostError/>
            <Outlet/>
        </Sections>
    }
}

/// A section that the server draws.
fn report(report: AdminReport) -> AnyView {
    let query = use_query_map();
    drawn(move || draw_administration(report, query.read_untracked().get("before"))).into_any()
}

/// Draws a section. `before` is the place in the log that the page begins at.
#[cfg(feature = "ssr")]
pub(crate) async fn draw_report(
    report: AdminReport,
    before: Option<String>,
) -> Result<Drawing, ChatError> {
    match report {
        AdminReport::Models => models::draw().await,
        AdminReport::Usage => usage::draw().await,
        AdminReport::Log => log::draw(before).await,
        AdminReport::Upkeep => upkeep::draw().await,
        AdminReport::Backups => backups::draw().await,
    }
}

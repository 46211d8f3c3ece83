//! The administration: a list of sections, and the section that is open.

#[cfg(feature = "ssr")]
mod backups;
#[cfg(feature = "ssr")]
mod details;
#[cfg(feature = "ssr")]
mod log;
#[cfg(feature = "ssr")]
mod models;
#[cfg(feature = "ssr")]
mod people;
#[cfg(feature = "ssr")]
mod person_menu;
#[cfg(feature = "ssr")]
mod ratings;
#[cfg(feature = "ssr")]
mod setting_field;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
mod upkeep;
#[cfg(feature = "ssr")]
mod usage;
#[cfg(feature = "ssr")]
pub(super) mod usage_chart;

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
    model::AdminSection,
    words::{use_locale, words},
};
#[cfg(feature = "ssr")]
use crate::{
    model::{ChatError, Drawing, User},
    pages::told::Told,
};

/// In the order of the list.
const SECTIONS: [Section; 8] = [
    Section {
        address: "/admin",
        icon: IconName::Server,
        name: |locale| words!(locale, admin.server),
    },
    Section {
        address: "/admin/people",
        icon: IconName::People,
        name: |locale| words!(locale, admin.people),
    },
    Section {
        address: "/admin/models",
        icon: IconName::Model,
        name: |locale| words!(locale, admin.models),
    },
    Section {
        address: "/admin/usage",
        icon: IconName::Usage,
        name: |locale| words!(locale, admin.usage),
    },
    Section {
        address: "/admin/ratings",
        icon: IconName::ThumbUp,
        name: |locale| words!(locale, admin.ratings),
    },
    Section {
        address: "/admin/log",
        icon: IconName::Log,
        name: |locale| words!(locale, admin.log),
    },
    Section {
        address: "/admin/upkeep",
        icon: IconName::Clock,
        name: |locale| words!(locale, admin.upkeep),
    },
    Section {
        address: "/admin/backups",
        icon: IconName::Archive,
        name: |locale| words!(locale, admin.backups),
    },
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn AdminRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("admin") view=AdminPage ssr=SsrMode::Async>
            <Route path=path!("") view=|| open(AdminSection::Server) ssr=SsrMode::Async/>
            <Route path=path!("people") view=|| open(AdminSection::People) ssr=SsrMode::Async/>
            <Route path=path!("models") view=|| open(AdminSection::Models) ssr=SsrMode::Async/>
            <Route path=path!("usage") view=|| open(AdminSection::Usage) ssr=SsrMode::Async/>
            <Route path=path!("ratings") view=|| open(AdminSection::Ratings) ssr=SsrMode::Async/>
            <Route path=path!("log") view=|| open(AdminSection::Log) ssr=SsrMode::Async/>
            <Route path=path!("upkeep") view=|| open(AdminSection::Upkeep) ssr=SsrMode::Async/>
            <Route path=path!("backups") view=|| open(AdminSection::Backups) ssr=SsrMode::Async/>
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
            <Outlet/>
        </Sections>
    }
}

fn open(section: AdminSection) -> AnyView {
    drawn(DrawnSection::Administration(section))
}

/// Draws a section. `query` is that of its address.
#[cfg(feature = "ssr")]
pub(crate) async fn draw_administration(
    by: &User,
    section: AdminSection,
    query: &str,
) -> Result<Drawing, ChatError> {
    let told = Told::parse(query);
    match section {
        AdminSection::Server => settings::draw(by, &told).await,
        AdminSection::People => people::draw(by, &told).await,
        AdminSection::Models => models::draw(&told).await,
        AdminSection::Usage => usage::draw(&told).await,
        AdminSection::Ratings => ratings::draw(&told).await,
        AdminSection::Log => log::draw(told.get("before")).await,
        AdminSection::Upkeep => upkeep::draw().await,
        AdminSection::Backups => backups::draw(&told).await,
    }
}

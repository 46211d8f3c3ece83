//! The administration: a list of sections, and the section that is open.

mod log;
mod models;
mod people;
mod setting_field;
mod settings;
mod usage;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

use log::LogSection;
use models::ModelsSection;
use people::PeopleSection;
use settings::SettingsSection;
use usage::UsageSection;

use super::{FormPostError, window_title};
use crate::{
    browser,
    components::{ErrorText, Section, Sections},
    model::ChatError,
    words::{use_locale, words},
};

/// In the order of the list.
const SECTIONS: [Section; 5] = [
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
];

/// The addresses of the sections.
#[component(transparent)]
pub(crate) fn AdminRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("admin") view=AdminPage ssr=SsrMode::Async>
            <Route path=path!("") view=SettingsSection ssr=SsrMode::Async/>
            <Route path=path!("people") view=PeopleSection ssr=SsrMode::Async/>
            <Route path=path!("models") view=ModelsSection ssr=SsrMode::Async/>
            <Route path=path!("usage") view=UsageSection ssr=SsrMode::Async/>
            <Route path=path!("log") view=LogSection ssr=SsrMode::Async/>
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

/// What a section shows once its values are there.
fn once_loaded<T, V>(
    values: Resource<Result<T, ChatError>>,
    show: impl Fn(T) -> V + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match values.await {
                    Ok(values) => show(values).into_any(),
                    Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

//! A page of sections: their list beside the one that is open.

use leptos::prelude::*;

use super::{Icon, IconName, PageLink};
use crate::words::{Locale, use_locale, words};

/// An entry of the list.
pub(crate) struct Section {
    pub(crate) address: &'static str,
    pub(crate) name: fn(Locale) -> &'static str,
}

/// Headline, list of sections, and what is inside of the open one.
#[component]
pub(crate) fn Sections(
    heading: &'static str,
    /// Name of the list for screen readers.
    label: &'static str,
    /// In the order of the list.
    sections: &'static [Section],
    children: Children,
) -> impl IntoView {
    let locale = use_locale();
    let entry = |section: &Section| {
        let name = (section.name)(locale);
        view! { <li><PageLink to=section.address>{name}</PageLink></li> }
    };
    view! {
        <div class="settings-page">
            <header class="settings-header">
                <PageLink to="/" attr:class="quiet-button">
                    <Icon name=IconName::ChevronLeft/>
                    {words!(locale, settings.back)}
                </PageLink>
                <h1>{heading}</h1>
            </header>
            <nav class="settings-sections" aria-label=label>
                <ul>{sections.iter().map(entry).collect_view()}</ul>
            </nav>
            <main class="settings-main">{children()}</main>
        </div>
    }
}

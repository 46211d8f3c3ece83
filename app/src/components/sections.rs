//! A page of sections: their list beside the one that is open.

use leptos::{html, prelude::*};
use leptos_router::hooks::use_location;

use super::{Icon, IconName, PageLink};
use crate::{
    browser,
    shell::sections_style_sheet,
    words::{Locale, use_locale, words},
};

/// An entry of the list.
pub(crate) struct Section {
    pub(crate) address: &'static str,
    pub(crate) icon: IconName,
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
    let list = NodeRef::<html::Nav>::new();
    let shown = use_location().pathname;
    // On a phone the list is a row of tabs that may be wider than the screen.
    Effect::new(move || {
        shown.track();
        if let Some(list) = list.get() {
            browser::show_current(&list);
        }
    });
    let entry = |section: &'static Section| {
        let name = (section.name)(locale);
        view! {
            <PageLink to=section.address attr:class="row">
                <Icon name=section.icon/>
                <span>{name}</span>
            </PageLink>
        }
    };
    let style = sections_style_sheet();
    view! {
        <div class="settings-page">
            // In the body: it holds the page back until it is loaded, and comes and goes with it.
            // A server that was renewed meanwhile has another one.
            <link rel="stylesheet" href=style on:error=move |_| browser::reload()/>
            <header class="settings-side">
                <PageLink to="/" attr:class="quiet-button">
                    <Icon name=IconName::ChevronLeft class="icon mirrored"/>
                    <span class="label">{words!(locale, settings.back)}</span>
                </PageLink>
                <h1>{heading}</h1>
                <nav class="settings-sections" aria-label=label node_ref=list>
                    {sections.iter().map(entry).collect_view()}
                </nav>
            </header>
            <main class="settings-main">{children()}</main>
        </div>
    }
}

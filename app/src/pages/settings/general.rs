//! Language and theme: each saved by itself, in cookies of this browser.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

use crate::{
    api::preferences::{SetLanguage, SetTheme, set_language, set_theme},
    browser,
    components::{ChoiceForm, Choices},
    model::{ChatError, Language, LanguageChoice, Theme},
    preferences,
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// The section that opens first.
#[component]
pub(super) fn GeneralSection() -> impl IntoView {
    let locale = use_locale();
    view! {
        <h2>{words!(locale, settings.general)}</h2>
        <LanguageSetting/>
        <ThemeSetting/>
    }
}

/// Whether the address says that this setting was saved just now.
fn was_saved(setting: &str) -> bool {
    use_query_map().with_untracked(|query| query.get("saved").as_deref() == Some(setting))
}

/// A page keeps its language, so the new one begins with a new page.
#[component]
fn LanguageSetting() -> impl IntoView {
    let locale = use_locale();
    let chosen = preferences::of_page().chosen_language;
    let error = RwSignal::new(None);
    let on_choose = Callback::new(move |language: String| {
        let Ok(language) = language.parse() else {
            return;
        };
        spawn_local(async move {
            match set_language(language).await {
                Ok(()) => browser::load("/settings?saved=language"),
                Err(refused) => error.set(Some(refused)),
            }
        });
    });
    let choices = Choices {
        name: "language",
        heading: words!(locale, settings.language),
        lead: words!(locale, settings.language_lead),
        options: LanguageChoice::ALL
            .map(|it| (it.as_str(), language_name(locale, it)))
            .to_vec(),
        chosen: chosen.map_or(LanguageChoice::Browser.as_str(), Language::as_str),
    };
    let saved = was_saved("language");
    view! { <ChoiceForm choices action=address_of(SetLanguage::url()) saved error on_choose/> }
}

fn language_name(locale: Locale, choice: LanguageChoice) -> &'static str {
    match choice.language() {
        None => words!(locale, settings.language_browser),
        Some(language) => language.own_name(),
    }
}

#[component]
fn ThemeSetting() -> impl IntoView {
    let locale = use_locale();
    let saved = RwSignal::new(was_saved("theme"));
    let error = RwSignal::new(None::<ChatError>);
    let on_choose = Callback::new(move |theme: String| {
        let Ok(theme) = theme.parse::<Theme>() else {
            return;
        };
        saved.set(false);
        error.set(None);
        spawn_local(async move {
            match set_theme(theme).await {
                Ok(()) => {
                    browser::show_theme(theme);
                    saved.set(true);
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    });
    let choices = Choices {
        name: "theme",
        heading: words!(locale, settings.theme),
        lead: words!(locale, settings.theme_lead),
        options: Theme::ALL
            .map(|it| (it.as_str(), theme_name(locale, it)))
            .to_vec(),
        chosen: preferences::of_page().theme.as_str(),
    };
    view! { <ChoiceForm choices action=address_of(SetTheme::url()) saved error on_choose/> }
}

fn theme_name(locale: Locale, theme: Theme) -> &'static str {
    match theme {
        Theme::System => words!(locale, settings.theme_system),
        Theme::Light => words!(locale, settings.theme_light),
        Theme::Dark => words!(locale, settings.theme_dark),
    }
}

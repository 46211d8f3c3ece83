//! `/settings`: language, theme and single keys, each kept at once, in cookies of this browser; and
//! what models are to know in every chat.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::personal;
use crate::{
    api::preferences::{SetLanguage, SetSingleKeys, SetTheme},
    components::theme_words,
    model::{ChatError, Drawing, Language, LanguageChoice, SingleKeys, Theme, User},
    pages::{
        card::{Head, Segment, Segmented, error_line, saved_mark},
        drawn::settled,
        told::Told,
    },
    preferences,
    service::personal::personal_service,
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// A setting of which one choice holds.
struct Choices {
    /// Name of the server function's argument.
    name: &'static str,
    heading: &'static str,
    /// A sentence below the heading.
    lead: &'static str,
    segments: Vec<Segment>,
    chosen: &'static str,
    /// Address of the server function.
    path: &'static str,
}

/// The section that opens first.
pub(super) async fn draw(user: &User, told: &Told) -> Result<Drawing, ChatError> {
    let instructions = personal_service().personal_instructions(user.id).await?;
    let locale = use_locale();
    let rows = [theme(locale), language(locale)];
    let rows = rows.map(|choices| row(locale, choices, told));
    let appearance = Head::new(words!(locale, settings.appearance))
        .section(view! { <div class="setting">{rows.into_iter().collect_view()}</div> });
    let keys = single_keys(locale, told);
    let keyboard = Head::new(words!(locale, settings.keyboard))
        .section(view! { <div class="setting">{keys}</div> });
    let personal = personal::section(locale, told, instructions);
    Ok(settled(view! { {appearance} {keyboard} {personal} }))
}

/// A switch that holds at once. Without a tick its form is empty, which means no.
fn single_keys(locale: Locale, told: &Told) -> AnyView {
    let is_on = preferences::of_page().single_keys == SingleKeys::On;
    let path = SetSingleKeys::PATH;
    view! {
        <form class="setting-row" method="post" action=address_of(path) data-at-once="">
            <div>
                <span class="label">
                    <label for="single-keys">{words!(locale, settings.single_keys)}</label>
                    {saved_mark(told.was_saved("single_keys"), words!(locale, admin.saved))}
                </span>
                <span class="hint" id="single-keys-lead">
                    {words!(locale, settings.single_keys_lead)}
                </span>
            </div>
            <div class="setting-end">
                <input
                    id="single-keys"
                    class="switch"
                    type="checkbox"
                    role="switch"
                    name="single_keys"
                    value="true"
                    checked=is_on
                    autocomplete="off"
                    aria-describedby="single-keys-lead"
                />
                <button type="submit" class="button only-without-script">
                    {words!(locale, admin.save)}
                </button>
            </div>
            {error_line(locale, told.error_of(path), "single-keys-error")}
        </form>
    }
    .into_any()
}

fn theme(locale: Locale) -> Choices {
    let choice = |it: Theme| {
        let (label, icon) = theme_words(locale, it);
        (it.as_str(), label, Some(icon))
    };
    Choices {
        name: "theme",
        heading: words!(locale, settings.theme),
        lead: words!(locale, settings.theme_lead),
        segments: Theme::ALL.map(choice).to_vec(),
        chosen: preferences::of_page().theme.as_str(),
        path: SetTheme::PATH,
    }
}

fn language(locale: Locale) -> Choices {
    let choice = |it: LanguageChoice| {
        let label = it.language().map(Language::own_name);
        let label = label.unwrap_or(words!(locale, settings.language_browser));
        (it.as_str(), label, None)
    };
    let chosen = preferences::of_page().chosen_language;
    Choices {
        name: "language",
        heading: words!(locale, settings.language),
        lead: words!(locale, settings.language_lead),
        segments: LanguageChoice::ALL.map(choice).to_vec(),
        chosen: chosen.map_or(LanguageChoice::Browser.as_str(), Language::as_str),
        path: SetLanguage::PATH,
    }
}

/// A form that is sent with the choice; without script it has a button.
fn row(locale: Locale, choices: Choices, told: &Told) -> AnyView {
    let Choices {
        name,
        heading,
        lead,
        segments,
        chosen,
        path,
    } = choices;
    let lead_id = format!("{name}-lead");
    let segmented = Segmented {
        id: None,
        field: name.to_owned(),
        legend: heading,
        segments,
        chosen: chosen.to_owned(),
        described_by: Some(lead_id.clone()),
    };
    view! {
        <form class="setting-row" method="post" action=address_of(path) data-at-once="">
            <div>
                <span class="label">
                    {heading}
                    {saved_mark(told.was_saved(name), words!(locale, admin.saved))}
                </span>
                <span class="hint" id=lead_id>{lead}</span>
            </div>
            <div class="setting-end">
                {segmented.view()}
                <button type="submit" class="button only-without-script">
                    {words!(locale, admin.save)}
                </button>
            </div>
            {error_line(locale, told.error_of(path), &format!("{name}-error"))}
        </form>
    }
    .into_any()
}

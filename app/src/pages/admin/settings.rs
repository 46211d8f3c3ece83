//! Defaults, limits, access, the banner and ways to begin: one form, saved whole or not at all.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::setting_field::{Control, Filled, setting_row};
use crate::{
    api::administration::SaveSettings,
    model::{ChatError, Drawing, Language, ReasoningEffort, Setting, SettingName, User},
    pages::{
        card::{Head, error_line, save_bar},
        drawn::settled,
        told::Told,
    },
    service::{RefusedForm, administration_service},
    sub_path::address_of,
    words::{Locale, effort, grouped, setting_name, use_locale, words, zone_name},
};

/// Every setting of the server. What was refused a moment ago is given back as it was filled in.
pub(super) async fn draw(by: &User, told: &Told) -> Result<Drawing, ChatError> {
    let service = administration_service();
    let settings = service.settings().await?;
    let refused = match told.get("refused") {
        Some(_) => service.take_refused_settings(by).await,
        None => None,
    };
    let locale = use_locale();
    let refused = refused.unwrap_or_default();
    let num_shares = service.num_shares().await?;
    let groups = groups(locale, num_shares)
        .into_iter()
        .map(|(head, names)| group(locale, head, names, &settings, &refused));
    let groups: Vec<_> = groups.collect();
    let saved = told.was_saved("settings").then(|| {
        let words = words!(locale, admin.saved);
        view! { <p class="save-bar saved saved-mark" tabindex="-1">{words}</p> }
    });
    Ok(settled(view! {
        <form
            class="settings-form"
            method="post"
            action=address_of(SaveSettings::url())
            data-save-bar=""
        >
            {error_line(locale, told.error_besides(&[]), "settings-error")}
            {groups}
            {saved}
            {save_bar(locale)}
        </form>
    }))
}

fn groups(locale: Locale, num_shares: u64) -> [(Head, &'static [SettingName]); 5] {
    let defaults = Head::new(words!(locale, admin.defaults));
    let limits = Head::new(words!(locale, admin.limits));
    let access = Head::new(words!(locale, admin.access));
    let access_lead = words!(locale, admin.access_lead, number = grouped(num_shares));
    let banner = Head::new(words!(locale, admin.banner));
    let starters = Head::new(words!(locale, admin.starters));
    [
        (defaults.lead(words!(locale, admin.defaults_lead)), DEFAULTS),
        (limits.lead(words!(locale, admin.limits_lead)), LIMITS),
        (access.lead(access_lead), ACCESS),
        (banner.lead(words!(locale, admin.banner_lead)), BANNER),
        (starters.lead(words!(locale, admin.starters_lead)), STARTERS),
    ]
}

fn group(
    locale: Locale,
    head: Head,
    names: &[SettingName],
    settings: &[Setting],
    refused: &RefusedForm,
) -> AnyView {
    let of_group = settings.iter().filter(|it| names.contains(&it.name));
    let rows: Vec<_> = of_group
        .map(|setting| {
            let name = setting.name;
            let (label, hint) = (label(locale, name), hint(locale, setting));
            let filled = fill(setting.clone(), refused);
            setting_row(locale, filled, label, hint, control(locale, name))
        })
        .collect();
    head.section(view! { <div class="setting">{rows}</div> })
}

/// A setting with what somebody filled in, if that was refused.
fn fill(setting: Setting, refused: &RefusedForm) -> Filled {
    let typed = refused.changes.iter().find(|it| it.name == setting.name);
    let wrong = refused.refused.iter().find(|it| it.name == setting.name);
    Filled {
        typed: typed.cloned(),
        error: wrong.map(|it| it.error.clone()),
        setting,
    }
}

const DEFAULTS: &[SettingName] = &[
    SettingName::SystemPromptEn,
    SettingName::SystemPromptZh,
    SettingName::Temperature,
    SettingName::TopP,
    SettingName::ReasoningEffort,
    SettingName::Calculator,
    SettingName::MadeTitles,
    SettingName::MaxTokens,
    SettingName::ContextBudget,
];
const LIMITS: &[SettingName] = &[SettingName::ConcurrentTurns, SettingName::TokensPerDay];
const ACCESS: &[SettingName] = &[
    SettingName::SignUp,
    SettingName::Sharing,
    SettingName::DefaultLanguage,
];
const BANNER: &[SettingName] = &[
    SettingName::BannerLevel,
    SettingName::BannerEn,
    SettingName::BannerZh,
    SettingName::BannerDismissible,
];
const STARTERS: &[SettingName] = &[SettingName::StartersEn, SettingName::StartersZh];

/// Short where a unit stands beside the number.
fn label(locale: Locale, name: SettingName) -> &'static str {
    match name {
        SettingName::MaxTokens => words!(locale, admin.longest_answer),
        SettingName::ContextBudget => words!(locale, admin.context_budget),
        name => setting_name(locale, name),
    }
}

/// Where it stands alone: what belongs to the banner says so.
pub(super) fn full_name(locale: Locale, name: SettingName) -> String {
    let part = setting_name(locale, name);
    if BANNER.contains(&name) {
        let whole = words!(locale, admin.banner);
        words!(locale, admin.part, whole = whole, part = part)
    } else {
        part.to_owned()
    }
}

/// A value as its control calls it.
pub(super) fn value_name(locale: Locale, name: SettingName, value: String) -> String {
    let choices = match control(locale, name) {
        Control::Segments(choices) | Control::Select(choices) => choices,
        Control::Switch => vec![
            ("yes", words!(locale, admin.yes)),
            ("no", words!(locale, admin.no)),
        ],
        Control::Text | Control::Range(..) | Control::Number(_) => return value,
    };
    let chosen = choices.into_iter().find(|(it, _)| *it == value);
    chosen.map_or(value, |(_, label)| label.to_owned())
}

fn hint(locale: Locale, setting: &Setting) -> Option<String> {
    let fixed = match setting.name {
        SettingName::SystemPromptEn => words!(locale, admin.hints.system_prompt),
        SettingName::SystemPromptZh => words!(locale, admin.hints.system_prompt_zh),
        SettingName::Temperature => words!(locale, admin.hints.temperature),
        SettingName::TopP => words!(locale, admin.hints.top_p),
        SettingName::ReasoningEffort => words!(locale, admin.hints.reasoning_effort),
        SettingName::Calculator => words!(locale, admin.hints.calculator),
        SettingName::MadeTitles => words!(locale, admin.hints.made_titles),
        SettingName::MaxTokens => words!(locale, admin.hints.max_tokens),
        SettingName::ContextBudget => words!(locale, admin.hints.context_budget),
        SettingName::ConcurrentTurns => words!(locale, admin.hints.concurrent_turns),
        SettingName::TokensPerDay => {
            let zone = setting.zone.as_deref().unwrap_or_default();
            let zone = zone_name(zone).to_owned();
            return Some(words!(locale, admin.hints.tokens_per_day, zone = zone));
        }
        SettingName::BannerZh => words!(locale, admin.hints.banner_zh),
        SettingName::Sharing => words!(locale, admin.hints.sharing),
        SettingName::SignUp
        | SettingName::DefaultLanguage
        | SettingName::BannerLevel
        | SettingName::BannerEn
        | SettingName::BannerDismissible
        | SettingName::StartersEn
        | SettingName::StartersZh => return None,
    };
    Some(fixed.to_owned())
}

fn control(locale: Locale, name: SettingName) -> Control {
    match name {
        SettingName::SystemPromptEn
        | SettingName::SystemPromptZh
        | SettingName::BannerEn
        | SettingName::BannerZh
        | SettingName::StartersEn
        | SettingName::StartersZh => Control::Text,
        SettingName::Temperature => Control::Range("0", "2"),
        SettingName::TopP => Control::Range("0.01", "1"),
        SettingName::ReasoningEffort => {
            let choice = |it: ReasoningEffort| (it.as_str(), effort(locale, it));
            Control::Segments(ReasoningEffort::ALL.map(choice).to_vec())
        }
        SettingName::SignUp => Control::Select(vec![
            ("closed", words!(locale, admin.choices.closed)),
            ("open", words!(locale, admin.choices.open)),
        ]),
        SettingName::DefaultLanguage => {
            let choice = |language: Language| (language.as_str(), language.own_name());
            Control::Segments(Language::ALL.map(choice).to_vec())
        }
        SettingName::BannerLevel => Control::Segments(vec![
            ("info", words!(locale, admin.choices.info)),
            ("warning", words!(locale, admin.choices.warning)),
            ("critical", words!(locale, admin.choices.critical)),
        ]),
        SettingName::Calculator
        | SettingName::MadeTitles
        | SettingName::Sharing
        | SettingName::BannerDismissible => Control::Switch,
        SettingName::MaxTokens | SettingName::ContextBudget | SettingName::TokensPerDay => {
            Control::Number(Some(words!(locale, admin.tokens_unit)))
        }
        SettingName::ConcurrentTurns => Control::Number(None),
    }
}

//! Defaults, limits, access and the banner.

use leptos::prelude::*;

use super::{
    once_loaded,
    setting_field::{Control, SettingField},
};
use crate::{
    api::administration::settings,
    model::{Language, ReasoningEffort, Setting, SettingName},
    words::{Locale, effort, setting_name, use_locale, words},
};

/// Every setting of the server, each saved alone.
#[component]
pub(super) fn SettingsSection() -> impl IntoView {
    let locale = use_locale();
    let values = Resource::new(|| (), |()| settings());
    let show = move |settings: Vec<Setting>| {
        let group = |heading: &'static str, lead: Option<&'static str>, names: &[SettingName]| {
            let of_group = settings
                .iter()
                .filter(|it| names.contains(&it.name))
                .cloned();
            let fields: Vec<_> = of_group.map(|setting| field(locale, setting)).collect();
            view! {
                <section class="settings-group">
                    <h2>{heading}</h2>
                    {lead.map(|lead| view! { <p class="settings-lead">{lead}</p> })}
                    {fields}
                </section>
            }
        };
        let groups = [
            (
                words!(locale, admin.defaults),
                Some(words!(locale, admin.defaults_lead)),
                DEFAULTS,
            ),
            (
                words!(locale, admin.limits),
                Some(words!(locale, admin.limits_lead)),
                LIMITS,
            ),
            (words!(locale, admin.access), None, ACCESS),
            (
                words!(locale, admin.banner),
                Some(words!(locale, admin.banner_lead)),
                BANNER,
            ),
        ];
        groups
            .into_iter()
            .map(|(heading, lead, names)| group(heading, lead, names))
            .collect_view()
    };
    once_loaded(values, show)
}

const DEFAULTS: &[SettingName] = &[
    SettingName::SystemPromptEn,
    SettingName::SystemPromptZh,
    SettingName::Temperature,
    SettingName::TopP,
    SettingName::ReasoningEffort,
    SettingName::Calculator,
    SettingName::MaxTokens,
    SettingName::ContextBudget,
];
const LIMITS: &[SettingName] = &[SettingName::ConcurrentTurns, SettingName::TokensPerDay];
const ACCESS: &[SettingName] = &[SettingName::SignUp, SettingName::DefaultLanguage];
const BANNER: &[SettingName] = &[
    SettingName::BannerLevel,
    SettingName::BannerEn,
    SettingName::BannerZh,
    SettingName::BannerDismissible,
];

fn field(locale: Locale, setting: Setting) -> impl IntoView {
    let (name, hint) = (setting.name, hint(locale, &setting));
    view! {
        <SettingField
            setting
            label=setting_name(locale, name)
            hint
            control=control(locale, name)
        />
    }
}

fn hint(locale: Locale, setting: &Setting) -> Option<String> {
    let fixed = match setting.name {
        SettingName::SystemPromptEn => words!(locale, admin.hints.system_prompt),
        SettingName::SystemPromptZh => words!(locale, admin.hints.system_prompt_zh),
        SettingName::Temperature => words!(locale, admin.hints.temperature),
        SettingName::TopP => words!(locale, admin.hints.top_p),
        SettingName::ReasoningEffort => words!(locale, admin.hints.reasoning_effort),
        SettingName::Calculator => words!(locale, admin.hints.calculator),
        SettingName::MaxTokens => words!(locale, admin.hints.max_tokens),
        SettingName::ContextBudget => words!(locale, admin.hints.context_budget),
        SettingName::ConcurrentTurns => words!(locale, admin.hints.concurrent_turns),
        SettingName::TokensPerDay => {
            let zone = setting.zone.clone().unwrap_or_default();
            return Some(words!(locale, admin.hints.tokens_per_day, zone = zone));
        }
        SettingName::BannerZh => words!(locale, admin.hints.banner_zh),
        SettingName::SignUp
        | SettingName::DefaultLanguage
        | SettingName::BannerLevel
        | SettingName::BannerEn
        | SettingName::BannerDismissible => return None,
    };
    Some(fixed.to_owned())
}

fn control(locale: Locale, name: SettingName) -> Control {
    match name {
        SettingName::SystemPromptEn
        | SettingName::SystemPromptZh
        | SettingName::BannerEn
        | SettingName::BannerZh => Control::Text,
        SettingName::ReasoningEffort => {
            let choice = |it: ReasoningEffort| (it.as_str(), effort(locale, it));
            Control::Choice(ReasoningEffort::ALL.map(choice).to_vec())
        }
        SettingName::SignUp => Control::Choice(vec![
            ("closed", words!(locale, admin.choices.closed)),
            ("open", words!(locale, admin.choices.open)),
        ]),
        SettingName::DefaultLanguage => {
            let choice = |language: Language| (language.as_str(), language.own_name());
            Control::Choice(Language::ALL.map(choice).to_vec())
        }
        SettingName::BannerLevel => Control::Choice(vec![
            ("info", words!(locale, admin.choices.info)),
            ("warning", words!(locale, admin.choices.warning)),
            ("critical", words!(locale, admin.choices.critical)),
        ]),
        SettingName::Calculator | SettingName::BannerDismissible => Control::Choice(vec![
            ("yes", words!(locale, admin.yes)),
            ("no", words!(locale, admin.no)),
        ]),
        _ => Control::Number,
    }
}

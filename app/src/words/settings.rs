//! Names of settings.

use super::{Locale, words};
use crate::model::{ReasoningEffort, SettingName};

/// Name of a setting for people.
pub(crate) fn setting_name(locale: Locale, name: SettingName) -> &'static str {
    match name {
        SettingName::SystemPromptEn => words!(locale, admin.names.system_prompt_en),
        SettingName::SystemPromptZh => words!(locale, admin.names.system_prompt_zh),
        SettingName::Temperature => words!(locale, admin.names.temperature),
        SettingName::TopP => words!(locale, admin.names.top_p),
        SettingName::ReasoningEffort => words!(locale, admin.names.reasoning_effort),
        SettingName::Calculator => words!(locale, admin.names.calculator),
        SettingName::MadeTitles => words!(locale, admin.names.made_titles),
        SettingName::Sharing => words!(locale, admin.names.sharing),
        SettingName::MaxTokens => words!(locale, admin.names.max_tokens),
        SettingName::ContextBudget => words!(locale, admin.names.context_budget),
        SettingName::ConcurrentTurns => words!(locale, admin.names.concurrent_turns),
        SettingName::TokensPerDay => words!(locale, admin.names.tokens_per_day),
        SettingName::SignUp => words!(locale, admin.names.sign_up),
        SettingName::DefaultLanguage => words!(locale, admin.names.default_language),
        SettingName::BannerLevel => words!(locale, admin.names.banner_level),
        SettingName::BannerEn => words!(locale, admin.names.banner_en),
        SettingName::BannerZh => words!(locale, admin.names.banner_zh),
        SettingName::BannerDismissible => words!(locale, admin.names.banner_dismissible),
        SettingName::StartersEn => words!(locale, admin.names.starters_en),
        SettingName::StartersZh => words!(locale, admin.names.starters_zh),
    }
}

/// Name of an effort for people.
pub(crate) fn effort(locale: Locale, effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::Low => words!(locale, admin.choices.low),
        ReasoningEffort::Medium => words!(locale, admin.choices.medium),
        ReasoningEffort::High => words!(locale, admin.choices.high),
    }
}

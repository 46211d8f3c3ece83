//! Settings that an administrator changes while the server runs.
//!
//! [`ServerSettings`] is what the rest reads: typed and within its ranges. A setting travels as a
//! text (`ServerSettings::get`, `set`), is stored alone and holds from the next turn on.

mod book;

use std::fmt;

use hearth_app::model::{
    BannerLevel, ConversationForm, ConversationSettings, Language, ReasoningEffort, Refusal,
    SettingName,
};

pub use book::{SaveSettingError, SaveSettingsError, SettingsBook};

/// Longest system prompt or banner, in characters.
pub const MAX_TEXT_CHARS: usize = 8000;
/// Most ways to begin in each language, a line each.
pub const MAX_STARTERS: usize = 4;
/// Longest way to begin, in characters.
pub const MAX_STARTER_CHARS: usize = 80;
/// Most characters of a refused value that are told again.
const MAX_NAMED_CHARS: usize = 40;

/// A text in both languages of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilingual {
    pub en: String,
    pub zh: String,
}

impl Bilingual {
    /// One text for everybody.
    pub fn same(text: &str) -> Self {
        Self {
            en: text.to_owned(),
            zh: String::new(),
        }
    }

    /// The Chinese text for readers of Chinese if there is one, else the English one.
    pub fn choose(&self, is_chinese: bool) -> &str {
        if is_chinese && !self.zh.is_empty() {
            &self.zh
        } else {
            &self.en
        }
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUp {
    /// An administrator only.
    #[default]
    Closed,
    /// Everybody who reaches the server.
    Open,
}

/// Whether people may share copies of their chats inside of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    #[default]
    On,
    /// Nobody makes a copy, and nobody reads one.
    Off,
}

impl Sharing {
    const fn of(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }
}

/// All settings. `Default` is what a new server has.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSettings {
    pub system_prompt: Bilingual,
    pub temperature: f32,
    pub top_p: f32,
    pub reasoning_effort: ReasoningEffort,
    /// Whether models that can call tools may use a calculator.
    pub has_calculator: bool,
    /// Whether the model gives conversations their titles when it has nothing else to do.
    pub has_made_titles: bool,
    pub sharing: Sharing,
    pub max_tokens: Option<u32>,
    pub context_budget: Option<u32>,
    pub concurrent_turns: u32,
    pub tokens_per_day: Option<u64>,
    pub sign_up: SignUp,
    /// Of visitors whose browser asks for none we have.
    pub default_language: Language,
    pub banner: Bilingual,
    pub banner_level: BannerLevel,
    pub is_banner_dismissible: bool,
    /// What an empty page offers to begin with, one a line.
    pub starters: Bilingual,
}

impl Default for ServerSettings {
    fn default() -> Self {
        let sampling = hearth_engine::request::SamplingParams::default();
        Self {
            system_prompt: Bilingual::default(),
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            reasoning_effort: ReasoningEffort::default(),
            has_calculator: true,
            has_made_titles: true,
            sharing: Sharing::On,
            max_tokens: None,
            context_budget: None,
            concurrent_turns: 2,
            tokens_per_day: None,
            sign_up: SignUp::Closed,
            default_language: Language::English,
            banner: Bilingual::default(),
            banner_level: BannerLevel::Info,
            is_banner_dismissible: true,
            starters: Bilingual::default(),
        }
    }
}

/// A value outside its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error("{name} is {found:?}, allowed is {allowed}")]
    OutOfRange {
        name: SettingName,
        /// What was given, cut.
        found: String,
        allowed: Allowed,
    },
    #[error("{name} has {chars} characters, at most {MAX_TEXT_CHARS} are accepted")]
    TooLong { name: SettingName, chars: usize },
    #[error(
        "{name} takes at most {MAX_STARTERS} lines of at most {MAX_STARTER_CHARS} characters each"
    )]
    TooManyLines { name: SettingName },
}

/// What a setting may be. The text reads the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub range: &'static str,
    pub may_be_empty: bool,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.may_be_empty { " or nothing" } else { "" };
        write!(f, "{}{end}", self.range)
    }
}

impl From<SettingError> for Refusal {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::OutOfRange {
                name,
                found,
                allowed,
            } => Self::Setting {
                name: name.to_string(),
                value: found,
                range: allowed.range.to_owned(),
                may_be_empty: allowed.may_be_empty,
            },
            SettingError::TooLong { name, chars } => Self::SettingTooLong {
                name: name.to_string(),
                chars,
                limit: MAX_TEXT_CHARS,
            },
            SettingError::TooManyLines { name } => Self::SettingLines {
                name,
                lines: MAX_STARTERS,
                chars: MAX_STARTER_CHARS,
            },
        }
    }
}

impl ServerSettings {
    /// A setting as a form shows it.
    pub fn get(&self, name: SettingName) -> String {
        match name {
            SettingName::SystemPromptEn => self.system_prompt.en.clone(),
            SettingName::SystemPromptZh => self.system_prompt.zh.clone(),
            SettingName::Temperature => self.temperature.to_string(),
            SettingName::TopP => self.top_p.to_string(),
            SettingName::ReasoningEffort => self.reasoning_effort.as_str().to_owned(),
            SettingName::Calculator => yes_or_no(self.has_calculator).to_owned(),
            SettingName::MadeTitles => yes_or_no(self.has_made_titles).to_owned(),
            SettingName::Sharing => yes_or_no(self.sharing == Sharing::On).to_owned(),
            SettingName::MaxTokens => optional(self.max_tokens),
            SettingName::ContextBudget => optional(self.context_budget),
            SettingName::ConcurrentTurns => self.concurrent_turns.to_string(),
            SettingName::TokensPerDay => optional(self.tokens_per_day),
            SettingName::SignUp => match self.sign_up {
                SignUp::Closed => "closed".to_owned(),
                SignUp::Open => "open".to_owned(),
            },
            SettingName::DefaultLanguage => self.default_language.as_str().to_owned(),
            SettingName::BannerLevel => match self.banner_level {
                BannerLevel::Info => "info".to_owned(),
                BannerLevel::Warning => "warning".to_owned(),
                BannerLevel::Critical => "critical".to_owned(),
            },
            SettingName::BannerEn => self.banner.en.clone(),
            SettingName::BannerZh => self.banner.zh.clone(),
            SettingName::BannerDismissible => yes_or_no(self.is_banner_dismissible).to_owned(),
            SettingName::StartersEn => self.starters.en.clone(),
            SettingName::StartersZh => self.starters.zh.clone(),
        }
    }

    /// Changes one setting; nothing else, and nothing at all if the value is refused.
    ///
    /// # Errors
    /// Names the setting, what was given and what is allowed.
    pub fn set(&mut self, name: SettingName, value: &str) -> Result<(), SettingError> {
        let value = value.trim();
        let given = Given { name, value };
        match name {
            SettingName::SystemPromptEn => self.system_prompt.en = given.text()?,
            SettingName::SystemPromptZh => self.system_prompt.zh = given.text()?,
            SettingName::Temperature => {
                self.temperature = given.number("0–2", |it: &f32| (0.0..=2.0).contains(it))?;
            }
            SettingName::TopP => {
                let is_allowed = |it: &f32| *it > 0.0 && *it <= 1.0;
                self.top_p = given.number("> 0, ≤ 1", is_allowed)?;
            }
            SettingName::ReasoningEffort => {
                let efforts = ReasoningEffort::ALL.map(|it| (it.as_str(), it));
                self.reasoning_effort = given.word("low, medium, high", &efforts)?;
            }
            SettingName::Calculator => self.has_calculator = given.yes_or_no()?,
            SettingName::MadeTitles => self.has_made_titles = given.yes_or_no()?,
            SettingName::Sharing => self.sharing = Sharing::of(given.yes_or_no()?),
            SettingName::MaxTokens => {
                self.max_tokens = given.optional("1–1000000", 1..=1_000_000)?;
            }
            SettingName::ContextBudget => {
                self.context_budget = given.optional("256–1000000", 256..=1_000_000)?;
            }
            SettingName::ConcurrentTurns => {
                self.concurrent_turns = given.number("1–100", |it| (1..=100).contains(it))?;
            }
            SettingName::TokensPerDay => {
                let most = 1_000_000_000_000;
                self.tokens_per_day = given.optional("1–1000000000000", 1..=most)?;
            }
            SettingName::SignUp => {
                self.sign_up = given.word(
                    "closed, open",
                    &[("closed", SignUp::Closed), ("open", SignUp::Open)],
                )?;
            }
            SettingName::DefaultLanguage => {
                let languages = Language::ALL.map(|it| (it.as_str(), it));
                self.default_language = given.word("en, zh-CN", &languages)?;
            }
            SettingName::BannerLevel => {
                let levels = [
                    ("info", BannerLevel::Info),
                    ("warning", BannerLevel::Warning),
                    ("critical", BannerLevel::Critical),
                ];
                self.banner_level = given.word("info, warning, critical", &levels)?;
            }
            SettingName::BannerEn => self.banner.en = given.text()?,
            SettingName::BannerZh => self.banner.zh = given.text()?,
            SettingName::BannerDismissible => {
                self.is_banner_dismissible = given.yes_or_no()?;
            }
            SettingName::StartersEn => self.starters.en = given.starters()?,
            SettingName::StartersZh => self.starters.zh = given.starters()?,
        }
        Ok(())
    }
}

/// Checks what a conversation's form gives. Ranges are those of the server's settings.
///
/// # Errors
/// Names the field, what was given and what is allowed.
pub fn parse_conversation_form(
    form: &ConversationForm,
) -> Result<ConversationSettings, SettingError> {
    let mut checked = ServerSettings::default();
    let mut is_given = |name, value: &str| -> Result<bool, SettingError> {
        let is_given = !value.trim().is_empty();
        if is_given {
            checked.set(name, value)?;
        }
        Ok(is_given)
    };
    let has_prompt = is_given(SettingName::SystemPromptEn, &form.system_prompt)?;
    let has_temperature = is_given(SettingName::Temperature, &form.temperature)?;
    let has_top_p = is_given(SettingName::TopP, &form.top_p)?;
    is_given(SettingName::MaxTokens, &form.max_tokens)?;
    let has_effort = is_given(SettingName::ReasoningEffort, &form.reasoning_effort)?;
    let has_calculator = is_given(SettingName::Calculator, &form.calculator)?;
    Ok(ConversationSettings {
        system_prompt: has_prompt.then_some(checked.system_prompt.en),
        temperature: has_temperature.then_some(checked.temperature),
        top_p: has_top_p.then_some(checked.top_p),
        max_tokens: checked.max_tokens,
        reasoning_effort: has_effort.then_some(checked.reasoning_effort),
        calculator: has_calculator.then_some(checked.has_calculator),
    })
}

/// A conversation's own settings as its form shows them.
pub fn to_form(settings: ConversationSettings) -> ConversationForm {
    ConversationForm {
        system_prompt: settings.system_prompt.unwrap_or_default(),
        temperature: optional(settings.temperature),
        top_p: optional(settings.top_p),
        max_tokens: optional(settings.max_tokens),
        reasoning_effort: optional(settings.reasoning_effort.map(ReasoningEffort::as_str)),
        calculator: optional(settings.calculator.map(yes_or_no)),
    }
}

/// As forms and the database have it.
pub(crate) const fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// What somebody gave for a setting.
struct Given<'a> {
    name: SettingName,
    value: &'a str,
}

impl Given<'_> {
    fn refused(&self, range: &'static str, may_be_empty: bool) -> SettingError {
        SettingError::OutOfRange {
            name: self.name,
            found: self.value.chars().take(MAX_NAMED_CHARS).collect(),
            allowed: Allowed {
                range,
                may_be_empty,
            },
        }
    }

    fn text(&self) -> Result<String, SettingError> {
        let chars = self.value.chars().count();
        if chars > MAX_TEXT_CHARS {
            let name = self.name;
            return Err(SettingError::TooLong { name, chars });
        }
        // Browsers send line breaks of forms as CR LF.
        Ok(self.value.replace("\r\n", "\n"))
    }

    /// One a line; spaces around them and empty lines are nobody's words.
    fn starters(&self) -> Result<String, SettingError> {
        let lines = self.value.lines().map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let is_long = |line: &&str| line.chars().count() > MAX_STARTER_CHARS;
        if lines.len() > MAX_STARTERS || lines.iter().any(is_long) {
            return Err(SettingError::TooManyLines { name: self.name });
        }
        Ok(lines.join("\n"))
    }

    fn number<T: std::str::FromStr>(
        &self,
        allowed: &'static str,
        is_allowed: impl Fn(&T) -> bool,
    ) -> Result<T, SettingError> {
        let parsed = self.value.parse().ok().filter(is_allowed);
        parsed.ok_or_else(|| self.refused(allowed, false))
    }

    fn optional<T: std::str::FromStr + PartialOrd>(
        &self,
        allowed: &'static str,
        range: std::ops::RangeInclusive<T>,
    ) -> Result<Option<T>, SettingError> {
        if self.value.is_empty() {
            return Ok(None);
        }
        let parsed = self.value.parse().ok().filter(|it| range.contains(it));
        let parsed = parsed.ok_or_else(|| self.refused(allowed, true))?;
        Ok(Some(parsed))
    }

    fn yes_or_no(&self) -> Result<bool, SettingError> {
        self.word("yes, no", &[("yes", true), ("no", false)])
    }

    fn word<T: Copy>(&self, allowed: &'static str, words: &[(&str, T)]) -> Result<T, SettingError> {
        let found = words.iter().find(|(word, _)| *word == self.value);
        found
            .map(|(_, meaning)| *meaning)
            .ok_or_else(|| self.refused(allowed, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_shows_can_be_saved_as_it_is() {
        let mut changed = ServerSettings::default();
        for (name, value) in [
            (SettingName::SystemPromptZh, "你是一个助手。"),
            (SettingName::Temperature, "0.7"),
            (SettingName::ReasoningEffort, "high"),
            (SettingName::Calculator, "no"),
            (SettingName::MadeTitles, "no"),
            (SettingName::Sharing, "no"),
            (SettingName::MaxTokens, "512"),
            (SettingName::SignUp, "open"),
            (SettingName::DefaultLanguage, "zh-CN"),
            (SettingName::BannerLevel, "critical"),
            (SettingName::BannerDismissible, "no"),
            (SettingName::StartersEn, "Plan my week\nTranslate this"),
        ] {
            changed.set(name, value).unwrap();
            assert_eq!(changed.get(name), value);
        }
        for settings in [ServerSettings::default(), changed] {
            let mut again = ServerSettings::default();
            for &name in SettingName::ALL {
                again.set(name, &settings.get(name)).unwrap();
            }
            assert_eq!(again, settings);
        }
    }

    #[test]
    fn values_outside_of_their_range_change_nothing_and_are_named() {
        let long = "a".repeat(MAX_TEXT_CHARS + 1);
        let long_line = "好".repeat(MAX_STARTER_CHARS + 1);
        for (name, value) in [
            (SettingName::SystemPromptEn, long.as_str()),
            (SettingName::Temperature, "2.1"),
            (SettingName::Temperature, "-0.1"),
            (SettingName::Temperature, "NaN"),
            (SettingName::Temperature, "warm"),
            (SettingName::Temperature, ""),
            (SettingName::TopP, "0"),
            (SettingName::TopP, "inf"),
            (SettingName::ReasoningEffort, "High"),
            (SettingName::Calculator, "on"),
            (SettingName::MadeTitles, ""),
            (SettingName::Sharing, "perhaps"),
            (SettingName::MaxTokens, "0"),
            (SettingName::MaxTokens, "-1"),
            (SettingName::ContextBudget, "255"),
            (SettingName::ConcurrentTurns, "0"),
            (SettingName::TokensPerDay, "1e9"),
            (SettingName::SignUp, "Open"),
            (SettingName::DefaultLanguage, "fr"),
            (SettingName::BannerLevel, ""),
            (SettingName::BannerDismissible, "true"),
            (SettingName::StartersEn, "1\n2\n3\n4\n5"),
            (SettingName::StartersZh, long_line.as_str()),
        ] {
            let mut settings = ServerSettings::default();
            let error = settings.set(name, value).unwrap_err();
            assert!(error.to_string().starts_with(name.as_str()), "{error}");
            assert_eq!(settings, ServerSettings::default(), "{name} = {value}");
        }
    }

    #[test]
    fn ways_to_begin_are_lines_without_what_surrounds_them() {
        let mut settings = ServerSettings::default();
        let longest = "好".repeat(MAX_STARTER_CHARS);
        let typed = format!("  Plan my week \r\n\r\n\t{longest}\r\n \r\n3\r\n4\r\n");
        settings.set(SettingName::StartersEn, &typed).unwrap();
        let kept = format!("Plan my week\n{longest}\n3\n4");
        assert_eq!(settings.get(SettingName::StartersEn), kept);
        settings.set(SettingName::StartersEn, " \r\n ").unwrap();
        assert_eq!(settings, ServerSettings::default());
    }
}

//! Settings of the whole server, as the administration page shows them: each a text of its own.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ChatError;

macro_rules! setting_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Name of a setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SettingName {
            $($(#[$doc])* $name,)*
        }

        impl SettingName {
            /// All of them, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Name in the database, in forms and in the audit log.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

setting_names! {
    /// What every conversation begins with, unless it has a system prompt of its own.
    SystemPromptEn = "system_prompt_en",
    /// The same for conversations that begin in Chinese.
    SystemPromptZh = "system_prompt_zh",
    /// 0 to 2.
    Temperature = "temperature",
    /// Above 0, up to 1.
    TopP = "top_p",
    /// How much a model thinks before it answers, if it does: `low`, `medium` or `high`.
    ReasoningEffort = "reasoning_effort",
    /// Whether models that can call tools may use a calculator: `yes` or `no`.
    Calculator = "calculator",
    /// Whether the model gives conversations their titles when it has nothing else to do: `yes` or
    /// `no`.
    MadeTitles = "made_titles",
    /// Longest answer in tokens; empty: as long as the context window allows.
    MaxTokens = "max_tokens",
    /// Most tokens of prompt and answer together; empty: what the model was made for.
    ContextBudget = "context_budget",
    /// Answers one person may have made at once.
    ConcurrentTurns = "concurrent_turns",
    /// Tokens computed for one person in a day of the server's time zone; empty: no limit.
    TokensPerDay = "tokens_per_day",
    /// Who may make an account: `closed` or `open`.
    SignUp = "sign_up",
    /// Whether people may share copies of their chats inside of the server: `yes` or `no`.
    Sharing = "sharing",
    /// Language of visitors whose browser asks for none we have: `en` or `zh-CN`.
    DefaultLanguage = "default_language",
    /// What a banner looks like: `info`, `warning` or `critical`.
    BannerLevel = "banner_level",
    /// Text above every page; empty: none.
    BannerEn = "banner_en",
    /// The same for readers of Chinese; empty: the English one.
    BannerZh = "banner_zh",
    /// Whether a reader can put it away: `yes` or `no`.
    BannerDismissible = "banner_dismissible",
    /// What an empty page offers to begin with, one a line; empty: what comes with the program.
    StartersEn = "starters_en",
    /// The same for readers of Chinese, who see no English ones.
    StartersZh = "starters_zh",
}

impl SettingName {
    /// Whether it is `yes` or `no`.
    pub const fn is_switch(self) -> bool {
        matches!(
            self,
            Self::Calculator | Self::MadeTitles | Self::Sharing | Self::BannerDismissible
        )
    }
}

impl fmt::Display for SettingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no setting of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such setting")]
pub struct UnknownSetting;

impl FromStr for SettingName {
    type Err = UnknownSetting;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|name| name.as_str() == text);
        found.copied().ok_or(UnknownSetting)
    }
}

/// A setting and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub name: SettingName,
    /// As a form shows it: numbers in decimal, nothing as an empty text.
    pub value: String,
    /// Counts changes; a change says which version it replaces.
    pub version: i64,
    /// Of a setting that counts by days: the time zone by whose midnights.
    #[serde(default)]
    pub zone: Option<String>,
}

/// A setting as the form of all settings sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingEntry {
    /// A switch that is off sends none.
    #[serde(default)]
    pub value: String,
    /// What the form was drawn with: a setting that still says so was not changed by its person.
    #[serde(default)]
    pub was: String,
    pub version: i64,
}

/// A setting that was not saved, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedSetting {
    pub name: SettingName,
    pub error: ChatError,
}

/// How urgent a banner is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BannerLevel {
    #[default]
    Info,
    Warning,
    Critical,
}

/// A sentence of the administrator above every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banner {
    pub level: BannerLevel,
    /// In the reader's language.
    pub text: String,
    /// Present if a reader can put it away: what it is then remembered by.
    pub dismissal: Option<String>,
}

/// What the administrator says on the chat page, in the reader's language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWords {
    pub banner: Option<Banner>,
    /// What to begin with; empty: what comes with the program.
    pub starters: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_one_name_everywhere() {
        for &name in SettingName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(json, format!("\"{name}\""));
        }
        assert_eq!("nothing".parse::<SettingName>(), Err(UnknownSetting));
    }
}

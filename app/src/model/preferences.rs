//! How a page is shown to whoever looks at it: decided by the server, for the whole document.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SidebarWidth;

/// Cookie with [`Language::as_str`] of the chosen language.
pub const LANGUAGE_COOKIE: &str = "hearth_language";
/// Cookie with [`Theme::as_str`] of the chosen theme.
pub const THEME_COOKIE: &str = "hearth_theme";
/// Cookie with [`SidebarForm::as_str`] of the form that was chosen on this device.
pub const SIDEBAR_COOKIE: &str = "hearth_sidebar";
/// Cookie with [`SidebarWidth::px`] of the width that was chosen on this device.
pub const SIDEBAR_WIDTH_COOKIE: &str = "hearth_sidebar_width";
/// Cookie with [`SingleKeys::as_str`], where they are off in this browser.
pub const SINGLE_KEYS_COOKIE: &str = "hearth_single_keys";
/// Cookie with what the last dismissed banner is remembered by.
pub const BANNER_COOKIE: &str = "hearth_banner";
/// Cookie with the IANA name of the browser's time zone.
pub const ZONE_COOKIE: &str = "hearth_tz";

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

/// A word that names no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the choices")]
pub struct UnknownChoice;

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// As in `<html lang>`, the cookie and the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Its own name, the same in every language.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The language that serves a reader of `tag` (BCP 47), if one does. Every Chinese is served
    /// by the one there is.
    pub fn serving(tag: &str) -> Option<Self> {
        let primary = |tag: &str| {
            tag.split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let mut all = Self::ALL.into_iter();
        all.find(|it| primary(it.as_str()) == primary(tag))
    }
}

impl FromStr for Language {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// What a person says about the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanguageChoice {
    /// As the browser says.
    #[serde(rename = "browser")]
    Browser,
    #[serde(rename = "en")]
    English,
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl LanguageChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Browser, Self::English, Self::Chinese];

    /// As in forms.
    pub const fn as_str(self) -> &'static str {
        match self.language() {
            None => "browser",
            Some(language) => language.as_str(),
        }
    }

    /// The chosen language, if one is.
    pub const fn language(self) -> Option<Language> {
        match self {
            Self::Browser => None,
            Self::English => Some(Language::English),
            Self::Chinese => Some(Language::Chinese),
        }
    }
}

impl FromStr for LanguageChoice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system asks.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As in the cookie and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// As in `data-theme`; absent: the style sheet follows the system.
    pub fn as_attribute(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.as_str())
    }

    /// What the document's `color-scheme` says.
    pub const fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl FromStr for Theme {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// How the list of conversations stands beside a chat, on screens that have room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidebarForm {
    /// With the titles.
    Open,
    /// Drawings only.
    Rail,
}

impl SidebarForm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Open, Self::Rail];

    /// As in the cookie and in `data-sidebar`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Rail => "rail",
        }
    }
}

impl FromStr for SidebarForm {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// Whether a key that writes a character does something outside of fields. Whoever speaks to the
/// machine, or has shaking hands, wants them off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SingleKeys {
    #[default]
    On,
    Off,
}

impl SingleKeys {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::On, Self::Off];

    /// As in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// As in `data-single-keys`; absent: they are on.
    pub fn as_attribute(self) -> Option<&'static str> {
        (self == Self::Off).then_some(self.as_str())
    }
}

impl FromStr for SingleKeys {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// What decides how a document looks and reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The language of the document.
    pub language: Language,
    /// The person's choice; absent: as the browser says.
    pub chosen_language: Option<Language>,
    pub theme: Theme,
    /// What was chosen on this device; absent: the width of the window decides.
    pub sidebar: Option<SidebarForm>,
    pub sidebar_width: SidebarWidth,
    pub single_keys: SingleKeys,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_finds_its_language_whatever_its_region_and_case() {
        for tag in ["zh", "zh-CN", "zh-Hans-CN", "ZH-tw"] {
            assert_eq!(Language::serving(tag), Some(Language::Chinese), "{tag}");
        }
        assert_eq!(Language::serving("en-GB"), Some(Language::English));
        assert_eq!(Language::serving("fr"), None);
        assert_eq!(Language::serving(""), None);
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        for language in Language::ALL {
            assert_eq!(language.as_str().parse(), Ok(language));
        }
        for choice in LanguageChoice::ALL {
            assert_eq!(choice.as_str().parse(), Ok(choice));
            let json = serde_json::to_string(choice.as_str()).unwrap();
            assert_eq!(
                serde_json::from_str::<LanguageChoice>(&json).unwrap(),
                choice
            );
        }
        for theme in Theme::ALL {
            assert_eq!(theme.as_str().parse(), Ok(theme));
        }
        for form in SidebarForm::ALL {
            assert_eq!(form.as_str().parse(), Ok(form));
        }
        for keys in SingleKeys::ALL {
            assert_eq!(keys.as_str().parse(), Ok(keys));
        }
        assert_eq!("zh-cn".parse::<Language>(), Err(UnknownChoice));
        assert_eq!("".parse::<Theme>(), Err(UnknownChoice));
    }
}

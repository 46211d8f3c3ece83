//! How many tokens one person may have computed in a day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Refusal, SettingName};

/// Most tokens of a limit, the server's or a person's.
const MOST: u64 = 1_000_000_000_000;
/// Most characters of a refused value that are told again.
const MAX_NAMED_CHARS: usize = 40;

/// A person's own limit. As a text: `default`, `none`, or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimit {
    /// As the server's setting says.
    #[default]
    Default,
    /// As many as somebody likes, whatever the setting says.
    None,
    Tokens(u64),
}

impl TokenLimit {
    /// What holds where the server's setting is `general`; nothing: no limit.
    pub const fn or(self, general: Option<u64>) -> Option<u64> {
        match self {
            Self::Default => general,
            Self::None => None,
            Self::Tokens(number) => Some(number),
        }
    }
}

impl fmt::Display for TokenLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::None => f.write_str("none"),
            Self::Tokens(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for TokenLimit {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        match text.trim() {
            "default" => Ok(Self::Default),
            "none" => Ok(Self::None),
            text => {
                let number: Option<u64> = text.parse().ok();
                let number = number.filter(|it| (1..=MOST).contains(it));
                number.map(Self::Tokens).ok_or_else(|| Refusal::Setting {
                    name: SettingName::TokensPerDay.to_string(),
                    value: text.chars().take(MAX_NAMED_CHARS).collect(),
                    range: format!("1–{MOST}"),
                    may_be_empty: false,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        for limit in [
            TokenLimit::Default,
            TokenLimit::None,
            TokenLimit::Tokens(1),
            TokenLimit::Tokens(MOST),
        ] {
            assert_eq!(limit.to_string().parse(), Ok(limit));
        }
        for odd in ["", "0", "-1", "1e9", "1.5", "None", "1000000000001", "many"] {
            let refused = odd.parse::<TokenLimit>();
            assert!(matches!(refused, Err(Refusal::Setting { .. })), "{odd}");
        }
    }

    #[test]
    fn a_limit_of_ones_own_comes_before_the_servers() {
        for (own, general, expected) in [
            (TokenLimit::Default, None, None),
            (TokenLimit::Default, Some(5), Some(5)),
            (TokenLimit::None, Some(5), None),
            (TokenLimit::Tokens(9), Some(5), Some(9)),
            (TokenLimit::Tokens(2), None, Some(2)),
        ] {
            assert_eq!(own.or(general), expected, "{own} {general:?}");
        }
    }
}

//! What one conversation wants otherwise than the server's defaults.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::UnknownChoice;

/// Own settings of a conversation; absent fields follow the server's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationSettings {
    pub system_prompt: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f32>,
    /// Above 0, up to 1.
    pub top_p: Option<f32>,
    /// Longest answer in tokens.
    pub max_tokens: Option<u32>,
    /// For models that think before they answer.
    pub reasoning_effort: Option<ReasoningEffort>,
    /// Whether models that can call tools may use a calculator.
    pub calculator: Option<bool>,
}

/// How much a model thinks before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    Low,
    #[default]
    Medium,
    High,
}

impl ReasoningEffort {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// As in forms, in the database and in exports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl FromStr for ReasoningEffort {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownChoice)
    }
}

/// The same as a form gives it: empty texts follow the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationForm {
    pub system_prompt: String,
    pub temperature: String,
    pub top_p: String,
    pub max_tokens: String,
    pub reasoning_effort: String,
    /// `yes` or `no`.
    pub calculator: String,
}

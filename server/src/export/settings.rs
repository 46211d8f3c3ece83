//! What a conversation wants otherwise than its server, in a document.

use hearth_app::model::{ConversationForm, ConversationSettings, ReasoningEffort};
use serde::{Deserialize, Serialize};

use crate::settings::{SettingError, parse_conversation_form, yes_or_no};

/// Own settings of a conversation; absent ones follow the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculator: Option<bool>,
}

impl SettingsDocument {
    /// The settings, if there are any.
    pub(super) fn new(settings: ConversationSettings) -> Option<Self> {
        let document = Self {
            system_prompt: settings.system_prompt,
            temperature: settings.temperature.map(decimal),
            top_p: settings.top_p.map(decimal),
            max_tokens: settings.max_tokens,
            reasoning_effort: settings.reasoning_effort,
            calculator: settings.calculator,
        };
        (document != Self::default()).then_some(document)
    }

    /// The settings to be stored.
    ///
    /// # Errors
    /// Names the field, what was given and what is allowed.
    pub(crate) fn check(&self) -> Result<ConversationSettings, SettingError> {
        fn text<T: ToString>(value: Option<T>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        let form = ConversationForm {
            system_prompt: self.system_prompt.clone().unwrap_or_default(),
            temperature: text(self.temperature),
            top_p: text(self.top_p),
            max_tokens: text(self.max_tokens),
            reasoning_effort: text(self.reasoning_effort.map(ReasoningEffort::as_str)),
            calculator: text(self.calculator.map(yes_or_no)),
        };
        parse_conversation_form(&form)
    }
}

/// The number with the digits a person wrote: 0.7, not 0.699999988.
fn decimal(number: f32) -> f64 {
    number
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_settings_come_back() {
        let settings = ConversationSettings {
            system_prompt: Some("Antworte in Reimen.\n用诗回答。".to_owned()),
            temperature: Some(0.7),
            top_p: Some(0.95),
            max_tokens: Some(100),
            reasoning_effort: Some(ReasoningEffort::Low),
            calculator: Some(false),
        };
        let document = SettingsDocument::new(settings.clone()).unwrap();
        let json = serde_json::to_string(&document).unwrap();
        assert!(json.contains("0.7,") && json.contains("0.95"), "{json}");
        assert_eq!(document.check(), Ok(settings));
        assert_eq!(SettingsDocument::new(ConversationSettings::default()), None);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = SettingsDocument {
            temperature: Some(9.0),
            ..SettingsDocument::default()
        };
        assert!(
            wrong
                .check()
                .unwrap_err()
                .to_string()
                .contains("temperature")
        );
    }
}

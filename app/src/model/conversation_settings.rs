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

impl ConversationSettings {
    /// The same, and what was chosen beside the box.
    #[must_use]
    pub fn with(self, choices: Choices) -> Self {
        Self {
            reasoning_effort: choices.effort.or(self.reasoning_effort),
            calculator: choices.calculator.or(self.calculator),
            ..self
        }
    }

    /// Of these the page has controls beside the box.
    pub fn choices(&self) -> Choices {
        Choices {
            effort: self.reasoning_effort,
            calculator: self.calculator,
        }
    }
}

/// What is chosen beside the text box; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub effort: Option<ReasoningEffort>,
    pub calculator: Option<bool>,
}

impl Choices {
    /// These, and where nothing was chosen the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            effort: self.effort.or(others.effort),
            calculator: self.calculator.or(others.calculator),
        }
    }

    /// What holds where a server usually does so; of what its model cannot do, nothing.
    #[must_use]
    pub fn within(self, usual: Self) -> Self {
        Self {
            effort: usual.effort.and(self.effort.or(usual.effort)),
            calculator: usual.calculator.and(self.calculator.or(usual.calculator)),
        }
    }

    /// Writes into a form what was chosen, and leaves the rest of it.
    pub fn fill(self, form: &mut ConversationForm) {
        if let Some(effort) = self.effort {
            effort.as_str().clone_into(&mut form.reasoning_effort);
        }
        if let Some(calculator) = self.calculator {
            let word = if calculator { "yes" } else { "no" };
            word.clone_into(&mut form.calculator);
        }
    }
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

impl ConversationForm {
    /// What it says of what can be chosen beside the box.
    pub fn choices(&self) -> Choices {
        Choices {
            effort: self.reasoning_effort.parse().ok(),
            calculator: match self.calculator.as_str() {
                "" => None,
                word => Some(word == "yes"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_comes_before_what_is_usual_and_nothing_holds_that_the_model_cannot_do() {
        let chosen = Choices {
            effort: Some(ReasoningEffort::High),
            calculator: None,
        };
        let usual = Choices {
            effort: Some(ReasoningEffort::Low),
            calculator: Some(true),
        };
        assert_eq!(chosen.within(usual), chosen.or(usual));
        assert_eq!(Choices::default().within(usual), usual);
        assert_eq!(
            chosen.or(usual).within(Choices::default()),
            Choices::default()
        );
        let settings = ConversationSettings {
            temperature: Some(0.5),
            reasoning_effort: Some(ReasoningEffort::Low),
            calculator: Some(false),
            ..ConversationSettings::default()
        };
        let with = settings.clone().with(chosen);
        assert_eq!(with.choices(), chosen.or(settings.choices()));
        assert_eq!(with.temperature, Some(0.5));
    }

    #[test]
    fn a_form_says_what_was_filled_in_and_keeps_the_rest() {
        let mut form = ConversationForm {
            system_prompt: "Rhyme.".to_owned(),
            calculator: "no".to_owned(),
            ..ConversationForm::default()
        };
        let chosen = Choices {
            effort: Some(ReasoningEffort::High),
            calculator: None,
        };
        chosen.fill(&mut form);
        assert_eq!(form.system_prompt, "Rhyme.");
        let expected = Choices {
            calculator: Some(false),
            ..chosen
        };
        assert_eq!(form.choices(), expected);
        let all = Choices {
            effort: Some(ReasoningEffort::Low),
            calculator: Some(true),
        };
        all.fill(&mut form);
        assert_eq!(form.choices(), all);
        assert_eq!(ConversationForm::default().choices(), Choices::default());
    }
}

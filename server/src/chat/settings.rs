//! Settings of one turn: what was asked, else what the conversation wants (of instructions, else
//! what its folder says), else the server's defaults; checked, with the seed chosen. What its
//! person wants in all chats stands beside them.

use hearth_app::model::{ChatError, ConversationSettings, ReasoningEffort, Refusal, TurnParams};
use hearth_engine::{handle::EngineHandle, request::SamplingParams};

use super::personal::nearer;
use crate::settings::{Bilingual, ServerSettings};

/// Settings of a turn, complete.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// As they are stored: every default is written out, so that Continue goes on with the same.
    pub(super) params: TurnParams,
    pub(super) sampling: SamplingParams,
    /// What the conversation begins with; empty: nothing.
    pub(super) system_prompt: Bilingual,
    /// Whether a person wrote it.
    pub(super) has_own_prompt: bool,
    pub(super) reasoning_effort: ReasoningEffort,
    pub(super) has_calculator: bool,
    /// Most tokens of prompt and answer together, if the administrator set a limit.
    pub(super) context_budget: Option<usize>,
}

impl Settings {
    /// Fills in what is not asked for and checks the rest.
    pub(super) fn resolve(
        asked: &TurnParams,
        own: &ConversationSettings,
        server: &ServerSettings,
    ) -> Result<Self, ChatError> {
        let params = TurnParams {
            temperature: asked
                .temperature
                .or(own.temperature)
                .or(Some(server.temperature)),
            top_p: asked.top_p.or(own.top_p).or(Some(server.top_p)),
            max_tokens: asked.max_tokens.or(own.max_tokens).or(server.max_tokens),
            seed: Some(asked.seed.unwrap_or_else(random_u64)),
        };
        if params.max_tokens == Some(0) {
            return Err(out_of_range("max_tokens", &0, "≥ 1"));
        }
        let default = SamplingParams::default();
        let sampling = SamplingParams {
            temperature: params.temperature.unwrap_or(default.temperature),
            top_p: params.top_p.unwrap_or(default.top_p),
            seed: params.seed.unwrap_or_default(),
            ..default
        };
        let checked = sampling.validate();
        checked.map_err(|error| out_of_range(error.name, &error.value, error.range))?;
        let budget = server.context_budget.map(usize::try_from);
        Ok(Self {
            params,
            sampling,
            system_prompt: match &own.system_prompt {
                Some(text) => Bilingual::same(text),
                None => server.system_prompt.clone(),
            },
            has_own_prompt: own.system_prompt.is_some(),
            reasoning_effort: own.reasoning_effort.unwrap_or(server.reasoning_effort),
            has_calculator: own.calculator.unwrap_or(server.has_calculator),
            context_budget: budget.and_then(Result::ok),
        })
    }

    /// Puts what its person wants in all chats behind the server's instructions, or before those of
    /// the conversation or its folder: the nearest come last, and so hold.
    #[must_use]
    pub(super) fn with_personal(self, personal: &Bilingual) -> Self {
        let system_prompt = if self.has_own_prompt {
            joined(&[personal, &nearer(), &self.system_prompt])
        } else {
            joined(&[&self.system_prompt, personal])
        };
        Self {
            system_prompt,
            has_own_prompt: true,
            ..self
        }
    }

    /// Most tokens of prompt and answer together: what the model can, within the budget.
    pub(super) fn window(&self, engine: &EngineHandle) -> usize {
        let of_model = engine.context_window().unwrap_or(usize::MAX);
        self.context_budget.unwrap_or(usize::MAX).min(of_model)
    }
}

/// Texts below each other, those of a language together.
fn joined(texts: &[&Bilingual]) -> Bilingual {
    let of = |is_chinese| {
        let texts = texts.iter().map(|text| text.choose(is_chinese));
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        texts.join("\n\n")
    };
    Bilingual {
        en: of(false),
        zh: of(true),
    }
}

fn out_of_range(name: &str, value: &impl ToString, range: &str) -> ChatError {
    ChatError::Invalid(Refusal::Setting {
        name: name.to_owned(),
        value: value.to_string(),
        range: range.to_owned(),
        may_be_empty: false,
    })
}

/// What is wrong with the settings of a turn that somebody else made.
pub(crate) fn check_params(params: &TurnParams) -> Result<(), Refusal> {
    let defaults = (ConversationSettings::default(), ServerSettings::default());
    let checked = Settings::resolve(params, &defaults.0, &defaults.1);
    match checked {
        Err(ChatError::Invalid(refusal)) => Err(refusal),
        Err(other) => Err(other.to_string().into()),
        Ok(_) => Ok(()),
    }
}

pub(super) fn random_u64() -> u64 {
    getrandom::u64().expect("invariant: the system gives random bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turn_comes_before_the_conversation_and_that_before_the_server() {
        let server = ServerSettings {
            temperature: 0.1,
            top_p: 0.2,
            max_tokens: Some(3),
            ..ServerSettings::default()
        };
        let own = ConversationSettings {
            temperature: Some(0.4),
            top_p: Some(0.5),
            ..ConversationSettings::default()
        };
        let asked = TurnParams {
            temperature: Some(0.7),
            ..TurnParams::default()
        };
        let resolved = Settings::resolve(&asked, &own, &server).unwrap();
        assert_eq!(resolved.params.temperature, Some(0.7));
        assert_eq!(resolved.params.top_p, Some(0.5));
        assert_eq!(resolved.params.max_tokens, Some(3));
        let again = Settings::resolve(&resolved.params, &own, &ServerSettings::default()).unwrap();
        assert_eq!(again.params, resolved.params);
    }

    #[test]
    fn instructions_that_are_nearer_come_later() {
        let text = |en: &str, zh: &str| Bilingual {
            en: en.to_owned(),
            zh: zh.to_owned(),
        };
        let server = ServerSettings {
            system_prompt: text("Help.", "请帮忙。"),
            ..ServerSettings::default()
        };
        let person = text("I keep bees.", "我养蜜蜂。");
        let told = |own: Option<&str>| {
            let own = ConversationSettings {
                system_prompt: own.map(str::to_owned),
                ..ConversationSettings::default()
            };
            let settings = Settings::resolve(&TurnParams::default(), &own, &server).unwrap();
            let settings = settings.with_personal(&person);
            assert!(settings.has_own_prompt, "it is nobody else's");
            settings.system_prompt
        };
        let usual = told(None);
        assert_eq!(usual.choose(false), "Help.\n\nI keep bees.");
        assert_eq!(usual.choose(true), "请帮忙。\n\n我养蜜蜂。");
        let own = told(Some("Rhyme."));
        let between = nearer();
        let expected = format!("I keep bees.\n\n{}\n\nRhyme.", between.choose(false));
        assert_eq!(own.choose(false), expected);
        let expected = format!("我养蜜蜂。\n\n{}\n\nRhyme.", between.choose(true));
        assert_eq!(own.choose(true), expected);
        assert_eq!(told(Some("Rhyme.")), own, "the same bytes, turn after turn");
    }
}

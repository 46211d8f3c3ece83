//! Settings of one turn: checked, with the seed chosen.

use hearth_app::model::{ChatError, TurnParams};
use hearth_engine::request::SamplingParams;

/// Settings of a turn, checked, with the seed chosen.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) params: TurnParams,
    pub(super) sampling: SamplingParams,
}

impl Settings {
    /// Checks a turn's settings and chooses the seed if there is none.
    pub(super) fn parse(params: &TurnParams) -> Result<Self, ChatError> {
        let params = TurnParams {
            seed: Some(params.seed.unwrap_or_else(random_u64)),
            ..params.clone()
        };
        if params.max_tokens == Some(0) {
            return Err(ChatError::Invalid(
                "max_tokens is 0, at least 1 is needed".to_owned(),
            ));
        }
        let default = SamplingParams::default();
        let sampling = SamplingParams {
            temperature: params.temperature.unwrap_or(default.temperature),
            top_p: params.top_p.unwrap_or(default.top_p),
            seed: params.seed.unwrap_or_default(),
            ..default
        };
        let checked = sampling.validate();
        checked.map_err(|error| ChatError::Invalid(error.to_string()))?;
        Ok(Self { params, sampling })
    }
}

/// What is wrong with the settings of a turn that somebody else made.
pub(crate) fn check_params(params: &TurnParams) -> Result<(), String> {
    let checked = Settings::parse(params);
    checked.map(drop).map_err(|error| error.to_string())
}

pub(super) fn random_u64() -> u64 {
    getrandom::u64().expect("invariant: the system gives random bytes")
}

//! Fields that chats and completions share: how the answer is drawn, where it ends, how it comes.

use std::collections::BTreeMap;

use hearth_engine::{
    handle::EngineHandle,
    request::{SamplingParams, TokenId, TokenOptions},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request_fault::RequestFault;
use crate::settings::ServerSettings;

/// Stop strings of one request, and bytes of each.
const MAX_STOPS: usize = 16;
const MAX_STOP_BYTES: usize = 1024;
/// Answers of one request.
const MAX_CHOICES: u32 = 128;
/// A bias of this size forbids or forces a token.
const MAX_BIAS: f64 = 100.0;

/// What both requests may say about the answer.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct AnswerFields {
    /// The model's id as `/v1/models` lists it; absent: the model that answers.
    pub(super) model: Option<String>,
    /// 0 to 2; 0 always takes the most probable token. Absent: the server's default.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f64>,
    /// Above 0, up to 1. Absent: the server's default.
    #[schema(exclusive_minimum = 0, maximum = 1)]
    top_p: Option<f64>,
    /// 0 or -1: all tokens.
    #[schema(minimum = -1)]
    top_k: Option<i64>,
    /// 0 to 1: least share of the best token's probability.
    #[schema(minimum = 0, maximum = 1)]
    min_p: Option<f64>,
    /// The same seed gives the same answer, whatever else is computed.
    seed: Option<i64>,
    /// -2 to 2.
    #[schema(minimum = -2, maximum = 2)]
    frequency_penalty: Option<f64>,
    /// -2 to 2.
    #[schema(minimum = -2, maximum = 2)]
    presence_penalty: Option<f64>,
    /// Above 0, up to 2; 1 changes nothing.
    #[schema(exclusive_minimum = 0, maximum = 2)]
    repetition_penalty: Option<f64>,
    /// Added to the logits, by token id: -100 (never) to 100.
    logit_bias: BTreeMap<String, f64>,
    /// The visible text ends before any of these.
    stop: OneOrMany,
    /// Tokens that end the answer.
    stop_token_ids: Vec<u32>,
    /// The model cannot end the answer itself.
    ignore_eos: bool,
    /// Nor before it has so many tokens.
    min_tokens: usize,
    /// Most tokens of the answer, reasoning included. Absent: what fits.
    max_tokens: Option<usize>,
    /// The newer name of the same.
    max_completion_tokens: Option<usize>,
    /// So many answers to one prompt.
    #[schema(minimum = 1, maximum = 128)]
    n: Option<u32>,
    /// Events as the answer is written.
    pub(super) stream: bool,
    stream_options: Option<StreamOptions>,
}

/// How a stream ends.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
struct StreamOptions {
    /// One more event, with what it cost.
    include_usage: Option<bool>,
}

/// One text or a list of them.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(untagged, expecting = "a string or a list of strings is expected")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// The fields, checked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) sampling: SamplingParams,
    pub(super) stop: Vec<String>,
    pub(super) options: TokenOptions,
    pub(super) max_tokens: Option<usize>,
    /// Answers to each prompt, at least one.
    pub(super) num_answers: usize,
    pub(super) streams: bool,
    pub(super) includes_usage: bool,
}

impl AnswerFields {
    /// Checks everything; what is absent is the server's default.
    pub(super) fn resolve(
        self,
        engine: &EngineHandle,
        server: &ServerSettings,
    ) -> Result<Asked, RequestFault> {
        let sampling = self.sampling(server)?;
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        if max_tokens.is_some_and(|max_tokens| self.min_tokens > max_tokens) {
            let range = "at most max_tokens";
            return Err(RequestFault::range("min_tokens", &self.min_tokens, range));
        }
        let num_answers = self.n.unwrap_or(1);
        if !(1..=MAX_CHOICES).contains(&num_answers) {
            return Err(RequestFault::range("n", &num_answers, "1–128"));
        }
        if self.stream_options.is_some() && !self.stream {
            let message = "stream_options is for streams: set stream to true";
            return Err(RequestFault::field("stream_options", message));
        }
        let options = TokenOptions {
            logit_bias: biases(&self.logit_bias, engine)?,
            stop_tokens: tokens("stop_token_ids", &self.stop_token_ids, engine)?,
            min_tokens: self.min_tokens,
            ignores_end: self.ignore_eos,
            ..TokenOptions::default()
        };
        let includes_usage = self.stream_options.unwrap_or_default().include_usage;
        let server_limit = server.max_tokens.and_then(|limit| limit.try_into().ok());
        Ok(Asked {
            sampling,
            options,
            max_tokens: max_tokens.or(server_limit),
            num_answers: num_answers as usize,
            streams: self.stream,
            includes_usage: includes_usage.unwrap_or_default(),
            stop: stops(self.stop)?,
        })
    }

    fn sampling(&self, server: &ServerSettings) -> Result<SamplingParams, RequestFault> {
        let top_k = self.top_k.unwrap_or_default().max(-1);
        let sampling = SamplingParams {
            temperature: narrow(self.temperature).unwrap_or(server.temperature),
            top_p: narrow(self.top_p).unwrap_or(server.top_p),
            top_k: u32::try_from(top_k.max(0)).unwrap_or(u32::MAX),
            min_p: narrow(self.min_p).unwrap_or(0.0),
            repetition_penalty: narrow(self.repetition_penalty).unwrap_or(1.0),
            presence_penalty: narrow(self.presence_penalty).unwrap_or(0.0),
            frequency_penalty: narrow(self.frequency_penalty).unwrap_or(0.0),
            seed: self.seed.map_or_else(random_seed, i64::cast_unsigned),
        };
        if self.top_k.is_some_and(|top_k| top_k < -1) {
            return Err(RequestFault::range(
                "top_k",
                &self.top_k.unwrap_or(0),
                "≥ -1",
            ));
        }
        let checked = sampling.validate();
        checked.map_err(|error| RequestFault::range(error.name, &error.value, error.range))?;
        Ok(sampling)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large becomes infinite, and that is outside every range"
)]
fn narrow(number: Option<f64>) -> Option<f32> {
    number.map(|number| number as f32)
}

fn random_seed() -> u64 {
    getrandom::u64().expect("invariant: the system gives random bytes")
}

fn stops(stop: OneOrMany) -> Result<Vec<String>, RequestFault> {
    let stops = match stop {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    };
    if stops.len() > MAX_STOPS {
        let message = format!("stop has {} strings, at most {MAX_STOPS}", stops.len());
        return Err(RequestFault::field("stop", message));
    }
    if stops.iter().any(|stop| stop.len() > MAX_STOP_BYTES) {
        let message = format!("a stop string has more than {MAX_STOP_BYTES} bytes");
        return Err(RequestFault::field("stop", message));
    }
    Ok(stops)
}

/// Ids that the model has.
pub(super) fn tokens(
    param: &str,
    ids: &[u32],
    engine: &EngineHandle,
) -> Result<Vec<TokenId>, RequestFault> {
    let vocab_size = engine.vocab_size();
    let check = |&id: &u32| {
        if (id as usize) < vocab_size {
            Ok(TokenId(id))
        } else {
            let range = format!("below {vocab_size}, the number of this model's tokens");
            Err(RequestFault::range(param, &id, &range))
        }
    };
    ids.iter().map(check).collect()
}

fn biases(
    biases: &BTreeMap<String, f64>,
    engine: &EngineHandle,
) -> Result<Vec<(TokenId, f32)>, RequestFault> {
    let read = |(key, &bias): (&String, &f64)| {
        let id = key.parse::<u32>().map_err(|_| {
            let message = format!("the keys of logit_bias are token ids, not {key:?}");
            RequestFault::field("logit_bias", message)
        })?;
        let id = tokens("logit_bias", &[id], engine)?[0];
        if !(-MAX_BIAS..=MAX_BIAS).contains(&bias) {
            return Err(RequestFault::range("logit_bias", &bias, "-100 to 100"));
        }
        let forbids = bias <= -MAX_BIAS;
        let bias = narrow(Some(bias)).filter(|_| !forbids);
        Ok((id, bias.unwrap_or(f32::NEG_INFINITY)))
    };
    biases.iter().map(read).collect()
}

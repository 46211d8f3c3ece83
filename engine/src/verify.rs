//! Compares a model with golden outputs that another implementation made.
//!
//! A golden directory has `golden.json` (prompts with token ids, greedy continuations, margins and
//! losses, or conversations with the ids of every reply) and `golden.safetensors` (logits at the
//! end of prompts; for some, those of the likeliest tokens at every position and after a cached
//! prefix). Everything is computed teacher-forced along the golden tokens, so that one difference
//! does not hide the next.

mod against;
mod conversations;
mod distance;
mod golden;
mod prompts;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::loader::{ModelFile, OpenError};
use crate::model::LoadError;
use crate::model_runner::{ModelRunner, RunnerConfig};
use golden::{Golden, GoldenPrompt};

pub use against::{AgainstReport, verify_against_exact};

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A golden file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// `golden.json` has another form.
    #[error("{}: {source}", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// `golden.safetensors` has another form.
    #[error("{}: {source}", path.display())]
    Safetensors {
        path: PathBuf,
        source: safetensors::SafeTensorError,
    },
    /// A part of the golden files does not fit the rest or the model.
    #[error("{}: {what}: expected {expected}, found {found}", path.display())]
    Mismatch {
        path: PathBuf,
        what: String,
        expected: String,
        found: String,
    },
    /// There is nothing to score.
    #[error("the text has {num_tokens} tokens, at least {least} are needed")]
    TextTooShort { num_tokens: usize, least: usize },
    /// The model file is damaged or no model.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The model cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// What a comparison allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerances {
    /// Largest distance of a top-20 log-probability.
    pub top20_logprob: f32,
    /// Largest distance of a logit, where golden logits of every position are there. Absent: not
    /// judged, nor are the text after a prefix and replies with a narrow margin.
    pub logit: Option<f32>,
    /// Largest distance of the loss per token, over the tokens of all prompts together.
    pub nll_per_token: f32,
    /// Whether that holds for each prompt alone. The rounding of activations moves a single
    /// token's loss by about 0.1, so a prompt of a dozen tokens says little about the kernels.
    pub nll_of_each_prompt: bool,
    /// The greedy token must be the golden one where the golden margin is above this.
    pub greedy_margin: f32,
    /// Only up to the first smaller margin.
    pub greedy_until_first_small_margin: bool,
}

impl Tolerances {
    /// For f32 activations.
    pub const EXACT: Self = Self {
        top20_logprob: 2e-2,
        logit: Some(2e-3),
        nll_per_token: 2e-2,
        nll_of_each_prompt: true,
        greedy_margin: 2e-3,
        greedy_until_first_small_margin: false,
    };
    /// For activations rounded to int8.
    pub const QUANTIZED: Self = Self {
        top20_logprob: 0.5,
        logit: None,
        nll_per_token: 2e-2,
        nll_of_each_prompt: false,
        greedy_margin: 0.5,
        greedy_until_first_small_margin: true,
    };
}

/// How far one prompt is from the golden run.
#[derive(Clone, Debug, Serialize)]
pub struct PromptReport {
    /// Name in the golden file.
    pub name: String,
    /// Whether the prompt's text has the golden token ids.
    pub same_token_ids: bool,
    /// Largest distance of a top-20 log-probability after the prompt.
    pub top20_logprob_distance: f32,
    /// Largest distance of a logit: of all at the prompt's end, of the golden run's 20 likeliest
    /// at every other position. Absent: the golden run has none of those.
    pub logit_distance: Option<f32>,
    /// Loss per token of the prompt minus the golden loss, if that is known.
    pub nll_per_token_difference: Option<f32>,
    /// Greedy tokens whose margin made them count.
    pub num_greedy_compared: usize,
    /// Continuation indices where a counted greedy token differs.
    pub greedy_differences: Vec<usize>,
    /// What follows a cached prefix, if the golden run has that.
    pub prefix: Option<PrefixReport>,
    /// Whether all of this is within the tolerances.
    pub passed: bool,
}

/// How far a chunk after a cached prefix is from the golden run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PrefixReport {
    /// Largest distance of a logit after the chunk.
    pub logit_distance: f32,
    /// Continuation indices where a greedy token differs.
    pub greedy_differences: Vec<usize>,
}

/// How far one conversation is from the golden run.
#[derive(Clone, Debug, Serialize)]
pub struct ConversationReport {
    /// Id in the golden file.
    pub id: String,
    /// Replies.
    pub num_steps: usize,
    /// Replies in which a greedy token differs.
    pub different_steps: Vec<usize>,
    /// Largest distance of a logit at the end of the last prompt, if the golden run has them.
    pub logit_distance: Option<f32>,
    /// Whether it has to be the golden one: with activations of 8 bits, a narrow margin may flip.
    pub counts: bool,
    /// Whether all of this is within the tolerances.
    pub passed: bool,
}

/// How far a model is from its golden outputs.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// Whether activations were f32.
    pub exact: bool,
    /// What was allowed.
    pub tolerances: Tolerances,
    /// Texts of the golden tokenizer vectors.
    pub num_tokenizer_vectors: usize,
    /// Those whose token ids differ.
    pub tokenizer_differences: Vec<String>,
    /// Loss per token minus the golden loss, over the tokens of all prompts that have one.
    pub nll_per_token_difference: Option<f32>,
    /// Every prompt.
    pub prompts: Vec<PromptReport>,
    /// Every conversation.
    pub conversations: Vec<ConversationReport>,
    /// Whether everything is within the tolerances.
    pub passed: bool,
}

/// Loads the model at `model` and compares it with the files in `golden_dir`.
///
/// `encode` turns text into token ids, recognising control tokens (golden prompts are rendered
/// conversations).
///
/// # Errors
/// [`VerifyError`] if the comparison cannot be made; a distance beyond the tolerances is no error
/// but a report that did not pass.
pub fn verify_directory(
    model: &Path,
    golden_dir: &Path,
    exact: bool,
    encode: &dyn Fn(&str) -> Vec<u32>,
) -> Result<VerifyReport, VerifyError> {
    let golden = Golden::open(golden_dir)?;
    let config = RunnerConfig {
        exact,
        ..RunnerConfig::default()
    };
    let mut runner = ModelRunner::load(ModelFile::open(model)?, &config, &mut |_| ())?;
    golden.check(runner.vocab_size(), runner.context_window())?;
    let tolerances = if exact {
        Tolerances::EXACT
    } else {
        Tolerances::QUANTIZED
    };
    let differs = |text: &str, ids: &[u32]| encode(text) != ids;
    let vectors = golden.tokenizer_vectors.iter();
    let tokenizer_differences: Vec<String> = vectors
        .filter(|v| differs(&v.text, &v.ids))
        .map(|v| v.text.clone())
        .collect();
    let report = |prompt: &GoldenPrompt| {
        let mut report = prompts::compare(&mut runner, prompt, &tolerances);
        report.same_token_ids = !prompt
            .text
            .as_ref()
            .is_some_and(|t| differs(t, &prompt.ids));
        report.passed &= report.same_token_ids;
        report
    };
    let prompts: Vec<PromptReport> = golden.prompts.iter().map(report).collect();
    let nll_per_token_difference = prompts::mean_difference(&golden.prompts, &prompts);
    let conversations = golden.conversations.iter();
    let conversations: Vec<ConversationReport> = conversations
        .map(|conversation| conversations::compare(&mut runner, conversation, &tolerances))
        .collect();
    let same_texts = tokenizer_differences.is_empty();
    let within = nll_per_token_difference.unwrap_or_default().abs() <= tolerances.nll_per_token;
    let all_passed = prompts.iter().all(|prompt| prompt.passed)
        && conversations.iter().all(|conversation| conversation.passed);
    Ok(VerifyReport {
        exact,
        tolerances,
        num_tokenizer_vectors: golden.tokenizer_vectors.len(),
        passed: same_texts && within && all_passed,
        nll_per_token_difference,
        tokenizer_differences,
        prompts,
        conversations,
    })
}

impl PromptReport {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            same_token_ids: true,
            top20_logprob_distance: 0.0,
            logit_distance: None,
            nll_per_token_difference: None,
            num_greedy_compared: 0,
            greedy_differences: Vec::new(),
            prefix: None,
            passed: false,
        }
    }

    fn note_logits(&mut self, distance: f32) {
        let farthest = self.logit_distance.get_or_insert_default();
        *farthest = farthest.max(distance);
    }
}

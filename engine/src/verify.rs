//! Compares a model with golden outputs that another implementation made.
//!
//! A golden directory has `golden.json` (token ids, greedy continuations, margins, losses) and
//! `golden.safetensors` (logits at the end of every prompt). Everything is computed teacher-forced
//! along the golden tokens, so that one difference does not hide the next.

mod golden;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::loader::{ModelFile, OpenError};
use crate::model::LoadError;
use crate::model_runner::{Logits, ModelRunner, RunnerConfig};
use crate::request::TokenId;
use golden::{Golden, GoldenPrompt};

/// Tokens computed at once: bounds the memory that logits take.
const CHUNK: usize = 64;
/// Tokens whose log-probabilities are compared: the golden run's most likely ones.
const TOP: usize = 20;

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
        nll_per_token: 2e-2,
        nll_of_each_prompt: true,
        greedy_margin: 0.05,
        greedy_until_first_small_margin: false,
    };
    /// For activations rounded to int8.
    pub const QUANTIZED: Self = Self {
        top20_logprob: 0.5,
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
    /// Loss per token of the prompt minus the golden loss.
    pub nll_per_token_difference: f32,
    /// Greedy tokens whose margin made them count.
    pub num_greedy_compared: usize,
    /// Continuation indices where a counted greedy token differs.
    pub greedy_differences: Vec<usize>,
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
    /// Loss per token minus the golden loss, over the tokens of all prompts.
    pub nll_per_token_difference: f32,
    /// Every prompt.
    pub prompts: Vec<PromptReport>,
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
    let mut runner = ModelRunner::load(ModelFile::open(model)?, config, &mut |_| ())?;
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
        let mut report = compare(&mut runner, prompt, &tolerances);
        report.same_token_ids = !prompt
            .text
            .as_ref()
            .is_some_and(|t| differs(t, &prompt.ids));
        report.passed &= report.same_token_ids;
        report
    };
    let prompts: Vec<PromptReport> = golden.prompts.iter().map(report).collect();
    let nll_per_token_difference = mean_difference(&golden.prompts, &prompts);
    let same_texts = tokenizer_differences.is_empty();
    let within = nll_per_token_difference.abs() <= tolerances.nll_per_token;
    Ok(VerifyReport {
        exact,
        tolerances,
        num_tokenizer_vectors: golden.tokenizer_vectors.len(),
        passed: same_texts && within && prompts.iter().all(|prompt| prompt.passed),
        nll_per_token_difference,
        tokenizer_differences,
        prompts,
    })
}

fn compare(
    runner: &mut ModelRunner,
    prompt: &GoldenPrompt,
    tolerances: &Tolerances,
) -> PromptReport {
    let continued = &prompt.f32_greedy[..prompt.f32_greedy.len().saturating_sub(1)];
    let tokens: Vec<TokenId> = prompt
        .ids
        .iter()
        .chain(continued)
        .copied()
        .map(TokenId)
        .collect();
    let num_prompt = prompt.ids.len();
    let num_counted = num_counted(prompt, tolerances);
    let (mut loss, mut distance) = (0.0, 0.0);
    let mut report = PromptReport {
        name: prompt.name.clone(),
        same_token_ids: true,
        top20_logprob_distance: 0.0,
        nll_per_token_difference: 0.0,
        num_greedy_compared: 0,
        greedy_differences: Vec::new(),
        passed: false,
    };
    for_each_position(runner, &tokens, |position, logits| {
        if position + 1 < num_prompt {
            loss += log_total(logits) - f64::from(logits[prompt.ids[position + 1] as usize]);
            return;
        }
        let step = position + 1 - num_prompt;
        if step == 0 {
            distance = top_distance(&prompt.logits_last, logits);
        }
        if step < num_counted && prompt.f32_margin[step] > tolerances.greedy_margin {
            report.num_greedy_compared += 1;
            if argmax(logits) != prompt.f32_greedy[step] as usize {
                report.greedy_differences.push(step);
            }
        }
    });
    report.top20_logprob_distance = to_f32(distance);
    if let Some(golden_loss) = prompt.f32_nll_per_token {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a prompt has some hundred tokens"
        )]
        let per_token = loss / (num_prompt - 1).max(1) as f64;
        report.nll_per_token_difference = to_f32(per_token - golden_loss);
    }
    report.passed = report.top20_logprob_distance <= tolerances.top20_logprob
        && (report.nll_per_token_difference.abs() <= tolerances.nll_per_token
            || !tolerances.nll_of_each_prompt)
        && report.greedy_differences.is_empty();
    report
}

/// Loss per token minus the golden loss, where each prompt counts by its tokens.
#[expect(
    clippy::cast_precision_loss,
    reason = "prompts have some hundred tokens"
)]
fn mean_difference(golden: &[GoldenPrompt], reports: &[PromptReport]) -> f32 {
    let (mut sum, mut count) = (0.0, 0);
    for (prompt, report) in golden.iter().zip(reports) {
        let scored = prompt.ids.len().saturating_sub(1);
        sum += f64::from(report.nll_per_token_difference) * scored as f64;
        count += scored;
    }
    to_f32(sum / count.max(1) as f64)
}

/// Continuation tokens that may count, before their own margins are looked at.
fn num_counted(prompt: &GoldenPrompt, tolerances: &Tolerances) -> usize {
    let margins = &prompt.f32_margin;
    let all = margins.len().min(prompt.f32_greedy.len());
    if !tolerances.greedy_until_first_small_margin {
        return all;
    }
    let small = margins
        .iter()
        .position(|margin| *margin <= tolerances.greedy_margin);
    small.map_or(all, |index| index.min(all))
}

fn for_each_position(
    runner: &mut ModelRunner,
    tokens: &[TokenId],
    mut look: impl FnMut(usize, &Logits),
) {
    let mut cache = runner.new_cache();
    let mut position = 0;
    for chunk in tokens.chunks(CHUNK) {
        let logits;
        (logits, cache) = runner.forward_all(chunk, cache);
        for logits in &logits {
            look(position, logits);
            position += 1;
        }
    }
}

/// Largest distance of a log-probability among the golden run's most likely tokens.
fn top_distance(golden: &[f32], logits: &[f32]) -> f64 {
    let mut order: Vec<usize> = (0..golden.len()).collect();
    order.sort_unstable_by(|a, b| golden[*b].total_cmp(&golden[*a]));
    let (golden_total, total) = (log_total(golden), log_total(logits));
    let distance = |token: &usize| {
        let golden = f64::from(golden[*token]) - golden_total;
        (f64::from(logits[*token]) - total - golden).abs()
    };
    order.iter().take(TOP).map(distance).fold(0.0, f64::max)
}

/// Logarithm of the sum of exponentials.
fn log_total(logits: &[f32]) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let total: f64 = logits
        .iter()
        .map(|logit| (f64::from(*logit) - largest).exp())
        .sum();
    largest + total.ln()
}

fn argmax(logits: &[f32]) -> usize {
    let larger = |best: usize, index: usize| {
        if logits[index] > logits[best] {
            index
        } else {
            best
        }
    };
    (0..logits.len()).reduce(larger).unwrap_or(0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a report needs no more digits"
)]
fn to_f32(value: f64) -> f32 {
    value as f32
}

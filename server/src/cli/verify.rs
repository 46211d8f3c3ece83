//! `hearth verify`: how far a model is from outputs that another implementation made.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use hearth_engine::{
    loader::{ModelFile, WeightFormat},
    tokenizer::Tokenizer,
    verify::{
        AgainstReport, ConversationReport, PromptReport, VerifyReport, verify_against_exact,
        verify_directory,
    },
};

use super::Place;
use crate::config::{Config, Overrides};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// GGUF file or Hugging Face directory.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Folder with golden.json and golden.safetensors.
    #[arg(long, value_name = "FOLDER", required_unless_present = "against")]
    golden: Option<PathBuf>,
    /// Compares the model with itself computed otherwise, along a text.
    #[arg(long, value_enum, requires = "text", conflicts_with_all = ["golden", "exact"])]
    against: Option<Against>,
    /// Text for --against.
    #[arg(long, value_name = "FILE", requires = "against")]
    text: Option<PathBuf>,
    /// Compute threads for --against. 0: one per physical core.
    #[arg(long, default_value_t = 0, requires = "against")]
    threads: usize,
    /// How plain weights are kept on the other side of --against: as-stored, or q8 for 8 bits.
    #[arg(long, value_name = "FORMAT", default_value_t, requires = "against")]
    weights: WeightFormat,
    /// f32 activations everywhere, with narrower tolerances.
    #[arg(long)]
    exact: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// f32 activations: says what the rounding to int8 costs.
    Exact,
}

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(Overrides {
        model: args.model.clone(),
        ..args.place.overrides()
    })?;
    crate::log::start(&config);
    let model = super::model(&config)?;
    let tokenizer = tokenizer(&model)?;
    if let Some(text) = &args.text {
        return against_exact(args, &model, (&tokenizer, text));
    }
    let encode = |text: &str| {
        let ids = tokenizer.encode_with_control_tokens(text);
        ids.into_iter().map(|id| id.0).collect()
    };
    let golden = args
        .golden
        .as_ref()
        .context("name a folder with --golden")?;
    let report = verify_directory(&model, golden, args.exact, &encode)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&mut out, &report)?;
    }
    Ok(if report.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn against_exact(
    args: &VerifyArgs,
    model: &Path,
    (tokenizer, text): (&Tokenizer, &Path),
) -> anyhow::Result<ExitCode> {
    let words = std::fs::read_to_string(text).with_context(|| format!("{}", text.display()))?;
    let tokens = tokenizer.encode_text(&words);
    let report = verify_against_exact(model, &tokens, (args.threads, args.weights))?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        let AgainstReport {
            num_scored,
            mean_kl,
            max_kl,
            same_top,
            exact_perplexity,
            perplexity,
        } = report;
        let weights = match args.weights {
            WeightFormat::AsStored => "",
            WeightFormat::Q8 => ", and 8-bit against stored weights",
        };
        writeln!(
            out,
            "{num_scored} tokens, int8 against f32 activations{weights}"
        )?;
        writeln!(
            out,
            "mean KL divergence {mean_kl:.5} nats, largest {max_kl:.4}"
        )?;
        writeln!(out, "same likeliest token {:.1} %", same_top * 100.0)?;
        writeln!(
            out,
            "perplexity {perplexity:.3}, exact {exact_perplexity:.3}"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(out: &mut impl Write, report: &VerifyReport) -> io::Result<()> {
    let allowed = &report.tolerances;
    writeln!(
        out,
        "activations: {}; allowed: top-20 log-probability {}, loss per token {} ({}), \
         greedy tokens where the margin is above {}",
        if report.exact { "f32" } else { "int8" },
        allowed.top20_logprob,
        allowed.nll_per_token,
        if allowed.nll_of_each_prompt {
            "of each prompt"
        } else {
            "of all prompts together"
        },
        allowed.greedy_margin,
    )?;
    writeln!(
        out,
        "tokenizer: {} of {} texts differ",
        report.tokenizer_differences.len(),
        report.num_tokenizer_vectors
    )?;
    for text in &report.tokenizer_differences {
        writeln!(out, "  {text:?}")?;
    }
    for prompt in &report.prompts {
        print_prompt(out, prompt)?;
    }
    for conversation in &report.conversations {
        print_conversation(out, conversation)?;
    }
    if let Some(loss) = report.nll_per_token_difference {
        writeln!(out, "loss of all prompts together: {loss:+.5} per token")?;
    }
    writeln!(out, "{}", if report.passed { "passed" } else { "failed" })
}

fn print_prompt(out: &mut impl Write, prompt: &PromptReport) -> io::Result<()> {
    write!(
        out,
        "{}  {}: top-20 {:.4}",
        mark(prompt.passed),
        prompt.name,
        prompt.top20_logprob_distance
    )?;
    if let Some(distance) = prompt.logit_distance {
        write!(out, ", logits of every position {distance:.1e}")?;
    }
    if let Some(loss) = prompt.nll_per_token_difference {
        write!(out, ", loss {loss:+.5}")?;
    }
    let (differ, compared) = (prompt.greedy_differences.len(), prompt.num_greedy_compared);
    write!(out, ", greedy {differ} of {compared} differ")?;
    if let Some(prefix) = &prompt.prefix {
        let differ = prefix.greedy_differences.len();
        let distance = prefix.logit_distance;
        write!(
            out,
            ", after a cached prefix {distance:.1e} and {differ} differ"
        )?;
    }
    let note = if prompt.same_token_ids {
        ""
    } else {
        ", other token ids"
    };
    writeln!(out, "{note}")
}

fn print_conversation(out: &mut impl Write, conversation: &ConversationReport) -> io::Result<()> {
    write!(
        out,
        "{}  {}: {} of {} replies differ",
        mark(conversation.passed),
        conversation.id,
        conversation.different_steps.len(),
        conversation.num_steps,
    )?;
    if let Some(distance) = conversation.logit_distance {
        write!(out, ", logits {distance:.1e}")?;
    }
    let note = if conversation.counts {
        ""
    } else {
        ", not judged: its margin is narrow"
    };
    writeln!(out, "{note}")
}

const fn mark(passed: bool) -> &'static str {
    if passed { "ok  " } else { "FAIL" }
}

/// The tokenizer of a model file.
fn tokenizer(model: &Path) -> anyhow::Result<Tokenizer> {
    let file = ModelFile::open(model)?;
    Tokenizer::open(&file).with_context(|| format!("{}", model.display()))
}

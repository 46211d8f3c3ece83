//! `hearth bench`: how fast a model runs here, and how much of the memory's speed that is.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;
use hearth_engine::{
    bench::{BenchParams, BenchReport, bench},
    device::{self, SystemProbe},
    kv_cache::PlannedSequences,
    loader::{ModelFile, WeightFormat},
    model::{ModelConfig, ModelError, gpt_oss::GptOssConfig},
    model_runner::{ModelRunner, RunnerConfig},
};

use super::{Place, Running};
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    running: Running,
    /// Random weights instead of a model file: gpt-oss-20b or gpt-oss-120b.
    #[arg(long, value_name = "SHAPE", value_parser = shape, conflicts_with = "model")]
    random: Option<GptOssConfig>,
    /// Tokens of the prompt.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = count)]
    prompt_tokens: usize,
    /// Tokens of the answer.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = count)]
    generate_tokens: usize,
    /// Chats that decode at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    chats: usize,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.running.overrides(&args.place))?;
    crate::log::start(&config);
    let source = match &args.random {
        Some(shape) => Source::Random(shape.clone()),
        None => Source::File(ModelFile::open(&super::model(&config)?)?),
    };
    let reports = device::examine_for(&SystemProbe, &config.engine.device);
    let (engine, needed) = (&config.engine, source.num_bytes(config.engine.weights));
    let chosen = device::choose(&engine.device, engine.parallel, &reports, needed)?;
    let mut engines = device::engines(&chosen.devices, engine.parallel, &reports, needed);
    let devices = engines.remove(0);
    if !engines.is_empty() {
        bail!("replicas are measured one by one: name one device, or --parallel layers");
    }
    let mut runner_config = RunnerConfig {
        num_threads: config.engine.threads,
        exact: false,
        context_window: config.engine.context_window,
        weights: config.engine.weights,
        layer_counts: device::layer_counts(&devices, &reports, source.num_layers()?),
        devices,
        sequences: Some(PlannedSequences::full(args.chats)),
        kv_memory: (config.engine.kv_memory as u64) << 20,
    };
    if matches!(source, Source::Random(_)) || args.chats > 1 {
        // Rotations of 131,072 positions would be most of the work, and caches of such a length
        // more than there is memory.
        runner_config.context_window = args.prompt_tokens.saturating_add(args.generate_tokens);
    }
    let mut runner = match source {
        Source::File(file) => ModelRunner::load(file, &runner_config, &mut |_| ())?,
        Source::Random(shape) => ModelRunner::random(shape, &runner_config)?,
    };
    let params = BenchParams {
        prefill_tokens: args.prompt_tokens,
        decode_tokens: args.generate_tokens,
        num_chats: args.chats,
    };
    print(&bench(&mut runner, params), args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// What is measured.
enum Source {
    File(ModelFile),
    Random(GptOssConfig),
}

impl Source {
    fn num_layers(&self) -> Result<usize, ModelError> {
        match self {
            Self::File(file) => Ok(ModelConfig::new(file)?.num_layers()),
            Self::Random(shape) => Ok(shape.num_layers),
        }
    }

    fn num_bytes(&self, weights: WeightFormat) -> u64 {
        match self {
            Self::File(file) => file.loaded_bytes(weights),
            Self::Random(shape) => shape.random_bytes(),
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number from 1 on".to_owned()),
        Ok(count) => Ok(count),
    }
}

fn shape(name: &str) -> Result<GptOssConfig, String> {
    GptOssConfig::published(name)
        .ok_or_else(|| format!("{name} is no known shape: gpt-oss-20b, gpt-oss-120b"))
}

fn print(report: &BenchReport, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "{} threads, {}\n\
         prefill    {:9.1} tokens/s, {} tokens, the next one after {:.3} s\n\
         decode     {:9.1} tokens/s, {} tokens in each of {} chats\n\
         bandwidth  {:9.1} GB/s read in the same run, {:.0} % of it reached by decoding\n\
         weights    {:9.1} MB read per token",
        report.num_threads,
        report.instruction_set,
        report.prefill_tokens_per_s,
        report.prefill_tokens,
        report.time_to_first_token_s,
        report.decode_tokens_per_s,
        report.decode_tokens,
        report.num_chats,
        report.read_bandwidth_gb_s,
        report.share * 100.0,
        megabytes(report.bytes_per_token),
    )?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a size to be read by people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

//! `hearth generate`: one answer, on standard output, as it is made.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use hearth_engine::{
    handle::{EngineHandle, EngineState, ModelSource, UserKey},
    request::{
        ChatMessage, Conversation, GenerateRequest, GenerationEvent, Role, SamplingParams, TokenId,
        TokenOptions, Usage,
    },
};

use super::{Place, Running};
use crate::{config::Config, serve::engine_config};

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    #[command(flatten)]
    place: Place,
    /// What to answer.
    #[arg(required_unless_present = "prompt")]
    text: Option<String>,
    /// What to answer, for a text that begins with a dash.
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "text",
        allow_hyphen_values = true
    )]
    prompt: Option<String>,
    #[command(flatten)]
    running: Running,
    /// Most tokens of the answer.
    #[arg(long, value_name = "N", default_value_t = 512)]
    max_tokens: usize,
    /// 0 takes the most probable token each time; up to 2.
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    temperature: f32,
    /// Equal seeds give equal answers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Continues the text as it stands, without the form of a conversation.
    #[arg(long)]
    raw: bool,
    /// f32 activations everywhere: slow, for comparisons.
    #[arg(long)]
    exact: bool,
}

pub(super) fn run(args: GenerateArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.running.overrides(&args.place))?;
    crate::log::start(&config);
    super::runtime()?.block_on(generate(&config, args))?;
    Ok(ExitCode::SUCCESS)
}

async fn generate(config: &Config, args: GenerateArgs) -> anyhow::Result<()> {
    let sampling = SamplingParams {
        temperature: args.temperature,
        seed: args.seed,
        ..SamplingParams::greedy()
    };
    sampling.validate()?;
    let model = super::model(config)?;
    let mut engine_config = engine_config(&config.engine);
    engine_config.exact = args.exact;
    let engine = EngineHandle::start(ModelSource::File(model), engine_config);
    let text = args.text.or(args.prompt).unwrap_or_default();
    let prompt = prompt(&engine, text, args.raw).await?;
    let permit = engine.reserve(UserKey(0), prompt.len())?;
    let request = GenerateRequest {
        prompt,
        answer_so_far: Vec::new(),
        sampling,
        max_tokens: args.max_tokens,
        stop: Vec::new(),
        options: TokenOptions::default(),
        num_shared_tokens: 0,
        session: None,
    };
    let usage = print(engine.submit(permit, request)).await;
    engine.shut_down();
    let usage = usage?;
    tracing::info!(
        engine.prompt_tokens = usage.prompt_tokens,
        engine.completion_tokens = usage.completion_tokens,
        time_to_first_token_ms = usage.time_to_first_token.as_millis(),
        decode_ms = usage.decode_time.as_millis(),
        "made {} tokens",
        usage.completion_tokens
    );
    Ok(())
}

async fn prompt(engine: &EngineHandle, text: String, raw: bool) -> anyhow::Result<Vec<TokenId>> {
    // Also waits for the tokenizer, which the raw form needs.
    let conversation = Conversation {
        messages: vec![ChatMessage::new(Role::User, text.clone())],
        date: crate::calendar::utc_date(crate::accounts::now_ms()),
        ..Conversation::default()
    };
    let prompt = match engine.prompt(&conversation).await {
        Ok(prompt) => prompt,
        Err(error) => match engine.state() {
            EngineState::Failed(reason) => bail!("{reason}"),
            _ => return Err(error.into()),
        },
    };
    Ok(if raw {
        engine.encode_answer(&text)
    } else {
        prompt
    })
}

async fn print(mut events: hearth_engine::handle::GenerationStream) -> anyhow::Result<Usage> {
    let mut out = io::stdout().lock();
    while let Some(event) = events.next().await {
        match event {
            GenerationEvent::Tokens { text, .. } => {
                out.write_all(text.as_bytes())?;
                out.flush()?;
            }
            GenerationEvent::Finished { usage, .. } => {
                writeln!(out)?;
                return Ok(usage);
            }
            GenerationEvent::Failed(error) => return Err(error).context("no answer"),
            GenerationEvent::Loading { .. }
            | GenerationEvent::PromptLogprobs(_)
            | GenerationEvent::CallPiece(_)
            | GenerationEvent::ToolCall(_)
            | GenerationEvent::Queued { .. }
            | GenerationEvent::Prefill { .. } => {}
        }
    }
    bail!("the engine ended without an answer")
}
